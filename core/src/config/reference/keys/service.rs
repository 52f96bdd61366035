//! The keys of the service itself.

use super::Default::{As, Is, None as Nothing};
use super::{Key, Table};

pub(super) const TABLES: &[Table] = &[
    Table {
        header: "[spool]",
        about: "The queue. Its disk must have 64 MiB left: with less, all mail is refused, since what leaves must be recorded too; `waxseal status` says so.",
        keys: &[Key("engine", "\"embedded\"", Is("\"embedded\""), "What keeps it.")],
    },
    Table {
        header: "[limits]",
        about: "What one client may have at most.",
        keys: &[
            Key("message_size", "size", Is("\"50MiB\""), "Of one message."),
            Key("recipients", "number", Is("1000"), "Of one message."),
            Key("sessions", "number", Is("10000"), "Incoming connections at once, in all."),
            Key("sessions_per_client", "number", Is("50"), "Of one client address."),
        ],
    },
    Table {
        header: "[timeouts]",
        about: "How long we wait.",
        keys: &[
            Key("command", "duration", Is("\"5m\""), "Incoming: between two commands."),
            Key("handshake", "duration", Is("\"30s\""), "For a TLS handshake, in either direction."),
            Key("connect", "duration", Is("\"30s\""), "Outgoing: for a connection."),
            Key("reply", "duration", Is("\"5m\""), "Outgoing: for a reply."),
            Key("data_end", "duration", Is("\"10m\""), "Outgoing: for the reply to the end of a message."),
            Key("stop", "duration", Is("\"30s\""), "For what is in progress when the relay stops."),
        ],
    },
    Table {
        header: "[admin]",
        about: "Dashboard, API, metrics and health over HTTP: see [the admin side](../admin.md).",
        keys: &[
            Key("address", "address and port", Nothing, "Where they are served, as in \"127.0.0.1:8025\"."),
            Key(
                "token_file",
                "file",
                As("`admin.token` in `data_dir`"),
                "Holds the token that opens dashboard and API. Made at the start if it is not there.",
            ),
            Key(
                "names",
                "list",
                Is("[]"),
                "Names by which browsers reach it, beside `hostname`, `localhost` and addresses. Under another name nothing is served.",
            ),
            Key(
                "behind_tls",
                "true or false",
                Is("false"),
                "Whether it is reached through a proxy that speaks TLS: then the dashboard's cookie is for TLS only.",
            ),
            Key(
                "metrics",
                "\"open\" or \"token\"",
                Is("\"open\""),
                "Who may read `/metrics` and the whole of `/health`: whoever reaches the address, or who has the token.",
            ),
        ],
    },
    Table {
        header: "[log]",
        about: "What the program says of itself.",
        keys: &[
            Key("format", "\"text\" or \"json\"", Is("\"text\""), "How a line looks."),
            Key(
                "level",
                "level",
                Is("\"info\""),
                "\"error\", \"warn\", \"info\", \"debug\" or \"trace\", also by part, as in \"info,waxseal=debug\".",
            ),
        ],
    },
    Table {
        header: "[telemetry]",
        about: "What happens to mail, sent to a collector of OpenTelemetry as spans.",
        keys: &[
            Key(
                "otlp",
                "URL",
                Nothing,
                "The collector, as in \"http://127.0.0.1:4318\": OTLP over HTTP, protobuf. Nothing is sent without it.",
            ),
            Key("service_name", "name", Is("\"waxseal\""), "What the relay is called there."),
            Key(
                "sample",
                "number from 0 to 1",
                Is("1.0"),
                "Which share of all traces is sent; of a message all spans or none.",
            ),
        ],
    },
];
