//! The keys of mail: where it comes from, where it goes.

use super::Default::{As, Is, None as Nothing, Required};
use super::{Key, Table};

pub(super) const TABLES: &[Table] = &[
    Table {
        header: "",
        about: "Above all tables. Paths that are not absolute begin at the file's directory.",
        keys: &[
            Key("hostname", "name", Required, "Our name: in the greeting, in EHLO, in Received headers."),
            Key(
                "data_dir",
                "directory",
                Required,
                "Queue, decision log, control socket, what plugins remember. Made if it is not there.",
            ),
            Key(
                "policies",
                "directory",
                Is("\"policies\""),
                "The domain table, policies, filters and their tests. Read again when a file in it changes.",
            ),
        ],
    },
    Table {
        header: "[[listener]]",
        about: "Where mail comes in. At least one.",
        keys: &[
            Key("address", "address and port", Required, "As in \"0.0.0.0:25\" or \"[::]:25\"."),
            Key(
                "tls",
                "\"starttls\" or \"implicit\"",
                Is("\"starttls\""),
                "Whether TLS begins by STARTTLS or with the first byte.",
            ),
        ],
    },
    Table {
        header: "[tls]",
        about: "TLS in both directions.",
        keys: &[
            Key(
                "enabled",
                "true or false",
                Is("false"),
                "The global switch. While it is off nothing is offered, started or verified, and no TLS hook is asked.",
            ),
            Key(
                "roots",
                "list",
                Is("[\"webpki\"]"),
                "The roots for hosts: \"webpki\", \"system\", or PEM files.",
            ),
            Key(
                "client_roots",
                "list",
                Is("[\"webpki\"]"),
                "The roots for the certificates of clients, likewise.",
            ),
        ],
    },
    Table {
        header: "[[tls.identity]]",
        about: "A certificate of ours with its key. The first is the default; without any a self-made one is used. Read again when the files change.",
        keys: &[
            Key(
                "names",
                "list of names",
                Required,
                "The names that it is chosen by (SNI); `*.example.org` for all below. The first is its name in rows and policies.",
            ),
            Key("certificate", "file", Required, "The chain, PEM, our own certificate first."),
            Key("key", "file", Required, "The private key, PEM."),
        ],
    },
    Table {
        header: "[relay]",
        about: "Who may send where. What would make an open relay is an error.",
        keys: &[
            Key("networks", "list of networks", Is("[]"), "Clients that may send anywhere."),
            Key(
                "domains",
                "list of domains",
                Is("[]"),
                "Domains that anyone may send to; `*.example.org` for all below.",
            ),
        ],
    },
    Table {
        header: "[[route]]",
        about: "Where mail for a domain goes; the first that matches. Without one, its MX records say it.",
        keys: &[
            Key("domain", "domain", Required, "A domain, `*.example.org` for all below, or `*`."),
            Key(
                "to",
                "host",
                Required,
                "A name or an address, with a port where it is not that of `[delivery]`.",
            ),
        ],
    },
    Table {
        header: "[[transport]]",
        about: "A way to send mail that filters may choose by its name, at the hook `route`. What it does not say is as for all mail.",
        keys: &[
            Key("name", "text", Required, "What filters call it, as in `accept().transport(\"marketing\")`."),
            Key(
                "to",
                "list of hosts",
                Nothing,
                "The next hops, the preferred first, as in `to` of `[[route]]`; without them those of the domain.",
            ),
            Key("source", "address", Nothing, "Our own address that connections come from."),
            Key(
                "helo_name",
                "name",
                As("`hostname`"),
                "The name that we give in EHLO: a domain, or an address in brackets.",
            ),
        ],
    },
    Table {
        header: "[delivery]",
        about: "How mail is sent.",
        keys: &[
            Key("port", "number", Is("25"), "The port of MX hosts."),
            Key(
                "retry",
                "list of durations",
                Is("[\"5m\", \"15m\", \"30m\", \"1h\", \"2h\", \"4h\"]"),
                "The waits between attempts; the last repeats.",
            ),
            Key(
                "expire",
                "duration",
                Is("\"5d\""),
                "When mail that could not be delivered goes back to its sender.",
            ),
            Key(
                "warn",
                "duration",
                Is("\"4h\""),
                "When its sender is told once that it is late; \"\" for never.",
            ),
        ],
    },
    Table {
        header: "[delivery.connections]",
        about: "The most connections at once.",
        keys: &[
            Key("total", "number", Is("1000"), "In all."),
            Key("host", "number", Is("20"), "To one host address."),
            Key("destination", "number", As("as `host`"), "For one domain."),
        ],
    },
    Table {
        header: "[delivery.rate]",
        about: "The most within a time, to each domain.",
        keys: &[
            Key("messages", "rate", Nothing, "Messages, as in \"600/m\" or \"100/10m\"."),
            Key("connections", "rate", Nothing, "New connections, likewise."),
        ],
    },
    Table {
        header: "[[delivery.limit]]",
        about: "For some domains less, or more; the first that matches.",
        keys: &[
            Key("domain", "domain", Required, "A domain, `*.example.org` for all below, or `*`."),
            Key("connections", "number", As("as for all"), "Connections at once."),
        ],
    },
    Table {
        header: "[delivery.limit.rate]",
        about: "Of the limit above it. What it does not say is as for all.",
        keys: &[
            Key("messages", "rate", As("as for all"), "Messages within a time."),
            Key("connections", "rate", As("as for all"), "New connections within a time."),
        ],
    },
    Table {
        header: "[dns]",
        about: "Name resolution.",
        keys: &[
            Key(
                "servers",
                "list of addresses",
                Is("[]"),
                "The resolvers; those of the system where the list is empty.",
            ),
            Key(
                "trust_anchor",
                "file",
                Is("\"\""),
                "The DNSSEC trust anchor; \"\" for the built-in one of the root.",
            ),
        ],
    },
];
