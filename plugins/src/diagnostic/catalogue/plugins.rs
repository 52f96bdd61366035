//! W: plugins.

use super::{Chapter, Entry, Example};
use crate::diagnostic::Severity::{Error, Warning};

pub(super) const CHAPTER: Chapter = Chapter {
    title: "Plugins",
    about: "`NAME.wasm`, and `NAME.toml` beside it",
    entries: &[
        Entry {
            code: "W001",
            severity: Error,
            title: "no WebAssembly component",
            explanation: "The file is empty, damaged, or another kind of WebAssembly. `waxseal plugin build` \
                          makes a component of a project, and with `--module` of a core module.",
            example: None,
        },
        Entry {
            code: "W002",
            severity: Error,
            title: "a component that does not fit the contract or its folder",
            explanation: "It exports hooks of another version, of the other direction, or those that only \
                          filters have, or it imports what no plugin is given. `waxseal plugin inspect` shows both.",
            example: None,
        },
        Entry {
            code: "W003",
            severity: Error,
            title: "a plugin asks for what the configuration does not grant",
            explanation: "Besides facts a plugin reaches only what its site grants it by name. The relay reads \
                          its configuration at the start.",
            example: Some(Example {
                file: "waxseal.toml",
                wrong: "[plugin.ratchet]\ngrant = []",
                right: "[plugin.ratchet]\ngrant = [\"kv\"]",
            }),
        },
        Entry {
            code: "W004",
            severity: Error,
            title: "the configuration of a plugin is wrong",
            explanation: "`NAME.toml` beside `NAME.wasm` is no TOML, or the plugin itself does not take what \
                          it says, or cannot do without one.",
            example: None,
        },
        Entry {
            code: "W005",
            severity: Error,
            title: "a plugin that does not begin",
            explanation: "It trapped, ran too long or took too much memory before its first question, or \
                          plugins cannot be run on this machine.",
            example: None,
        },
        Entry {
            code: "W006",
            severity: Error,
            title: "a script and a plugin of one name",
            explanation: "Both would be meant by the same word of the table: remove or rename one of them.",
            example: None,
        },
        Entry {
            code: "W007",
            severity: Warning,
            title: "a `.toml` without a plugin",
            explanation: "It is the configuration of a plugin that is not there, and is not read.",
            example: None,
        },
        Entry {
            code: "W008",
            severity: Warning,
            title: "the configuration names a plugin that is not there",
            explanation: "The name is misspelt, or the plugin was taken away and its grants were left.",
            example: Some(Example {
                file: "waxseal.toml",
                wrong: "[plugin.pined_key]\ngrant = [\"kv\"]",
                right: "[plugin.pinned_key]\ngrant = [\"kv\"]",
            }),
        },
    ],
};
