//! Who a message is from, and our own word for it: results before anybody is asked, signatures after all have
//! changed what they change.

use std::net::IpAddr;
use std::sync::Arc;

use waxseal_plugins::content::Content;
use waxseal_plugins::facts::{Message, Reads};
use waxseal_plugins::verdicts::{Edit, Header};

use super::super::hooks::BundleHooks;
use super::super::refusal::{Refusal, Refused};
use super::super::replies;
use super::super::session::Session;
use super::letter::Letter;
use super::unreadable;
use crate::authentication::sign::SignError;
use crate::authentication::{Origin, Results, Wanted, field};
use crate::config::Config;
use crate::message::anatomy::Headed;
use crate::message::headers::HeaderSection;
use crate::relay::Services;

/// The facts by which filters want a method.
const METHODS: [(Reads<Message>, Wanted); 4] = [
    (Reads::of(&["spf"]), Wanted::SPF),
    (Reads::of(&["dkim", "dkim_domains"]), Wanted::DKIM),
    (Reads::of(&["dmarc", "dmarc_policy"]), Wanted::DMARC),
    (Reads::of(&["arc", "arc_domain"]), Wanted::ARC),
];

/// Whether anything is done here, whoever reads it.
pub(super) fn is_configured(services: &Services, client: IpAddr) -> bool {
    let Services { config, signing, .. } = services;
    writes_results(config, client) || signing.keyring.signs(client) || signing.keyring.seals(client)
}

/// Whether a message gets our results. One of our own clients does not: nobody outside vouches for it yet, we do by sending it.
fn writes_results(config: &Config, client: IpAddr) -> bool {
    config.authentication.results && !config.relay.is_ours(client)
}

/// Removes fields that look like ours, and finds out what somebody wants to know.
///
/// # Errors
///
/// The message cannot be read, or its header section is larger than anybody can look at.
pub(super) async fn examine(session: &Session<BundleHooks>, letter: &mut Letter) -> Result<Results, Refused> {
    let services = &session.hooks.services;
    let wanted = wanted(session);
    let room = services.authenticator.room(wanted, letter.size()).await;
    // What is found out is found out of the message as it came.
    let (content, headers) = read(letter)?;
    headers.whole().map_err(|_| Refusal::Size.saying(replies::header_section_too_large()))?;
    letter.cut(field::forged(&headers, &services.config.authentication.id));
    if wanted.is_empty() {
        return Ok(Results::default());
    }
    let sender = letter.sender().to_string();
    let ehlo = session.greeting.as_ref().map_or("", |greeting| &greeting.name);
    let origin = Origin { client: session.peer.address.ip(), ehlo, sender: &sender };
    let message = Headed { headers: &headers, content: content.as_ref() };
    Ok(services.authenticator.authenticate(room, wanted, &origin, message, Results::default()).await)
}

fn wanted(session: &Session<BundleHooks>) -> Wanted {
    let services = &session.hooks.services;
    let reads = session.hooks.asker.bundle.filters_read();
    let mut wanted = services.signing.keyring.wants(session.peer.address.ip());
    if writes_results(&services.config, session.peer.address.ip()) {
        wanted |= Wanted::ALL;
    }
    for (facts, method) in METHODS {
        if reads.touches(facts) {
            wanted |= method;
        }
    }
    wanted
}

/// The message as it is by now, and its header section.
fn read(letter: &mut Letter) -> Result<(Arc<dyn Content>, HeaderSection), Refused> {
    let headers = letter.headers().map_err(|error| unreadable(&error))?.clone();
    Ok((letter.content(), headers))
}

/// What filters are told of it.
pub(super) fn tell(results: &Results, message: &mut Message) {
    if let Some(spf) = &results.spf {
        message.spf = spf.result.to_string();
    }
    if let Some(dkim) = &results.dkim {
        message.dkim = dkim.result.to_string();
        let passed = dkim.signatures.iter().filter(|one| one.result == crate::authentication::Word::Pass);
        message.dkim_domains = passed.map(|one| one.domain.clone()).collect();
    }
    if let Some(dmarc) = &results.dmarc {
        message.dmarc = dmarc.result.to_string();
        let has_record = dmarc.result != crate::authentication::Word::None;
        message.dmarc_policy = if has_record { dmarc.policy.as_str().to_owned() } else { String::new() };
    }
    if let Some(arc) = &results.arc {
        message.arc = arc.result.to_string();
        message.arc_domain = arc.seals.last().map(|seal| seal.domain.clone()).unwrap_or_default();
    }
}

/// Says what was found, and signs the message as it is now.
///
/// # Errors
///
/// It cannot be read, or a key fails: it is deferred, since unsigned it would be taken for forged.
pub(super) async fn sign(
    session: &Session<BundleHooks>,
    letter: &mut Letter,
    results: &Results,
) -> Result<(), Refused> {
    let services = &session.hooks.services;
    let (client, keyring) = (session.peer.address.ip(), &services.signing.keyring);
    if writes_results(&services.config, client) {
        let header = field::header(&services.config.authentication.id, results, client);
        on_top(letter, vec![header])?;
    }
    if keyring.seals(client) {
        let (content, headers) = read(letter)?;
        let message = Headed { headers: &headers, content: content.as_ref() };
        let seal = keyring.seal(client, message, results).await;
        on_top(letter, usable(session, seal)?)?;
    }
    if keyring.signs(client) {
        let (content, headers) = read(letter)?;
        let message = Headed { headers: &headers, content: content.as_ref() };
        let signatures = keyring.sign(client, message).await;
        on_top(letter, usable(session, signatures)?)?;
    }
    Ok(())
}

/// A message that can never be signed goes as it is: to defer it for ever helps nobody.
fn usable(
    session: &Session<BundleHooks>,
    made: Result<Vec<Header>, SignError>,
) -> Result<Vec<Header>, Refused> {
    let session = &session.hooks.asker.session;
    match made {
        Ok(headers) => Ok(headers),
        Err(error @ SignError::TooLarge(_)) => {
            tracing::warn!(%session, "the message is not signed: {error}");
            Ok(Vec::new())
        }
        Err(error) => {
            tracing::error!(%session, "a message cannot be signed, and is deferred: {error}");
            Err(failed())
        }
    }
}

fn on_top(letter: &mut Letter, headers: Vec<Header>) -> Result<(), Refused> {
    let headers = headers.into_iter().rev();
    let edits: Vec<_> = headers.map(|header| Edit::InsertHeader { position: 0, header }).collect();
    letter.edit(&edits).map(drop).map_err(|error| {
        tracing::error!(
            "what the relay says of a message cannot be put on top of it, and it is deferred: {error}"
        );
        failed()
    })
}

fn failed() -> Refused {
    Refusal::Filter.saying(replies::policy_failed())
}
