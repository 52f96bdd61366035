//! The verdicts on incoming connections.

use serde::Serialize;

use super::{ClientCertificate, Demands, Reply, Strictness, Terms, Verdict, either};

/// At **mail**: MAIL FROM is read. The filters' hooks **connect**, **ehlo** and **rcpt** have the same.
pub use super::Passage as Mail;
pub use super::message::Message;

/// At **offer**: EHLO or HELO is to be answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Offer {
    /// Advertise STARTTLS.
    Advertise,
    /// Do not advertise it; the session goes on in clear.
    Withhold,
    /// Serve the client nothing: `554` to EHLO and to all but QUIT.
    Refuse(Reply),
}

/// At **start**: STARTTLS is read, or an implicit-TLS connection opens.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Start the handshake.
    Accept {
        /// Our identity, by its name in the configuration; `None` chooses by SNI. Policies only.
        identity: Option<String>,
        /// Whether to ask for the client's certificate.
        client_certificate: ClientCertificate,
        /// What may be negotiated.
        terms: Terms,
    },
    /// `454` to STARTTLS; an implicit-TLS connection is closed.
    Refuse(Reply),
}

/// At **cipher**: the ClientHello is read.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cipher {
    /// Go on, perhaps under narrower terms.
    Accept {
        /// Our identity, by its name in the configuration; `None` leaves what start chose.
        /// Policies only.
        identity: Option<String>,
        /// What may be negotiated.
        terms: Terms,
    },
    /// Refuse the handshake with an alert.
    Refuse(Reply),
}

/// At **certificate**: the handshake is done.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// The certificate, or its absence, will do.
    Accept,
    /// It will not: `554` to all but QUIT, inside TLS.
    Refuse(Reply),
}

impl Verdict for Offer {
    fn strictness(&self) -> Strictness {
        match self {
            Self::Advertise => Strictness::Lax,
            Self::Withhold => Strictness::Strict,
            Self::Refuse(_) => Strictness::Refuse,
        }
    }

    fn merge(self, _: Self) -> Self {
        self
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Advertise => "advertise",
            Self::Withhold => "withhold",
            Self::Refuse(_) => "refuse",
        }
    }

    fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Refuse(reply) => Some(reply),
            _ => None,
        }
    }
}

/// What is the same in all verdicts that have no third word.
macro_rules! accept_or_refuse {
    () => {
        fn strictness(&self) -> Strictness {
            match self {
                Self::Accept { .. } => Strictness::Lax,
                Self::Refuse(_) => Strictness::Refuse,
            }
        }

        fn word(&self) -> &'static str {
            match self {
                Self::Accept { .. } => "accept",
                Self::Refuse(_) => "refuse",
            }
        }

        fn reply(&self) -> Option<&Reply> {
            match self {
                Self::Accept { .. } => None,
                Self::Refuse(reply) => Some(reply),
            }
        }
    };
}

impl Verdict for Start {
    accept_or_refuse!();

    fn demands(&self) -> Demands {
        let Self::Accept { identity, client_certificate, terms } = self else { return Demands::default() };
        let (identity, terms) = (identity.clone(), terms.clone());
        Demands { identity, terms, client_certificate: *client_certificate, ..Demands::default() }
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Accept { identity, client_certificate, terms },
                Self::Accept {
                    identity: other_identity,
                    client_certificate: other_certificate,
                    terms: other_terms,
                },
            ) => Self::Accept {
                identity: either(identity, other_identity),
                client_certificate: client_certificate.max(other_certificate),
                terms: terms.join(other_terms),
            },
            (first, _) => first,
        }
    }

    fn settle(self) -> Self {
        let Self::Accept { terms, .. } = &self else { return self };
        terms.clash().map_or(self, |clash| Self::Refuse(Reply::text(clash)))
    }
}

impl Verdict for Cipher {
    accept_or_refuse!();

    fn demands(&self) -> Demands {
        let Self::Accept { identity, terms } = self else { return Demands::default() };
        Demands { identity: identity.clone(), terms: terms.clone(), ..Demands::default() }
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Accept { identity, terms },
                Self::Accept { identity: other_identity, terms: other_terms },
            ) => Self::Accept { identity: either(identity, other_identity), terms: terms.join(other_terms) },
            (first, _) => first,
        }
    }

    fn settle(self) -> Self {
        let Self::Accept { terms, .. } = &self else { return self };
        terms.clash().map_or(self, |clash| Self::Refuse(Reply::text(clash)))
    }
}

impl Verdict for Certificate {
    accept_or_refuse!();

    fn merge(self, _: Self) -> Self {
        self
    }
}
