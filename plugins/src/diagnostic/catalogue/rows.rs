//! R: the rows of the domain table.

use super::{Chapter, Entry, Example};
use crate::diagnostic::Severity::{Error, Warning};

const FILE: &str = "domains.rhai";

/// An example of the outgoing block; incoming has its row `*` all the same.
macro_rules! outgoing {
    ($wrong:literal, $right:literal) => {
        Some(Example {
            file: FILE,
            wrong: concat!("incoming {\n    \"*\"   attempt\n}\n\noutgoing {\n", $wrong, "\n}"),
            right: concat!("incoming {\n    \"*\"   attempt\n}\n\noutgoing {\n", $right, "\n}"),
        })
    };
}

pub(super) const CHAPTER: Chapter = Chapter {
    title: "Domain table",
    about: "`domains.rhai`",
    entries: &[
        Entry {
            code: "R001",
            severity: Error,
            title: "a pattern twice",
            explanation: "One pattern has one row in a direction. With two, nobody could say which holds: the \
                          place in the file does not matter in this table.",
            example: outgoing!(
                "    \"*\"             attempt\n    \"partner.org\"   require\n    \"partner.org\"   attempt",
                "    \"*\"             attempt\n    \"partner.org\"   require"
            ),
        },
        Entry {
            code: "R002",
            severity: Error,
            title: "no row `*`",
            explanation: "Each direction needs a row for everyone whom no other row is about.",
            example: outgoing!(
                "    \"partner.org\"   require",
                "    \"*\"             attempt\n    \"partner.org\"   require"
            ),
        },
        Entry {
            code: "R003",
            severity: Warning,
            title: "a row that says the same as the one beneath it",
            explanation: "Without this row the next one that matches would decide, and come to the same. \
                          Remove it; or, if it shall stay when the one beneath changes, say so with `because`.",
            example: outgoing!(
                "    \"*\"             require\n    \"partner.org\"   require",
                "    \"*\"             require\n    \"partner.org\"   require   because \"whatever `*` may be one day\""
            ),
        },
        Entry {
            code: "R004",
            severity: Warning,
            title: "a row lets mail go in clear below one that requires TLS",
            explanation: "The row beneath requires TLS for a whole domain or for everyone, and this more \
                          specific one does not. If that is meant, the next reader wants to know why: `because`.",
            example: outgoing!(
                "    \"*\"             require\n    \"partner.org\"   attempt",
                "    \"*\"             require\n    \"partner.org\"   attempt   because \"no TLS before May, ticket 4711\""
            ),
        },
        Entry {
            code: "R005",
            severity: Error,
            title: "a bad pattern",
            explanation: "A pattern is a domain, `*.` and a domain for all names below it, or `*`; of \
                          incoming mail also a client's address or network, as in \"192.0.2.0/24\".",
            example: outgoing!(
                "    \"*\"               attempt\n    \"mx.*.example\"    require",
                "    \"*\"               attempt\n    \"example\"         require\n    \"*.example\"       require"
            ),
        },
        Entry {
            code: "R006",
            severity: Error,
            title: "a clause twice",
            explanation: "A row has each clause once. Several values stand in a list.",
            example: outgoing!(
                "    \"*\"     attempt\n    \"a.org\" require_verified names \"mx1.a.org\" names \"mx2.a.org\"",
                "    \"*\"     attempt\n    \"a.org\" require_verified names [\"mx1.a.org\", \"mx2.a.org\"]"
            ),
        },
        Entry {
            code: "R007",
            severity: Error,
            title: "a block that is never run",
            explanation: "The block stands in a function that nobody calls, or behind a condition that does \
                          not hold. Its rows look as if they held, and do not.",
            example: outgoing!(
                "    \"*\" attempt\n}\nif false {\n    outgoing { \"partner.org\" require }",
                "    \"*\"             attempt\n    \"partner.org\"   require"
            ),
        },
        Entry {
            code: "R008",
            severity: Error,
            title: "a bad value of a clause",
            explanation: "The clause is known, and its value says nothing that can hold: an unknown cipher \
                          suite, a day that is none, a pin of the wrong length.",
            example: outgoing!(
                "    \"*\"             attempt\n    \"partner.org\"   require   min_version \"1.1\"",
                "    \"*\"             attempt\n    \"partner.org\"   require   min_version \"1.2\""
            ),
        },
        Entry {
            code: "R009",
            severity: Error,
            title: "`until` where its end would open something",
            explanation: "When a row ends, the one beneath takes over, unseen. That must not be laxer; and \
                          beneath `*` there is none.",
            example: outgoing!(
                "    \"*\"             attempt\n    \"partner.org\"   require   until \"2999-12-31\"",
                "    \"*\"             attempt\n    \"partner.org\"   require"
            ),
        },
        Entry {
            code: "R010",
            severity: Warning,
            title: "a row that has ended, or ends within 30 days",
            explanation: "From then on the next row that matches applies. Remove the row, or give it a later day.",
            example: outgoing!(
                "    \"*\"            require\n    \"legacy.org\"   prevent   because \"ticket 4711\"   until \"2020-06-30\"",
                "    \"*\"            require\n    \"legacy.org\"   prevent   because \"ticket 4711\"   until \"2999-06-30\""
            ),
        },
        Entry {
            code: "R011",
            severity: Warning,
            title: "`prevent` without `because`",
            explanation: "Mail to this domain goes in clear even where it need not. In a year nobody will \
                          know why, and nobody will dare to change it.",
            example: outgoing!(
                "    \"*\"            attempt\n    \"legacy.org\"   prevent",
                "    \"*\"            attempt\n    \"legacy.org\"   prevent   because \"breaks on STARTTLS, ticket 4711\""
            ),
        },
        Entry {
            code: "R012",
            severity: Warning,
            title: "`*.x` without `x`",
            explanation: "`*.partner.org` is about the names below `partner.org`, not about itself. Mail to \
                          `partner.org` has the row beneath.",
            example: outgoing!(
                "    \"*\"               attempt\n    \"*.partner.org\"   require",
                "    \"*\"               attempt\n    \"partner.org\"     require\n    \"*.partner.org\"   require"
            ),
        },
        Entry {
            code: "R013",
            severity: Warning,
            title: "a row that asks for less than the one beneath it",
            explanation: "Both require TLS, or neither does; but the more specific row checks no certificate \
                          where the one beneath checks it, or does not even try TLS, or leaves out terms, and \
                          does not say why. Terms are not inherited: a row stands for itself.",
            example: outgoing!(
                "    \"*\"             require   min_version \"1.3\"\n    \"partner.org\"   require   groups [\"x25519\"]",
                "    \"*\"             require   min_version \"1.3\"\n    \"partner.org\"   require   min_version \"1.3\"   groups [\"x25519\"]"
            ),
        },
        Entry {
            code: "R014",
            severity: Warning,
            title: "a value twice in a list",
            explanation: "The second one changes nothing. Perhaps another was meant.",
            example: outgoing!(
                "    \"*\"     attempt\n    \"a.org\" require_verified names [\"mx1.a.org\", \"mx1.a.org\"]",
                "    \"*\"     attempt\n    \"a.org\" require_verified names [\"mx1.a.org\", \"mx2.a.org\"]"
            ),
        },
        Entry {
            code: "R015",
            severity: Error,
            title: "a pin that no key can have",
            explanation: "This is the SHA-256 of nothing at all: the command that made it was given an empty file. No chain can meet it, so all mail under this row would wait.",
            example: outgoing!(
                "    \"*\"     attempt\n    \"a.org\" require pins \"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"",
                "    \"*\"     attempt\n    \"a.org\" require pins \"sha256:5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5\""
            ),
        },
        Entry {
            code: "R016",
            severity: Error,
            title: "suites of which none belongs to the least version",
            explanation: "TLS 1.3 and TLS 1.2 have suites of their own. The row asks for a version, and for \
                          suites of the other one only: no handshake could succeed.",
            example: outgoing!(
                "    \"*\"     attempt\n    \"a.org\" require min_version \"1.3\" suites \"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\"",
                "    \"*\"     attempt\n    \"a.org\" require min_version \"1.3\" suites \"TLS_AES_256_GCM_SHA384\""
            ),
        },
        Entry {
            code: "R017",
            severity: Warning,
            title: "a suite that the least version rules out",
            explanation: "The row asks for TLS 1.3, in which this suite does not exist: it changes nothing.",
            example: outgoing!(
                "    \"*\"     attempt\n    \"a.org\" require min_version \"1.3\" suites [\"TLS_AES_256_GCM_SHA384\", \"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\"]",
                "    \"*\"     attempt\n    \"a.org\" require min_version \"1.3\" suites [\"TLS_AES_256_GCM_SHA384\"]"
            ),
        },
        Entry {
            code: "R018",
            severity: Warning,
            title: "the incoming row `*` wants a certificate of everyone",
            explanation: "Most clients have no certificate of their own that names the sender's domain: their \
                          mail would be refused. If only known partners send here, say so with `because`.",
            example: Some(Example {
                file: FILE,
                wrong: "incoming {\n    \"*\"   require_verified\n}\n\noutgoing {\n    \"*\"   attempt\n}",
                right: "incoming {\n    \"*\"              require\n    \"bank.example\"   require_verified\n}\n\n\
                        outgoing {\n    \"*\"   attempt\n}",
            }),
        },
    ],
};
