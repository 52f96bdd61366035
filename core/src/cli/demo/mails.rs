//! The mails of a round: one for each thing that there is to see.

/// How a mail is handed to the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handover {
    Clear,
    StartTls,
}

pub(super) struct Mail {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) by: Handover,
    /// What there is to see.
    pub(super) about: &'static str,
}

pub(super) const MAILS: [Mail; 8] = [
    Mail {
        from: "alice@home.example",
        to: "bob@attempt.example",
        by: Handover::StartTls,
        about: "attempt: TLS where it is offered, whatever the certificate",
    },
    Mail {
        from: "alice@home.example",
        to: "bob@prevent.example",
        by: Handover::Clear,
        about: "prevent: no TLS, even where it is offered",
    },
    Mail {
        from: "alice@home.example",
        to: "bob@require.example",
        by: Handover::Clear,
        about: "require: TLS or no mail; the certificate is only looked at",
    },
    Mail {
        from: "alice@home.example",
        to: "bob@legacy.example",
        by: Handover::Clear,
        about: "require, and the host has no TLS",
    },
    Mail {
        from: "alice@home.example",
        to: "bob@verified.example",
        by: Handover::StartTls,
        about: "require_verified, and nobody knows who signed the certificate",
    },
    Mail {
        from: "alice@home.example",
        to: "bob@trusted.example",
        by: Handover::StartTls,
        about: "require_verified, and the row trusts the authority that signed it",
    },
    Mail {
        from: "carol@strict.example",
        to: "bob@attempt.example",
        by: Handover::Clear,
        about: "incoming require, and the client speaks clear text",
    },
    Mail {
        from: "carol@strict.example",
        to: "bob@attempt.example",
        by: Handover::StartTls,
        about: "incoming require, and the client starts TLS",
    },
];

impl Mail {
    /// The recipient's domain.
    pub(super) fn domain(&self) -> &'static str {
        self.to.split_once('@').map_or(self.to, |(_, domain)| domain)
    }

    /// The message, canonical CRLF; it has no line that begins with a dot.
    pub(super) fn message(&self) -> String {
        let Self { from, to, about, .. } = self;
        format!("From: <{from}>\r\nTo: <{to}>\r\nSubject: {about}\r\n\r\nA letter, sealed or not.\r\n")
    }
}
