//! B and E: what the files must hold together, and their tests.

use super::{Chapter, Entry, Example};
use crate::diagnostic::Severity::{Error, Warning};

/// An example of the outgoing block; incoming has its row `*` all the same.
macro_rules! outgoing {
    ($wrong:literal, $right:literal) => {
        Some(Example {
            file: "domains.rhai",
            wrong: concat!(
                "incoming {\n    \"*\"   attempt\n}\n\noutgoing {\n    \"*\"   attempt\n",
                $wrong,
                "\n}"
            ),
            right: concat!(
                "incoming {\n    \"*\"   attempt\n}\n\noutgoing {\n    \"*\"   attempt\n",
                $right,
                "\n}"
            ),
        })
    };
}

pub(super) const CHAPTER: Chapter = Chapter {
    title: "All together",
    about: "the directory of policies",
    entries: &[
        Entry {
            code: "B000",
            severity: Error,
            title: "loading failed in the relay itself",
            explanation: "This is a defect of Waxseal, and no mistake of yours: please report it, with the log. \
                          The policies in force stay.",
            example: None,
        },
        Entry {
            code: "B001",
            severity: Error,
            title: "a file or the directory cannot be read",
            explanation: "It is not there, may not be read by this user, is no plain file, is larger than \
                          64 MiB, or is not UTF-8.",
            example: None,
        },
        Entry {
            code: "B002",
            severity: Error,
            title: "the files keep changing",
            explanation: "Something writes to the directory all the time, and no two readings agree. They are \
                          read again when they have come to rest.",
            example: None,
        },
        Entry {
            code: "B003",
            severity: Error,
            title: "a name that no script or plugin can have",
            explanation: "A policy's name is a word of the table: small letters, digits and `_`, a letter \
                          first, and no word of Rhai or of the table. A filter's may begin with a digit, as in \
                          `filters/10_tag.rhai`.",
            example: None,
        },
        Entry {
            code: "B004",
            severity: Warning,
            title: "a file that is not read",
            explanation: "Read are `domains.rhai`, `*.rhai` in `incoming/`, `outgoing/`, `filters/` and \
                          `tests/`, and plugins with their `.toml`. Pages of documentation are passed over.",
            example: None,
        },
        Entry {
            code: "B005",
            severity: Error,
            title: "terms of a handshake under a policy that lets mail through in clear",
            explanation: "`min_version`, `suites`, `groups` and `pins` mean something only where there must be \
                          a handshake. Under a policy that goes on in clear they would be an illusion.",
            example: outgoing!(
                "    \"partner.org\"   attempt   min_version \"1.3\"",
                "    \"partner.org\"   require   min_version \"1.3\""
            ),
        },
        Entry {
            code: "B006",
            severity: Error,
            title: "`names` or `roots` under a policy that looks at no certificate",
            explanation: "The policy has no `certificate` function, so nobody would compare the certificate \
                          with them.",
            example: outgoing!(
                "    \"bank.example\"   require            names \"mx.bank.example\"",
                "    \"bank.example\"   require_verified   names \"mx.bank.example\""
            ),
        },
        Entry {
            code: "B007",
            severity: Error,
            title: "no such identity",
            explanation: "`identity` names one of the `[[tls.identity]]` of the configuration, by any of its names.",
            example: None,
        },
        Entry {
            code: "B008",
            severity: Error,
            title: "a row requires TLS while TLS is off",
            explanation: "With `[tls] enabled = false`, which is the default, nothing is ever encrypted: all \
                          mail under this row would wait for ever, or be refused.",
            example: Some(Example {
                file: "waxseal.toml",
                wrong: "[tls]\nenabled = false",
                right: "[tls]\nenabled = true",
            }),
        },
        Entry {
            code: "B009",
            severity: Error,
            title: "a hook fails on ordinary facts",
            explanation: "Each hook is tried on facts as they are met every day, before its script is used. \
                          What fails there would fail on real mail, and count as `defer`.",
            example: Some(Example {
                file: "outgoing/mine.rhai",
                wrong: "fn mail(host, mail) {\n    if host.name.split(\".\")[5] == \"org\" { defer(\"no\") } else { accept() }\n}",
                right: "fn mail(host, mail) {\n    if host.name.ends_with(\".org\") { defer(\"no\") } else { accept() }\n}",
            }),
        },
        Entry {
            code: "B010",
            severity: Error,
            title: "no such roots",
            explanation: "A set of roots is `webpki`, `system`, or a PEM file, looked for in the directory of \
                          the configuration.",
            example: outgoing!(
                "    \"bank.example\"   require_verified   roots \"web_pki\"",
                "    \"bank.example\"   require_verified   roots \"webpki\""
            ),
        },
        Entry {
            code: "B011",
            severity: Error,
            title: "files or rows have vanished",
            explanation: "A directory that a deployment left empty is not taken for the wish to have no \
                          policies, nor is a filter, the configuration of a plugin, or a file in the place of a \
                          shipped one that is gone, nor a table that has lost over half of ten rows or more. What \
                          was in force stays. If it is meant: `waxseal reload --accept-removals`. A file may have \
                          another name: what it says is not lost.",
            example: None,
        },
        Entry {
            code: "B012",
            severity: Error,
            title: "no such list",
            explanation: "A script asks `in_list` for a list of which there is no file `lists/NAME.txt` beside the \
                          policies. It would fail when it runs, and its mail would be deferred.",
            example: None,
        },
        Entry {
            code: "B013",
            severity: Error,
            title: "a list that cannot be read",
            explanation: "A list has an entry a line: a domain, an address, a network or another text. One that has \
                          never been read as a whole cannot be asked; one that is broken later stays as it was.",
            example: None,
        },
        Entry {
            code: "B014",
            severity: Error,
            title: "no such transport",
            explanation: "A filter chooses a way by a `[[transport]]` that the configuration does not have. It would \
                          fail when it is asked, and its mail would be deferred.",
            example: None,
        },
        Entry {
            code: "E001",
            severity: Error,
            title: "a test failed",
            explanation: "A function `test_*` of `tests/` expected another answer. Policies whose tests fail \
                          are not taken into use.",
            example: None,
        },
    ],
};
