//! The keys of what looks at mail: milters, authentication, plugins, quarantine.

use super::Default::{As, Is, Required};
use super::{Key, Table};

pub(super) const TABLES: &[Table] = &[
    Table {
        header: "[[milter]]",
        about: "A filter that is asked over the milter protocol; several are asked in the order of the file. See [milters](../milters.md).",
        keys: &[
            Key("name", "name", Required, "What logs and metrics call it."),
            Key(
                "address",
                "address",
                Required,
                "As in \"127.0.0.1:11332\", \"[::1]:11332\" or \"unix:/run/milter.sock\"; `inet:..` and `local:..` are understood.",
            ),
            Key(
                "on_failure",
                "\"defer\" or \"skip\"",
                Is("\"defer\""),
                "What becomes of mail while it fails: \"skip\" lets it through unseen.",
            ),
            Key(
                "daemon_name",
                "name",
                As("`hostname`"),
                "The macro `{daemon_name}`, by which some milters choose what to do.",
            ),
            Key(
                "protocol",
                "number",
                Is("6"),
                "The newest version of the protocol that it is offered, 2 to 6.",
            ),
        ],
    },
    Table {
        header: "[milter.timeouts]",
        about: "Of the milter above it: how long it may take.",
        keys: &[
            Key("connect", "duration", Is("\"30s\""), "For a connection."),
            Key("command", "duration", Is("\"30s\""), "For the answer to what the client says."),
            Key(
                "content",
                "duration",
                Is("\"5m\""),
                "For the answer to a header field, or to a piece of the body.",
            ),
            Key(
                "end",
                "duration",
                Is("\"5m\""),
                "For the answer to the end of a message, or the word that it is still at work.",
            ),
        ],
    },
    Table {
        header: "[authentication]",
        about: "Whose mail it is: SPF, DKIM, DMARC and ARC. They are computed where a filter reads them, or `results` is set.",
        keys: &[
            Key(
                "results",
                "true or false",
                Is("false"),
                "Whether each message that does not come from a client of `[relay] networks` gets a field Authentication-Results with all of them.",
            ),
            Key(
                "id",
                "name",
                As("`hostname`"),
                "Our name in that field. Fields that come in with this name are removed, as forged, from messages that are looked at here: by a filter for `message`, a milter, `results`, or a key that signs or seals the client's mail.",
            ),
            Key(
                "timeout",
                "duration",
                Is("\"10s\""),
                "For all of a message together; what is not found out then is `temperror`.",
            ),
        ],
    },
    Table {
        header: "[[dkim]]",
        about: "A key that signs mail of clients in `[relay] networks` whose author is of a domain. Several of one domain sign each.",
        keys: &[
            Key(
                "domain",
                "name",
                Required,
                "The author's domain, of the From field; the signature is of it.",
            ),
            Key("selector", "name", Required, "Under which name the key is published, as in \"s2026\"."),
            Key("key", "file", Required, "The private key, PEM, RSA or Ed25519. Read again when it changes."),
            Key(
                "headers",
                "list",
                As("the fields of RFC 6376 section 5.4.1"),
                "Which fields are signed where they are there. From must be among them.",
            ),
            Key(
                "oversign",
                "list",
                As("From, Reply-To, Subject, Date, To, Cc"),
                "Of which fields nobody may add one more.",
            ),
            Key(
                "subdomains",
                "true or false",
                Is("false"),
                "Whether it signs for authors of domains below, too, that have no key of their own.",
            ),
        ],
    },
    Table {
        header: "[arc]",
        about: "The key that seals what other clients send, so that the next host can see what we found.",
        keys: &[
            Key("domain", "name", Required, "Our domain, of which the seal is."),
            Key("selector", "name", Required, "Under which name the key is published."),
            Key("key", "file", Required, "The private key, PEM, RSA or Ed25519. Read again when it changes."),
        ],
    },
    Table {
        header: "[plugin.NAME]",
        about: "What the plugin of that name may do besides deciding.",
        keys: &[Key(
            "grant",
            "list",
            Required,
            "Of \"kv\", \"counters\", \"clock\", \"dns\", \"rates\" and \"lists\".",
        )],
    },
    Table {
        header: "[quarantine]",
        about: "Mail that filters have kept until an operator says what becomes of it: see [quarantine](../quarantine.md).",
        keys: &[
            Key("keep", "duration", Is("\"30d\""), "When what nobody has said anything of is removed."),
            Key(
                "size",
                "size",
                Is("\"1GiB\""),
                "Of all of it. With more, mail that is to be quarantined is deferred.",
            ),
            Key("messages", "number", Is("100000"), "Likewise."),
        ],
    },
];
