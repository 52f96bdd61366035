//! `deliver` and `receive`: whole conversations over the table and the filters of the bundle.

use std::sync::Arc;

use ::rhai::{Array, Dynamic, Engine, Map};
use serde_json::json;

use super::answers::Held;
use super::builders::{Made, override_all};
use super::given::Given;
use super::letters::{Envelope, letter};
use super::stage::Stage;
use super::trace::Trace;
use crate::bundle::Bundle;
use crate::conversation::{self, Conversation, Delivery, Listener, Met, Overrides, Reception, Situation};
use crate::facts::{Client, Facts, Host, Mail};
use crate::hooks::Direction;

/// What `deliver` takes.
const DELIVERY: [&str; 11] =
    ["to", "from", "host", "hosts", "certificate", "handshake", "mail", "report", "row", "tls", "today"];

/// What `receive` takes.
const RECEPTION: [&str; 14] = [
    "from",
    "to",
    "address",
    "client",
    "certificate",
    "handshake",
    "hello",
    "mail",
    "message",
    "recipient",
    "row",
    "listener",
    "tls",
    "today",
];

/// Registers them.
pub(super) fn register(engine: &mut Engine, stage: &Arc<Stage>) {
    let (delivering, receiving) = (Arc::clone(stage), Arc::clone(stage));
    engine.register_fn("deliver", move |differs: Map| -> Made<Held> {
        let delivery = delivery(&Given { function: "deliver", known: &DELIVERY, map: &differs })?;
        Ok(held(&delivering, conversation::deliver(&delivering.bundle, &delivery)))
    });
    engine.register_fn("receive", move |differs: Map| -> Made<Held> {
        let reception =
            reception(&receiving.bundle, &Given { function: "receive", known: &RECEPTION, map: &differs })?;
        Ok(held(&receiving, conversation::receive(&receiving.bundle, &reception)))
    });
}

fn held(stage: &Stage, conversation: Conversation) -> Held {
    stage.held(&conversation);
    let trace = Trace::of_conversation(&stage.bundle, &conversation);
    stage.answered(trace.clone());
    Held { conversation: Arc::new(conversation), trace }
}

fn delivery(given: &Given<'_>) -> Made<Delivery> {
    given.check()?;
    let to = given.text("to")?.ok_or("`deliver` needs `to`, as in deliver(#{ to: \"partner.org\" })")?;
    let domain = to.rsplit_once('@').map_or(to.as_str(), |(_, domain)| domain);
    let mut delivery = Delivery::to(domain, Situation::Valid);
    if let Some(from) = given.text("from")? {
        delivery.sender = address(&from, "alice");
    }
    if let Some(host) = given.map.get("host") {
        delivery.hosts = vec![met::<Host>(host, Direction::Outgoing)?];
    }
    if let Some(hosts) = given.map.get("hosts") {
        let hosts = hosts.read_lock::<Array>().ok_or("`hosts` is a list, as in [\"expired\", \"valid\"]")?;
        delivery.hosts =
            hosts.iter().map(|host| met::<Host>(host, Direction::Outgoing)).collect::<Made<_>>()?;
    }
    let mut facts = Overrides::default();
    let presented = given.facts(&mut facts)?;
    if to.contains('@') && !facts.has(Mail::WORD, "recipients") {
        facts.set(Mail::WORD, "recipients", json!([to])).map_err(|bad| bad.to_string())?;
    }
    if let Some(presented) = presented {
        delivery.hosts.iter_mut().for_each(|host| host.presented = Some(presented));
    }
    (delivery.facts, delivery.tls) = (facts, given.switch()?);
    if let Some(today) = given.text("today")? {
        delivery.today = day(&today)?;
    }
    Ok(delivery)
}

fn reception(bundle: &Bundle, given: &Given<'_>) -> Made<Reception> {
    given.check()?;
    let from = given.text("from")?.unwrap_or_else(|| "example.com".to_owned());
    let mut reception = Reception::from(address(&from, "alice"), Situation::NoCertificate);
    if let Some(to) = given.texts("to")? {
        reception.recipients = to.iter().map(|to| address(to, "bob")).collect();
    }
    if let Some(text) = given.text("address")? {
        let bad = |_| format!("`address` is an IP address, as in \"192.0.2.25\"; `{text}` is none");
        reception.address = text.parse().map_err(bad)?;
    }
    if let Some(client) = given.map.get("client") {
        reception.client = met::<Client>(client, Direction::Incoming)?;
    }
    let mut facts = Overrides::default();
    let presented = given.facts(&mut facts)?;
    if let Some(message) = given.map.get("message") {
        let Reception { sender, recipients, .. } = &reception;
        let octets = letter(message, &Envelope { bundle, sender, recipients }, &mut facts)?;
        reception.message = Some(octets);
    }
    reception.client.presented = presented.or(reception.client.presented);
    reception.client.facts = facts.and(&reception.client.facts);
    reception.listener = match given.text("listener")?.as_deref() {
        None | Some("starttls") => Listener::StartTls,
        Some("implicit") => Listener::Implicit,
        Some(other) => {
            return Err(format!("`listener` is \"starttls\" or \"implicit\", not \"{other}\"").into());
        }
    };
    reception.tls = given.switch()?;
    if let Some(today) = given.text("today")? {
        reception.today = day(&today)?;
    }
    Ok(reception)
}

/// A host or client: the word of a situation, or a map with one and with the facts that differ.
fn met<T: Facts>(value: &Dynamic, direction: Direction) -> Made<Met> {
    let usual = match direction {
        Direction::Incoming => Situation::NoCertificate,
        Direction::Outgoing => Situation::Valid,
    };
    if let Some(map) = value.read_lock::<Map>() {
        let given = Given { function: T::WORD, known: &[], map: &map };
        let situation = given.text("situation")?.map(|word| Situation::from_word(&word, direction));
        let mut met = Met::in_situation(situation.transpose()?.unwrap_or(usual));
        met.presented = given.facts(&mut met.facts)?;
        let is_fact = |name: &str| !["situation", "certificate", "handshake", "hello", "row"].contains(&name);
        let facts: Map =
            map.iter().filter(|(name, _)| is_fact(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
        override_all::<T>(&mut met.facts, &facts)?;
        return Ok(met);
    }
    let word = value.clone().into_string().map_err(|kind| {
        format!(
            "a {} is a word or a map, as in \"expired\" or #{{ situation: \"expired\" }}, not a {kind}",
            T::WORD
        )
    })?;
    Ok(Met::in_situation(Situation::from_word(&word, direction)?))
}

/// An address, also where only its domain is given; the empty sender stays empty.
fn address(text: &str, somebody: &str) -> String {
    if text.is_empty() || text.contains('@') { text.to_owned() } else { format!("{somebody}@{text}") }
}

fn day(text: &str) -> Result<jiff::civil::Date, String> {
    text.parse().map_err(|_| format!("`today` is a day, as in \"2027-06-30\"; `{text}` is none"))
}

#[cfg(test)]
mod tests;
