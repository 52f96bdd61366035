//! Verdicts as plugins hand them over: the variants of the contract, one a hook.
//!
//! Each becomes what a script would have [spoken](Spoken), so that the same rules hold for both: who
//! may say what, which codes fit, which terms a hook has.

use wasmtime::component::{ComponentType, Lift, Resource, ResourceTable};

use super::edits::Edits;
use super::terms::Terms;
use super::way::NextHop;
use crate::spoken::{Spoken, Word, clean};
use crate::verdicts::{self, EnhancedCode, Heard, InvalidCode, Passage};

/// A verdict that plugins can return.
pub trait Returned: Sized {
    /// What a hook's function returns where it does not fail: an option of the verdict's variant in the contract,
    /// nothing from those who only observe.
    type Wire: Wire;
}

/// What a hook's function returns.
pub trait Wire: ComponentType + Lift + Send + Sync + 'static {
    /// What was said; `None` for no opinion.
    ///
    /// # Errors
    ///
    /// A part of it makes no sense.
    fn spoken(self, table: &mut ResourceTable) -> Result<Option<Spoken>, String>;
}

/// A variant of the contract.
pub trait Variant: ComponentType + Lift + Send + Sync + 'static {
    /// What was said.
    ///
    /// # Errors
    ///
    /// A part of it makes no sense.
    fn spoken(self, table: &mut ResourceTable) -> Result<Spoken, String>;
}

impl<V: Variant> Wire for Option<V> {
    fn spoken(self, table: &mut ResourceTable) -> Result<Option<Spoken>, String> {
        self.map(|said| said.spoken(table)).transpose()
    }
}

impl Wire for () {
    fn spoken(self, _: &mut ResourceTable) -> Result<Option<Spoken>, String> {
        Ok(None)
    }
}

impl Returned for Heard {
    type Wire = ();
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
                type Wire = Option<$wire>;
            }

            impl Variant for $wire {
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
    /// `incoming-message`
    IncomingMessage for verdicts::incoming::Message {
        "accept" Accept(edits: Resource<Edits>) => Accept editing,
        "redirect" Redirect(address: String) => Redirect to,
        "quarantine" Quarantine(reason: String) => Quarantine because,
        "discard" Discard(reason: String) => Discard because,
        "defer" Defer(reply: Reply) => Defer replying,
        "refuse" Refuse(reply: Reply) => Refuse replying,
    }
    /// `outgoing-route`
    OutgoingRoute for verdicts::outgoing::Route {
        "accept" Accept(way: Resource<NextHop>) => Accept by,
        "defer" Defer(reply: Reply) => Defer replying,
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

fn editing(table: &mut ResourceTable, said: Word, edits: Resource<Edits>) -> Result<Spoken, String> {
    let edits = table.delete(edits).map_err(|error| error.to_string())?;
    Ok(Spoken { edits: edits.0, ..word(said) })
}

fn by(table: &mut ResourceTable, said: Word, way: Resource<NextHop>) -> Result<Spoken, String> {
    let way = table.delete(way).map_err(|error| error.to_string())?;
    Ok(Spoken { way: way.0, ..word(said) })
}

fn to(_: &mut ResourceTable, said: Word, address: String) -> Result<Spoken, String> {
    Ok(Spoken { address, ..word(said) })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what the plugin hands over")]
fn because(_: &mut ResourceTable, said: Word, reason: String) -> Result<Spoken, String> {
    Ok(Spoken { reply: verdicts::Reply::text(clean(&reason)), ..word(said) })
}
