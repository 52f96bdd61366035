//! The functions with which tests make facts. Each takes a map of what differs from an ordinary one.

use std::sync::Arc;

use ::rhai::{Dynamic, Engine, EvalAltResult, Map};
use serde::de::DeserializeOwned;

use super::value::json;
use crate::conversation::{Overrides, Presented, Situation};
use crate::facts::{Certificate, Client, Facts, Kind, Part, Row, Version, canonical};
use crate::hooks::Direction;
use crate::suggest;

pub(super) type Made<T> = Result<T, Box<EvalAltResult>>;

/// Registers them.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("incoming_client", incoming_client);
    engine.register_fn("outgoing_host", outgoing_host);
    engine.register_fn("certificate", |differs: Map| made(canonical::valid_certificate(), &differs));
    engine.register_fn("certificate", |name: &str| -> Made<Arc<Certificate>> {
        Ok(Arc::new(presented(Presented::from_word(name)?)))
    });
    engine.register_fn("hello", |differs: Map| made(ordinary(canonical::hellos()), &differs));
    engine.register_fn("handshake", |differs: Map| made(ordinary(canonical::handshakes()), &differs));
    engine.register_fn("mail", |differs: Map| made(ordinary(canonical::mails()), &differs));
    engine.register_fn("recipient", |differs: Map| made(ordinary(canonical::recipients()), &differs));
    engine.register_fn("message", |differs: Map| made(ordinary(canonical::messages()), &differs));
    engine.register_fn("part", |differs: Map| made(Part::default(), &differs));
    engine.register_fn("report", |differs: Map| made(ordinary(canonical::reports()), &differs));
}

/// The first of the canonical ones.
pub(super) fn ordinary<T: Default>(all: Vec<T>) -> T {
    all.into_iter().next().unwrap_or_default()
}

/// The certificate of a word.
pub(super) fn presented(presented: Presented) -> Certificate {
    match presented {
        Presented::None => canonical::no_certificate(),
        Presented::Valid | Presented::OtherKey => canonical::valid_certificate(),
        Presented::Expired => canonical::expired_certificate(),
        Presented::NotYetValid => canonical::not_yet_valid_certificate(),
        Presented::WrongName => canonical::wrong_name_certificate(),
        Presented::UnknownRoot => canonical::unknown_root_certificate(),
        Presented::SelfSigned => canonical::self_signed_certificate(),
    }
}

/// The certificate that a peer was made with, which goes with it as its tag.
pub(super) fn certificate_of(peer: &Dynamic) -> Option<Certificate> {
    let number = usize::try_from(peer.tag()).ok()?.checked_sub(1)?;
    Presented::ALL.get(number).copied().map(presented)
}

fn tagged<T: Send + Sync + 'static>(peer: Arc<T>, of: Option<Presented>) -> Dynamic {
    let mut peer = Dynamic::from(peer);
    let number = of.and_then(|of| Presented::ALL.iter().position(|one| *one == of));
    peer.set_tag(number.and_then(|number| i32::try_from(number + 1).ok()).unwrap_or(0));
    peer
}

fn incoming_client(mut differs: Map) -> Made<Dynamic> {
    let (situation, shown) = of_situation(&mut differs, Direction::Incoming)?;
    let row = Arc::<Row>::default();
    let encrypted = is_encrypted(&differs, situation, shown);
    let client = if encrypted { canonical::encrypted_client(row) } else { canonical::clear_client(row) };
    let client = match situation {
        Some(Situation::HandshakeFailure) => Client { tls_failure: failure(), recent_failures: 1, ..client },
        Some(Situation::Tls12 | Situation::Tls11) => Client { version: Version::Tls12, ..client },
        _ => client,
    };
    Ok(tagged(made(client, &differs)?, shown))
}

