//! Between the relay and the plugin, on wasm32 only: the exported functions, the value that they
//! ask, and how a verdict is handed over.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::PanicHookInfo;
use std::thread::LocalKey;

use serde::de::DeserializeOwned;

use crate::relay::{config, trace};
use crate::{bindings, facts, incoming, json, outgoing, verdict};

pub(crate) use crate::relay::verdicts as wit;

/// Where an instance keeps its plugin. It is never dropped: the instance ends before it.
pub type Kept<P> = Cell<Option<&'static P>>;

/// A type that is the plugin.
pub trait Plugin: DeserializeOwned + 'static {
    /// Where it is kept.
    fn kept() -> &'static LocalKey<Kept<Self>>;
}

/// What exports the hooks of a plugin.
#[derive(Debug)]
pub struct Glue<P>(PhantomData<P>);

impl<P: Plugin> bindings::init::exports::waxseal::policy::init::Guest for Glue<P> {
    fn init() -> Result<(), String> {
        plugin::<P>().map(drop)
    }
}

macro_rules! glue {
    ($(
        $direction:ident $hook:ident $module:ident
        $function:ident($($subject:ident: $fact:ident),+) -> $answer:ident;
    )*) => { $(
        impl<P: Plugin + $direction::$hook> bindings::$module::exports::waxseal::policy::$module::Guest for Glue<P> {
            fn $function($($subject: &facts::$fact),+) -> Result<Option<wit::$answer>, String> {
                hand_over(plugin::<P>()?.$function($($subject),+))
            }
        }
    )* };
}

glue! {
    incoming Connect incoming_connect connect(client: Client) -> Passage;
    incoming Ehlo incoming_ehlo ehlo(client: Client) -> Passage;
    incoming Offer incoming_offer offer(client: Client) -> IncomingOffer;
    incoming Start incoming_start start(client: Client) -> IncomingStart;
    incoming Cipher incoming_cipher cipher(client: Client, hello: Hello) -> IncomingCipher;
    incoming Certificate incoming_certificate certificate(client: Client, certificate: Certificate) -> IncomingCertificate;
    incoming Mail incoming_mail mail(client: Client, mail: Mail) -> Passage;
    incoming Rcpt incoming_rcpt rcpt(client: Client, recipient: Recipient) -> Passage;
    incoming Message incoming_message message(client: Client, message: Message) -> IncomingMessage;
    outgoing Route outgoing_route route(host: Host, mail: Mail) -> OutgoingRoute;
    outgoing Offer outgoing_offer offer(host: Host) -> OutgoingOffer;
    outgoing Start outgoing_start start(host: Host) -> OutgoingStart;
    outgoing Cipher outgoing_cipher cipher(host: Host, handshake: Handshake) -> Passage;
    outgoing Certificate outgoing_certificate certificate(host: Host, certificate: Certificate) -> Passage;
    outgoing Mail outgoing_mail mail(host: Host, mail: Mail) -> Passage;
}

macro_rules! observing {
    ($($hook:ident $module:ident $function:ident;)*) => { $(
        impl<P: Plugin + outgoing::$hook> bindings::$module::exports::waxseal::policy::$module::Guest for Glue<P> {
            fn $function(host: &facts::Host, report: &facts::Report) -> Result<(), String> {
                plugin::<P>()?.$function(host, report);
                Ok(())
            }
        }
    )* };
}

observing! {
    Delivered outgoing_delivered delivered;
    Deferred outgoing_deferred deferred;
    Failed outgoing_failed failed;
}

/// The plugin of this instance. It is made when the relay begins the instance, or by whichever
/// hook is asked first.
fn plugin<P: Plugin>() -> Result<&'static P, String> {
    if let Some(plugin) = P::kept().get() {
        return Ok(plugin);
    }
    std::panic::set_hook(Box::new(panicked));
    let plugin = Box::leak(Box::new(json::configured(&config::json())?));
    P::kept().set(Some(plugin));
    Ok(plugin)
}

/// The relay sees only that a plugin trapped: here it is told why.
fn panicked(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("panicked");
    match info.location() {
        Some(place) => trace::panicked(&format!("{place}: {message}")),
        None => trace::panicked(message),
    }
}

/// Gives the relay the verdict, after the place where it was made.
fn hand_over<A: verdict::Answer + HandOver>(verdict: verdict::Verdict<A>) -> Result<Option<A::Wit>, String> {
    let place = verdict.place();
    let said = verdict.into_said();
    if !matches!(said, Ok(None)) {
        trace::decided_at(place.file(), place.line(), place.column());
    }
    said?.map(HandOver::hand_over).transpose()
}

/// What becomes a value of the contract. An error is a failure of the hook.
pub trait HandOver {
    /// Its type there.
    type Wit;

    /// The value there.
    fn hand_over(self) -> Result<Self::Wit, String>;
}

impl HandOver for verdict::Reply {
    type Wit = wit::Reply;

    fn hand_over(self) -> Result<wit::Reply, String> {
        Ok(wit::Reply { code: self.code, text: self.text })
    }
}

impl HandOver for String {
    type Wit = String;

    fn hand_over(self) -> Result<String, String> {
        Ok(self)
    }
}

impl HandOver for verdict::Floor {
    type Wit = wit::Floor;

    fn hand_over(self) -> Result<wit::Floor, String> {
        Ok(match self {
            Self::Encrypted => wit::Floor::Encrypted,
            Self::Verified => wit::Floor::Verified,
        })
    }
}

impl HandOver for verdict::ClientCertificate {
    type Wit = wit::ClientCertificate;

    fn hand_over(self) -> Result<wit::ClientCertificate, String> {
        Ok(match self {
            Self::None => wit::ClientCertificate::None,
            Self::Request => wit::ClientCertificate::Request,
            Self::Require => wit::ClientCertificate::Require,
        })
    }
}

impl HandOver for verdict::Terms {
    type Wit = wit::Terms;

    fn hand_over(self) -> Result<wit::Terms, String> {
        let terms = wit::Terms::new();
        if let Some(version) = self.min_version {
            terms.set_min_version(version)?;
        }
        if let Some(names) = self.suites {
            terms.set_suites(&names)?;
        }
        if let Some(names) = self.groups {
            terms.set_groups(&names)?;
        }
        if let Some(names) = self.roots {
            terms.set_roots(&names)?;
        }
        if let Some(ask) = self.client_certificate {
            terms.set_client_certificate(ask.hand_over()?)?;
        }
        if let Some(name) = self.identity {
            terms.set_identity(&name)?;
        }
        if let Some(name) = self.server_name {
            terms.set_server_name(&name)?;
        }
        Ok(terms)
    }
}
