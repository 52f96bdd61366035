//! F: functions, variables, and the ways through them.

use super::{Chapter, Entry, Example};
use crate::diagnostic::Severity::{Error, Warning};

const fn outgoing(wrong: &'static str, right: &'static str) -> Option<Example> {
    Some(Example { file: "outgoing/mine.rhai", wrong, right })
}

pub(super) const CHAPTER: Chapter = Chapter {
    title: "Scripts: functions and variables",
    about: "policies and filters",
    entries: &[
        Entry {
            code: "F001",
            severity: Warning,
            title: "a function that nothing calls",
            explanation: "It is no hook, and no hook reaches it. What it was meant to decide is not decided.",
            example: outgoing(
                "fn offer(host) {\n    start_tls()\n}\n\nfn is_ours(host) {\n    host.domain == \"example.org\"\n}",
                "fn offer(host) {\n    if is_ours(host) { stay_clear() } else { start_tls() }\n}\n\n\
                 fn is_ours(host) {\n    host.domain == \"example.org\"\n}",
            ),
        },
        Entry {
            code: "F002",
            severity: Warning,
            title: "code that is never reached",
            explanation: "The function has been left before, on every way that leads here.",
            example: outgoing(
                "fn offer(host) {\n    return start_tls();\n    log(\"started\");\n}",
                "fn offer(host) {\n    log(\"started\");\n    start_tls()\n}",
            ),
        },
        Entry {
            code: "F003",
            severity: Error,
            title: "a function that does not exist",
            explanation: "Neither this script nor Waxseal has a function of this name.",
            example: outgoing("fn offer(host) {\n    start_tsl()\n}", "fn offer(host) {\n    start_tls()\n}"),
        },
        Entry {
            code: "F004",
            severity: Error,
            title: "a wrong number of arguments",
            explanation: "The function exists, and takes more or fewer.",
            example: outgoing(
                "fn mail(host, mail) {\n    defer(\"4.7.1\", \"later\", \"please\")\n}",
                "fn mail(host, mail) {\n    defer(\"4.7.1\", \"later, please\")\n}",
            ),
        },
        Entry {
            code: "F005",
            severity: Error,
            title: "a script's function in place of a built-in one",
            explanation: "It would be called wherever the built-in one is meant: a function `accept` of your \
                          own would decide nothing.",
            example: outgoing(
                "fn mail(host, mail) {\n    accept()\n}\n\nfn accept() {\n    log(\"accepted\");\n}",
                "fn mail(host, mail) {\n    log(\"accepted\");\n    accept()\n}",
            ),
        },
        Entry {
            code: "F006",
            severity: Warning,
            title: "a hook that may end without a verdict",
            explanation: "On some way through it, or through a function that it leaves the verdict to, nothing \
                          is answered. Then the same holds as if the policy did not have the hook, which may be \
                          less than was meant.",
            example: outgoing(
                "fn mail(host, mail) {\n    if !host.encrypted { defer(\"TLS is required\") }\n}",
                "fn mail(host, mail) {\n    if !host.encrypted { defer(\"TLS is required\") } else { accept() }\n}",
            ),
        },
        Entry {
            code: "F007",
            severity: Error,
            title: "a verdict thrown away",
            explanation: "The verdict of a hook is the value of its last statement, or stands behind `return`. \
                          This one stands elsewhere, and what follows decides.",
            example: outgoing(
                "fn mail(host, mail) {\n    if !host.encrypted { defer(\"TLS is required\") }\n    accept()\n}",
                "fn mail(host, mail) {\n    if !host.encrypted { return defer(\"TLS is required\"); }\n    accept()\n}",
            ),
        },
        Entry {
            code: "F008",
            severity: Warning,
            title: "a variable that nothing reads",
            explanation: "Perhaps another name was meant where it should be read. A name that begins with `_` \
                          says that this is meant.",
            example: outgoing(
                "fn offer(host) {\n    let offered = host.offers_tls;\n    start_tls()\n}",
                "fn offer(host) {\n    let offered = host.offers_tls;\n    if offered { start_tls() } else { stay_clear() }\n}",
            ),
        },
        Entry {
            code: "F009",
            severity: Warning,
            title: "a condition that is always the same",
            explanation: "It compares something with itself, or two values that stand in the script, or is one \
                          itself: one of the two ways is never taken.",
            example: outgoing(
                "fn mail(host, mail) {\n    if host.domain == host.domain { accept() } else { defer(\"no\") }\n}",
                "fn mail(host, mail) {\n    if host.domain == host.name { accept() } else { defer(\"no\") }\n}",
            ),
        },
        Entry {
            code: "F010",
            severity: Warning,
            title: "a variable that hides the facts",
            explanation: "A variable has the name of a parameter, or the parameter is given another value: from \
                          there on the name means that, and the linter knows nothing of it any more.",
            example: outgoing(
                "fn offer(host) {\n    let host = host.name;\n    if host == \"mx.example.org\" { stay_clear() } else { start_tls() }\n}",
                "fn offer(host) {\n    let name = host.name;\n    if name == \"mx.example.org\" { stay_clear() } else { start_tls() }\n}",
            ),
        },
    ],
};
