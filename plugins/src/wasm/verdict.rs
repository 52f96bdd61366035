//! Verdicts as plugins hand them over: the variants of the contract, one a hook.
//!
//! Each becomes what a script would have [spoken](Spoken), so that the same rules hold for both: who
//! may say what, which codes fit, which terms a hook has.

use wasmtime::component::{ComponentType, Lift, Resource, ResourceTable};

use super::terms::Terms;
use crate::spoken::{Spoken, Word, clean};
use crate::verdicts::{self, EnhancedCode, InvalidCode, Passage};

/// A verdict that plugins can return.
pub trait Returned: Sized {
    /// Its variant in the contract.
    type Wire: Wire;
}

/// A variant of the contract.
pub trait Wire: ComponentType + Lift + Send + Sync + 'static {
    /// What was said.
    ///
    /// # Errors
    ///
    /// A part of it makes no sense.
    fn spoken(self, table: &mut ResourceTable) -> Result<Spoken, String>;
}

/// `reply` of the contract.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
pub struct Reply {
    code: Option<String>,
    text: String,
}

/// `floor` of the contract.
#[derive(Clone, Copy, Debug, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
pub enum Floor {
    /// Encrypted.
    #[component(name = "encrypted")]
    Encrypted,
    /// Verified.
    #[component(name = "verified")]
    Verified,
}

macro_rules! wire {
    ($($(#[$meta:meta])* $wire:ident for $verdict:ty {
        $($name:literal $case:ident $(($part:ident: $type:ty))? => $word:ident $($say:ident)?,)*
    })*) => {
        $(
            $(#[$meta])*
            #[derive(ComponentType, Lift)]
            #[component(variant)]
            pub enum $wire {
                $(
                    #[doc = concat!("`", $name, "`")]
                    #[component(name = $name)]
                    $case $(($type))?,
                )*
            }

            impl Returned for $verdict {
                type Wire = $wire;
            }

            impl Wire for $wire {
                fn spoken(self, _table: &mut ResourceTable) -> Result<Spoken, String> {
                    match self {
                        $(Self::$case $(($part))? => wire!(@say _table, $word $(, $part)? $(, $say)?),)*
                    }
                }
            }
        )*
    };
    (@say $table:ident, $word:ident) => { Ok(word(Word::$word)) };
    (@say $table:ident, $word:ident, $part:ident, $say:ident) => { $say($table, Word::$word, $part) };
}

wire! {
    /// `passage`
    PassageWire for Passage {
        "accept" Accept => Accept,
        "defer" Defer(reply: Reply) => Defer replying,
        "refuse" Refuse(reply: Reply) => Refuse replying,
    }
    /// `incoming-offer`
    IncomingOffer for verdicts::incoming::Offer {
        "advertise" Advertise => Advertise,
        "withhold" Withhold => Withhold,
        "refuse" Refuse(reply: Reply) => Refuse replying,
    }
    /// `incoming-start`
    IncomingStart for verdicts::incoming::Start {
        "accept" Accept(terms: Resource<Terms>) => Accept under,
        "refuse" Refuse(reply: Reply) => Refuse replying,
    }
    /// `incoming-cipher`
    IncomingCipher for verdicts::incoming::Cipher {
        "accept" Accept(terms: Resource<Terms>) => Accept under,
        "refuse" Refuse(reply: Reply) => Refuse replying,
    }
    /// `incoming-certificate`
    IncomingCertificate for verdicts::incoming::Certificate {
        "accept" Accept => Accept,
        "refuse" Refuse(reply: Reply) => Refuse replying,
    }
    /// `outgoing-offer`
    OutgoingOffer for verdicts::outgoing::Offer {
        "start-tls" StartTls => StartTls,
        "stay-clear" StayClear => StayClear,
        "defer" Defer(reply: Reply) => Defer replying,
        "refuse" Refuse(reply: Reply) => Refuse replying,
        "require" Require(floor: Floor) => Require requiring,
    }
    /// `outgoing-start`
    OutgoingStart for verdicts::outgoing::Start {
        "accept" Accept(terms: Resource<Terms>) => Accept under,
        "stay-clear" StayClear => StayClear,
        "defer" Defer(reply: Reply) => Defer replying,
        "refuse" Refuse(reply: Reply) => Refuse replying,
    }
}

fn word(word: Word) -> Spoken {
    Spoken::new(word, ::rhai::Position::NONE)
}

fn replying(_: &mut ResourceTable, said: Word, reply: Reply) -> Result<Spoken, String> {
    let code = reply.code.map(|code| code.parse::<EnhancedCode>()).transpose();
    let code = code.map_err(|invalid: InvalidCode| invalid.to_string())?;
    Ok(Spoken { reply: verdicts::Reply { code, text: clean(&reply.text) }, ..word(said) })
}

fn under(table: &mut ResourceTable, said: Word, terms: Resource<Terms>) -> Result<Spoken, String> {
    let mut spoken = word(said);
    table.delete(terms).map_err(|error| error.to_string())?.apply(&mut spoken);
    Ok(spoken)
}

fn requiring(_: &mut ResourceTable, said: Word, floor: Floor) -> Result<Spoken, String> {
    let floor = match floor {
        Floor::Encrypted => verdicts::Floor::Encrypted,
        Floor::Verified => verdicts::Floor::Verified,
    };
    Ok(Spoken { floor, ..word(said) })
}
