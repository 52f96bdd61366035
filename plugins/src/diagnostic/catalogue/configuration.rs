//! C: the configuration.

use super::{Chapter, Entry, Example};
use crate::diagnostic::Severity::{Error, Warning};

const FILE: &str = "waxseal.toml";

pub(super) const CHAPTER: Chapter = Chapter {
    title: "Configuration",
    about: "`waxseal.toml`",
    entries: &[
        Entry {
            code: "C001",
            severity: Error,
            title: "not TOML",
            explanation: "The file cannot be read as TOML (https://toml.io), so nothing is known of what it \
                          says. Mostly a quote or a bracket is missing, at the place shown or just before it.",
            example: Some(Example {
                file: FILE,
                wrong: r#"hostname = "mail.example.org"#,
                right: r#"hostname = "mail.example.org""#,
            }),
        },
        Entry {
            code: "C002",
            severity: Error,
            title: "an unknown key",
            explanation: "Nothing reads this key. A misspelt key would be a setting that silently does not \
                          hold, so the relay does not start with one.",
            example: Some(Example {
                file: FILE,
                wrong: "[tls]\nenable = true",
                right: "[tls]\nenabled = true",
            }),
        },
        Entry {
            code: "C003",
            severity: Error,
            title: "a key that is missing",
            explanation: "There is no sensible default for this key: only you can say what it is.",
            example: Some(Example {
                file: FILE,
                wrong: "[[route]]\ndomain = \"example.org\"",
                right: "[[route]]\ndomain = \"example.org\"\nto = \"10.0.0.5:25\"",
            }),
        },
        Entry {
            code: "C004",
            severity: Error,
            title: "a value of the wrong type",
            explanation: "TOML tells texts, numbers, true or false, lists and tables apart, and this key \
                          wants another of them.",
            example: Some(Example {
                file: FILE,
                wrong: "[delivery]\nport = \"25\"",
                right: "[delivery]\nport = 25",
            }),
        },
        Entry {
            code: "C005",
            severity: Error,
            title: "a value that cannot be",
            explanation: "The value has the right type, and still says nothing that can be used: a duration \
                          without a unit, an address that is none, a number out of range.",
            example: Some(Example {
                file: FILE,
                wrong: "[timeouts]\nhandshake = \"soon\"",
                right: "[timeouts]\nhandshake = \"30s\"",
            }),
        },
        Entry {
            code: "C006",
            severity: Error,
            title: "a file or directory that cannot be read or used",
            explanation: "The configuration names it, and it is not there, is of another kind, or is not \
                          readable for this user. Paths start at the directory of the configuration.",
            example: Some(Example {
                file: FILE,
                wrong: "policies = \"domains.rhai\"",
                right: "policies = \"policies\"",
            }),
        },
        Entry {
            code: "C007",
            severity: Error,
            title: "an open relay",
            explanation: "Anyone could send mail to anyone through this relay; it would be used for spam \
                          within hours, and be on every blocklist within a day. No such configuration loads.",
            example: Some(Example {
                file: FILE,
                wrong: "[relay]\nnetworks = [\"0.0.0.0/0\"]",
                right: "[relay]\nnetworks = [\"10.0.0.0/8\"]",
            }),
        },
        Entry {
            code: "C008",
            severity: Error,
            title: "a listener that cannot be",
            explanation: "Two listeners have the same address and port, or one speaks TLS from the first \
                          byte while TLS is switched off.",
            example: Some(Example {
                file: FILE,
                wrong: "[[listener]]\naddress = \"0.0.0.0:465\"\ntls = \"implicit\"",
                right: "[[listener]]\naddress = \"0.0.0.0:465\"\ntls = \"implicit\"\n\n[tls]\nenabled = true",
            }),
        },
        Entry {
            code: "C009",
            severity: Warning,
            title: "a setting that is seldom meant",
            explanation: "It can be used, and mostly it is a mistake: a relay that accepts nothing, an \
                          administration page that the whole network can reach.",
            example: Some(Example {
                file: FILE,
                wrong: "[admin]\naddress = \"0.0.0.0:8025\"",
                right: "[admin]\naddress = \"127.0.0.1:8025\"",
            }),
        },
        Entry {
            code: "C010",
            severity: Warning,
            title: "a place that the user who checks cannot use",
            explanation: "The relay writes into `data_dir` and reads the token of its admin side. Who checks cannot: if \
                          the relay runs as this user, it does not start.",
            example: None,
        },
    ],
};