fn outgoing_host(mut differs: Map) -> Made<Dynamic> {
    let (situation, shown) = of_situation(&mut differs, Direction::Outgoing)?;
    let row = Arc::<Row>::default();
    let encrypted = is_encrypted(&differs, situation, shown);
    let mut host = if encrypted { canonical::encrypted_host(row) } else { canonical::clear_host(row) };
    if is_set(&differs, "offers_tls") == Some(true) {
        host.tls_failure = String::new();
    }
    match situation {
        Some(Situation::HandshakeFailure) => (host.offers_tls, host.tls_failure) = (true, failure()),
        Some(Situation::StartTlsRefused) => {
            (host.offers_tls, host.tls_failure) = (true, "the host refused STARTTLS: 454 4.7.0".to_owned());
        }
        Some(Situation::Tls12 | Situation::Tls11) => host.version = Version::Tls12,
        _ => {}
    }
    if let Some(domain) = differs.get("domain").and_then(|domain| domain.clone().into_string().ok()) {
        host.name = format!("mx.{domain}");
        host.ehlo = host.name.clone();
    }
    Ok(tagged(made(host, &differs)?, shown))
}

fn failure() -> String {
    "the handshake failed: the peer ended it".to_owned()
}

/// The situation, and the certificate, that a peer is made with; both by a word.
fn of_situation(differs: &mut Map, direction: Direction) -> Made<(Option<Situation>, Option<Presented>)> {
    let word = |value: Dynamic, name: &str| {
        value.into_string().map_err(|kind| format!("`{name}` is a word here, not a {kind}"))
    };
    let situation = differs.remove("situation").map(|value| word(value, "situation")).transpose()?;
    let situation = situation.map(|word| Situation::from_word(&word, direction)).transpose()?;
    let shown = differs.remove("certificate").map(|value| word(value, "certificate")).transpose()?;
    let shown = shown.map(|word| Presented::from_word(&word)).transpose()?;
    Ok((situation, shown.or_else(|| situation.map(Situation::presented))))
}

/// Whether the peer's connection is encrypted: as it says, else as its situation and certificate have it.
fn is_encrypted(differs: &Map, situation: Option<Situation>, shown: Option<Presented>) -> bool {
    let of_situation = match situation {
        Some(
            Situation::NoTls
            | Situation::HandshakeFailure
            | Situation::StartTlsRefused
            | Situation::Unreachable,
        ) => false,
        Some(_) => true,
        None => shown.is_some_and(|shown| shown != Presented::None),
    };
    is_set(differs, "encrypted").unwrap_or(of_situation)
}

fn is_set(differs: &Map, name: &str) -> Option<bool> {
    differs.get(name).map(|value| value.as_bool().unwrap_or(false))
}

/// These facts with what differs put in.
fn made<T: Facts + DeserializeOwned + Clone>(facts: T, differs: &Map) -> Made<Arc<T>> {
    let mut overrides = Overrides::default();
    override_all::<T>(&mut overrides, differs)?;
    Ok(Arc::new(overrides.apply(facts)))
}

/// Overrides facts of one type with the entries of a map.
pub(super) fn override_all<T: Facts>(overrides: &mut Overrides, differs: &Map) -> Made<()> {
    for (name, differs) in differs {
        if let Some(map) = differs.read_lock::<Map>()
            && T::FACTS.iter().any(|fact| fact.name == name && fact.kind == Kind::Row)
        {
            map.keys().try_for_each(|name| check_name::<Row>(name))?;
        }
        let found = json(differs).map_err(|error| format!("{}.{name}: {error}", T::WORD))?;
        overrides.set(T::WORD, name, found).map_err(|bad| bad.to_string())?;
    }
    Ok(())
}

fn check_name<T: Facts>(name: &str) -> Made<()> {
    let known: Vec<_> = T::FACTS.iter().map(|fact| fact.name).collect();
    if known.contains(&name) {
        return Ok(());
    }
    Err(format!("`{}` has no fact `{name}`; {}", T::WORD, suggest::help(name, &known)).into())
}
