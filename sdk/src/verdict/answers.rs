//! What each hook can answer: the variants of `wit/verdicts.wit`.

use super::reply::Codes;
use super::word::{self, Says};
use super::{Edits, Floor, NextHop, Reply, Terms};

/// What a hook can answer.
///
/// ```
/// use waxseal_sdk::verdict::{Answer, Passage};
///
/// assert_eq!(Passage::Accept.word(), "accept");
/// ```
pub trait Answer {
    /// Which codes a reply at this hook may have.
    #[doc(hidden)]
    const CODES: Codes;

    /// The word for it, as scripts write it.
    fn word(&self) -> &'static str;

    /// What it says to the other side, if it says something.
    fn reply(&self) -> Option<&Reply>;

    /// What it says: the text of a reply, a reason, an address; empty where it says nothing.
    fn text(&self) -> &str;

    /// The terms that it carries, if it carries any.
    fn terms(&self) -> Option<&Terms>;
}

macro_rules! answers {
    ($(
        $(#[$meta:meta])*
        $answer:ident, codes $codes:ident {
            $( $(#[$case_meta:meta])* $word:ident => $case:ident $(($with:ident: $payload:ident))?, )*
        }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $answer {
            $( $(#[$case_meta])* $case $(($payload))?, )*
        }

        impl Answer for $answer {
            const CODES: Codes = Codes::$codes;

            fn word(&self) -> &'static str {
                match self {
                    $( answers!(@any $case $($with)?) => stringify!($word), )*
                }
            }

            fn reply(&self) -> Option<&Reply> {
                match self {
                    $( Self::$case $(($with))? => answers!(@reply $($with $payload)?), )*
                }
            }

            fn text(&self) -> &str {
                match self {
                    $( Self::$case $(($with))? => answers!(@text $($with $payload)?), )*
                }
            }

            fn terms(&self) -> Option<&Terms> {
                match self {
                    $( Self::$case $(($with))? => answers!(@terms $($with $payload)?), )*
                }
            }
        }

        $( answers!(@says $answer $case $($payload)?); )*

        #[cfg(test)]
        impl $answer {
            pub(crate) const WORDS: &[&str] = &[$(stringify!($word)),*];
        }

        #[cfg(target_arch = "wasm32")]
        impl crate::glue::HandOver for $answer {
            type Wit = crate::glue::wit::$answer;

            fn hand_over(self) -> Result<Self::Wit, String> {
                Ok(match self {
                    $( Self::$case $(($with))? => Self::Wit::$case $(($with.hand_over()?))?, )*
                })
            }
        }
    )* };
    (@any $case:ident) => { Self::$case };
    (@any $case:ident $with:ident) => { Self::$case(_) };
    (@reply $with:ident Reply) => { Some($with) };
    (@reply $($with:ident $other:ident)?) => {{ $( let _ = $with; )? None }};
    (@text $with:ident Reply) => { &$with.text };
    (@text $with:ident String) => { $with };
    (@text $($with:ident $other:ident)?) => {{ $( let _ = $with; )? "" }};
    (@terms $with:ident Terms) => { Some($with) };
    (@terms $($with:ident $other:ident)?) => {{ $( let _ = $with; )? None }};
    (@says $answer:ident $case:ident) => {
        impl Says<word::$case> for $answer {
            fn say(_: word::$case) -> Self {
                Self::$case
            }
        }
    };
    (@says $answer:ident Accept Terms) => {
        impl Says<word::Accept> for $answer {
            fn say(_: word::Accept) -> Self {
                Self::Accept(Terms::new())
            }
        }

        impl Says<word::AcceptUnder> for $answer {
            fn say(word::AcceptUnder(terms): word::AcceptUnder) -> Self {
                Self::Accept(terms)
            }
        }
    };
    (@says $answer:ident Accept Edits) => {
        answers!(@says $answer Accept, Edits, AcceptChanged);
    };
    (@says $answer:ident Accept NextHop) => {
        answers!(@says $answer Accept, NextHop, AcceptBy);
    };
    (@says $answer:ident Accept, $payload:ident, $word:ident) => {
        impl Says<word::Accept> for $answer {
            fn say(_: word::Accept) -> Self {
                Self::Accept($payload::new())
            }
        }

        impl Says<word::$word> for $answer {
            fn say(word::$word(with): word::$word) -> Self {
                Self::Accept(with)
            }
        }
    };
    (@says $answer:ident $case:ident $payload:ident) => {
        impl Says<word::$case> for $answer {
            fn say(word::$case(with): word::$case) -> Self {
                Self::$case(with)
            }
        }
    };
}

answers! {
    /// Incoming, at **offer**.
    IncomingOffer, codes Either {
        /// Advertise STARTTLS.
        advertise => Advertise,
        /// Do not advertise it.
        withhold => Withhold,
        /// Serve the client nothing.
        refuse => Refuse(reply: Reply),
    }

    /// Incoming, at **start**.
    IncomingStart, codes Either {
        /// Start the handshake under these terms.
        accept => Accept(terms: Terms),
        /// `454` to STARTTLS; an implicit-TLS connection is closed.
        refuse => Refuse(reply: Reply),
    }

    /// Incoming, at **cipher**.
    IncomingCipher, codes Either {
        /// Go on under these terms, which can only narrow those of start.
        accept => Accept(terms: Terms),
        /// Refuse the handshake with an alert.
        refuse => Refuse(reply: Reply),
    }

    /// Incoming, at **certificate**.
    IncomingCertificate, codes Fitting {
        /// The certificate, or its absence, will do.
        accept => Accept,
        /// It will not.
        refuse => Refuse(reply: Reply),
    }

    /// Incoming, at **message**.
    IncomingMessage, codes Fitting {
        /// It is taken, with these changes.
        accept => Accept(edits: Edits),
        /// It is taken, and goes to this address instead of its recipients.
        redirect => Redirect(address: String),
        /// It is taken and kept aside, for this reason.
        quarantine => Quarantine(reason: String),
        /// The client is told that it was taken; it goes nowhere, for this reason.
        discard => Discard(reason: String),
        /// Not now.
        defer => Defer(reply: Reply),
        /// No.
        refuse => Refuse(reply: Reply),
    }

    /// Outgoing, at **route**.
    OutgoingRoute, codes Either {
        /// It goes this way.
        accept => Accept(way: NextHop),
        /// Not now.
        defer => Defer(reply: Reply),
        /// It goes back to its sender.
        refuse => Refuse(reply: Reply),
    }

    /// Outgoing, at **offer**.
    OutgoingOffer, codes Either {
        /// Start TLS where it is offered.
        start_tls => StartTls,
        /// Stay in clear.
        stay_clear => StayClear,
        /// Not this host, now.
        defer => Defer(reply: Reply),
        /// Not this host.
        refuse => Refuse(reply: Reply),
        /// Start TLS, and hold this floor from then on. Filters only.
        require => Require(floor: Floor),
    }

    /// Outgoing, at **start**.
    OutgoingStart, codes Either {
        /// Send STARTTLS, under these terms.
        accept => Accept(terms: Terms),
        /// Stay in clear after all.
        stay_clear => StayClear,
        /// Not this host, now.
        defer => Defer(reply: Reply),
        /// Not this host.
        refuse => Refuse(reply: Reply),
    }

    /// At the hooks that only let on or hold back: **mail** in both directions, outgoing
    /// **cipher** and **certificate**, and the filters' **connect**, **ehlo** and **rcpt**.
    Passage, codes Fitting {
        /// Go on.
        accept => Accept,
        /// Not now.
        defer => Defer(reply: Reply),
        /// No.
        refuse => Refuse(reply: Reply),
    }
}
