//! Of each hook's verdict: the words that make it, and how.

use super::{CodeClass, FromSpoken, Setter, Spoken, Word};
use crate::verdicts::{Heard, Passage, incoming, outgoing};

impl FromSpoken for Passage {
    const WORDS: &'static [Word] = &[Word::Accept, Word::Defer, Word::Refuse];

    fn from_spoken(spoken: Spoken) -> Option<Self> {
        match spoken.word {
            Word::Accept => Some(Self::Accept),
            Word::Defer => Some(Self::Defer(spoken.reply)),
            Word::Refuse => Some(Self::Refuse(spoken.reply)),
            _ => None,
        }
    }
}

impl FromSpoken for incoming::Offer {
    const WORDS: &'static [Word] = &[Word::Advertise, Word::Withhold, Word::Refuse];
    const CODES: CodeClass = CodeClass::Either;

    fn from_spoken(spoken: Spoken) -> Option<Self> {
        match spoken.word {
            Word::Advertise => Some(Self::Advertise),
            Word::Withhold => Some(Self::Withhold),
            Word::Refuse => Some(Self::Refuse(spoken.reply)),
            _ => None,
        }
    }
}

impl FromSpoken for incoming::Start {
    const WORDS: &'static [Word] = &[Word::Accept, Word::Refuse];
    const SETTERS: &'static [Setter] = &[
        Setter::MinVersion,
        Setter::Suites,
        Setter::Groups,
        Setter::Roots,
        Setter::ClientCertificate,
        Setter::Identity,
    ];
    const CODES: CodeClass = CodeClass::Either;

    fn from_spoken(spoken: Spoken) -> Option<Self> {
        let Spoken { identity, client_certificate, terms, .. } = spoken;
        match spoken.word {
            Word::Accept => Some(Self::Accept { identity, client_certificate, terms }),
            Word::Refuse => Some(Self::Refuse(spoken.reply)),
            _ => None,
        }
    }
}

impl FromSpoken for incoming::Cipher {
    const WORDS: &'static [Word] = &[Word::Accept, Word::Refuse];
    const SETTERS: &'static [Setter] =
        &[Setter::MinVersion, Setter::Suites, Setter::Groups, Setter::Roots, Setter::Identity];
    const CODES: CodeClass = CodeClass::Either;

    fn from_spoken(spoken: Spoken) -> Option<Self> {
        match spoken.word {
            Word::Accept => Some(Self::Accept { identity: spoken.identity, terms: spoken.terms }),
            Word::Refuse => Some(Self::Refuse(spoken.reply)),
            _ => None,
        }
    }
}

impl FromSpoken for incoming::Certificate {
    const WORDS: &'static [Word] = &[Word::Accept, Word::Refuse];

    fn from_spoken(spoken: Spoken) -> Option<Self> {
        match spoken.word {
            Word::Accept => Some(Self::Accept),
            Word::Refuse => Some(Self::Refuse(spoken.reply)),
            _ => None,
        }
    }
}

impl FromSpoken for outgoing::Offer {
    const WORDS: &'static [Word] =
        &[Word::StartTls, Word::StayClear, Word::Defer, Word::Refuse, Word::Require];
    const CODES: CodeClass = CodeClass::Either;

    fn from_spoken(spoken: Spoken) -> Option<Self> {
        match spoken.word {
            Word::StartTls | Word::Require => Some(Self::StartTls { floor: spoken.floor }),
            Word::StayClear => Some(Self::StayClear),
            Word::Defer => Some(Self::Defer(spoken.reply)),
            Word::Refuse => Some(Self::Refuse(spoken.reply)),
            _ => None,
        }
    }
}

impl FromSpoken for outgoing::Start {
    const WORDS: &'static [Word] = &[Word::Accept, Word::StayClear, Word::Defer, Word::Refuse];
    const SETTERS: &'static [Setter] = &[
        Setter::MinVersion,
        Setter::Suites,
        Setter::Groups,
        Setter::Roots,
        Setter::Identity,
        Setter::ServerName,
    ];
    const CODES: CodeClass = CodeClass::Either;

    fn from_spoken(spoken: Spoken) -> Option<Self> {
        let Spoken { server_name, identity, terms, .. } = spoken;
        match spoken.word {
            Word::Accept => Some(Self::Accept { server_name, identity, terms }),
            Word::StayClear => Some(Self::StayClear),
            Word::Defer => Some(Self::Defer(spoken.reply)),
            Word::Refuse => Some(Self::Refuse(spoken.reply)),
            _ => None,
        }
    }
}

impl FromSpoken for incoming::Message {
    const WORDS: &'static [Word] =
        &[Word::Accept, Word::Redirect, Word::Quarantine, Word::Discard, Word::Defer, Word::Refuse];
    const SETTERS: &'static [Setter] = &[
        Setter::AddHeader,
        Setter::InsertHeader,
        Setter::ReplaceHeader,
        Setter::RemoveHeader,
        Setter::AddRecipient,
        Setter::RemoveRecipient,
        Setter::ReplaceBody,
        Setter::ReplacePart,
        Setter::RemovePart,
        Setter::AppendText,
        Setter::Tag,
    ];

    fn from_spoken(spoken: Spoken) -> Option<Self> {
        match spoken.word {
            Word::Accept => Some(Self::Accept(spoken.edits)),
            Word::Redirect => Some(Self::Redirect(spoken.address)),
            Word::Quarantine => Some(Self::Quarantine(spoken.reply)),
            Word::Discard => Some(Self::Discard(spoken.reply)),
            Word::Defer => Some(Self::Defer(spoken.reply)),
            Word::Refuse => Some(Self::Refuse(spoken.reply)),
            _ => None,
        }
    }
}

impl FromSpoken for outgoing::Route {
    const WORDS: &'static [Word] = &[Word::Accept, Word::Defer, Word::Refuse];
    const SETTERS: &'static [Setter] = &[Setter::To, Setter::Source, Setter::HeloName, Setter::Transport];
    const CODES: CodeClass = CodeClass::Either;

    fn from_spoken(spoken: Spoken) -> Option<Self> {
        match spoken.word {
            Word::Accept => Some(Self::Accept(spoken.way)),
            Word::Defer => Some(Self::Defer(spoken.reply)),
            Word::Refuse => Some(Self::Refuse(spoken.reply)),
            _ => None,
        }
    }
}

impl FromSpoken for Heard {
    const WORDS: &'static [Word] = &[];

    fn from_spoken(_: Spoken) -> Option<Self> {
        None
    }
}
