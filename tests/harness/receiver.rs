//! The kinds of hosts that a relay meets in the world.

use crate::ca::{Authority, Identity, Usage, Validity};
use crate::host::Mode;

/// What a receiving host is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// It does not offer STARTTLS.
    NoStartTls,
    /// Its certificate is as it should be.
    Valid,
    /// Its certificate has ended.
    Expired,
    /// Its certificate is signed with its own key.
    SelfSigned,
    /// Its certificate comes from an authority that the relay does not trust.
    UnknownCa,
    /// Its certificate names another host.
    WrongName,
    /// It answers 454 to STARTTLS.
    Refuses454,
    /// It answers the ClientHello with text.
    Garbage,
    /// It closes the connection after the 220.
    Closes,
    /// It says nothing after the 220.
    Silent,
    /// It has nothing newer than TLS 1.0.
    OnlyTls10,
    /// It has nothing newer than TLS 1.2; its certificate is as it should be.
    OnlyTls12,
    /// Somebody on the way glues replies to its 220.
    Injects,
}

impl Receiver {
    /// What such a host of this name does at STARTTLS, where the relay trusts this authority.
    pub fn mode(self, name: &str, trusted: &Authority) -> Mode {
        match self {
            Self::NoStartTls => Mode::NoStartTls,
            Self::Valid => Mode::tls(&trusted.issue_with(&[name], Validity::Current, Usage::Server)),
            Self::Expired => Mode::tls(&trusted.issue_with(&[name], Validity::Expired, Usage::Server)),
            Self::SelfSigned => Mode::tls(&Identity::self_signed(&[name])),
            Self::UnknownCa => Mode::tls(&Authority::new("Unknown root").issue(&[name])),
            Self::WrongName => Mode::tls(&trusted.issue(&["mx.somewhere-else.example"])),
            Self::Refuses454 => Mode::Refuse454,
            Self::Garbage => Mode::GarbageAfter220,
            Self::Closes => Mode::CloseAfter220,
            Self::Silent => Mode::SilentAfter220,
            Self::OnlyTls10 => Mode::OnlyTls10,
            Self::OnlyTls12 => Mode::only_tls12(&trusted.issue(&[name])),
            Self::Injects => Mode::inject(&trusted.issue(&[name])),
        }
    }
}
