//! P, H and T: what a script says, its hooks and verdicts, its facts.

use super::{Chapter, Entry, Example};
use crate::diagnostic::Severity::{Error, Warning};

const OUTGOING: &str = "outgoing/mine.rhai";

const fn outgoing(wrong: &'static str, right: &'static str) -> Option<Example> {
    Some(Example { file: OUTGOING, wrong, right })
}

pub(super) const CHAPTER: Chapter = Chapter {
    title: "Scripts: hooks, verdicts, facts",
    about: "policies and filters; `P001` and `P002` also the table and tests",
    entries: &[
        Entry {
            code: "P001",
            severity: Error,
            title: "syntax, in the table also an unknown policy",
            explanation: "The text is no Rhai (https://rhai.rs/book), or the table has a word that it does not \
                          know. A policy's word is the name of its file: `outgoing/mine.rhai` makes `mine`.",
            example: outgoing("fn offer(host) {\n    start_tls(\n}", "fn offer(host) {\n    start_tls()\n}"),
        },
        Entry {
            code: "P002",
            severity: Error,
            title: "an error while the top level runs",
            explanation: "What stands outside functions runs once, when the file is read. In a policy there \
                          is hardly a reason for it; in the table it makes the rows.",
            example: Some(Example {
                file: "domains.rhai",
                wrong: "incoming { \"*\" attempt }\noutgoing { \"*\" attempt because 1 / 0 }",
                right: "incoming { \"*\" attempt }\noutgoing { \"*\" attempt because \"no reason\" }",
            }),
        },
        Entry {
            code: "H001",
            severity: Error,
            title: "an unknown hook",
            explanation: "A function with this name is never asked. It is nearly the name of a hook, or that \
                          of one which this direction, this version, or a policy does not have.",
            example: outgoing(
                "fn certificat(host, certificate) {\n    accept()\n}",
                "fn certificate(host, certificate) {\n    accept()\n}",
            ),
        },
        Entry {
            code: "H002",
            severity: Error,
            title: "wrong parameters of a hook",
            explanation: "Each hook is given the peer, and what is new at it. In a filter the name of the \
                          first says when it is asked: `client`, `host`, or `peer` for both.",
            example: outgoing("fn mail(host) {\n    accept()\n}", "fn mail(host, mail) {\n    accept()\n}"),
        },
        Entry {
            code: "H003",
            severity: Error,
            title: "a verdict that the hook does not have",
            explanation: "Each hook has its own verdicts: a host's certificate can be accepted or not, and TLS \
                          can be started or not, but not the other way round. A helper may have what any of \
                          the hooks that reach it takes.",
            example: outgoing("fn offer(host) {\n    accept()\n}", "fn offer(host) {\n    start_tls()\n}"),
        },
        Entry {
            code: "H004",
            severity: Error,
            title: "a function given what it cannot take",
            explanation: "A code to defer with begins with 4, one to refuse with begins with 5 (RFC 3463); \
                          suites and versions must be known, and leave something to negotiate; a time is written as in \
                          `10m`, a rate as in `12 per 1h`. It would fail \
                          when it runs, perhaps for the first time on the one message that matters.",
            example: outgoing(
                "fn mail(host, mail) {\n    defer(\"5.7.1\", \"later\")\n}",
                "fn mail(host, mail) {\n    defer(\"4.7.1\", \"later\")\n}",
            ),
        },
        Entry {
            code: "H005",
            severity: Warning,
            title: "a parameter named after something else",
            explanation: "Parameters are given by their place: first the peer, then what is new. One that is \
                          named after the other, or after the peer of the other direction, misleads its reader.",
            example: outgoing(
                "fn mail(mail, host) {\n    accept()\n}",
                "fn mail(host, mail) {\n    accept()\n}",
            ),
        },
        Entry {
            code: "T001",
            severity: Error,
            title: "an unknown fact",
            explanation: "Such facts have no such name; docs/reference/facts.md lists all. It would fail when it \
                          runs, and count as `defer`.",
            example: outgoing(
                "fn offer(host) {\n    if host.ofers_tls { start_tls() } else { stay_clear() }\n}",
                "fn offer(host) {\n    if host.offers_tls { start_tls() } else { stay_clear() }\n}",
            ),
        },
        Entry {
            code: "T002",
            severity: Error,
            title: "a fact that is changed",
            explanation: "Facts can be read, not written. A method that changes its value, as `trim` does, \
                          changes a copy and gives nothing back: make a variable with `let` first. Giving a \
                          parameter another value changes no fact, but hides its facts (F010).",
            example: outgoing(
                "fn mail(host, mail) {\n    let name = host.ehlo.trim();\n    log(`${name}`);\n    accept()\n}",
                "fn mail(host, mail) {\n    let name = host.ehlo;\n    name.trim();\n    log(name);\n    accept()\n}",
            ),
        },
        Entry {
            code: "T003",
            severity: Error,
            title: "a comparison with a value of another type",
            explanation: "A text and a number, a TLS version and a decimal, are never alike. Plain Rhai says \
                          `false` to that, without a word; here it is an error.",
            example: outgoing(
                "fn mail(host, mail) {\n    if host.version < 13 { defer(\"old\") } else { accept() }\n}",
                "fn mail(host, mail) {\n    if host.version < \"1.3\" { defer(\"old\") } else { accept() }\n}",
            ),
        },
        Entry {
            code: "T004",
            severity: Warning,
            title: "a fact that the hook does not have yet",
            explanation: "Facts come to be known one after the other: before the handshake there is no \
                          version, before MAIL FROM no sender. At this hook it is always empty, 0 or false.",
            example: Some(Example {
                file: "incoming/mine.rhai",
                wrong: "fn offer(client) {\n    if client.sender_domain == \"old.example\" { withhold() } else { advertise() }\n}",
                right: "fn offer(client) {\n    if client.ehlo == \"mx.old.example\" { withhold() } else { advertise() }\n}",
            }),
        },
        Entry {
            code: "T005",
            severity: Warning,
            title: "a comparison that always comes to the same",
            explanation: "The fact can never have this value: it is one of a few words, or is written in \
                          another way, as digests in small letters and the keywords of EHLO in capitals.",
            example: outgoing(
                "fn mail(host, mail) {\n    if host.found_by == \"dns\" { defer(\"no\") } else { accept() }\n}",
                "fn mail(host, mail) {\n    if host.found_by == \"mx\" { defer(\"no\") } else { accept() }\n}",
            ),
        },
        Entry {
            code: "T006",
            severity: Error,
            title: "a condition that is neither true nor false",
            explanation: "A condition is true or false; a text or a list is not true because it is not empty. \
                          It would fail when it runs, and count as `defer`.",
            example: outgoing(
                "fn mail(host, mail) {\n    if host.tls_failure { defer(\"no\") } else { accept() }\n}",
                "fn mail(host, mail) {\n    if host.tls_failure != \"\" { defer(\"no\") } else { accept() }\n}",
            ),
        },
    ],
};
