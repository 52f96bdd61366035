//! What the hooks are told of a host and of a message: filled here, and nowhere else.

use std::sync::Arc;

use waxseal_plugins::facts::{Fields, Handshake, Host, Mail, Row};

use super::hosts::Endpoint;
use crate::smtp::address::Mailbox;
use crate::smtp::capabilities::{Capabilities, Extension};
use crate::spool::{Envelope, Lease};

/// What is said where a standard was not looked up.
const UNKNOWN: &str = "unknown";

/// A host before anything was heard of it.
pub(super) fn host(endpoint: &Endpoint, domain: &str, row: &Arc<Row>, recent_failures: u32) -> Host {
    Host {
        name: endpoint.name.clone(),
        address: endpoint.address.ip().to_string(),
        port: i64::from(endpoint.address.port()),
        domain: domain.to_owned(),
        found_by: endpoint.found_by.word().to_owned(),
        row: Arc::clone(row),
        recent_failures: i64::from(recent_failures),
        dane: UNKNOWN.to_owned(),
        mta_sts: UNKNOWN.to_owned(),
        ..Host::default()
    }
}

/// A host that is not chosen yet.
pub(super) fn unmet(domain: &str, row: &Arc<Row>) -> Host {
    Host { domain: domain.to_owned(), row: Arc::clone(row), ..Host::default() }
}

/// The same host on the same connection, to mail of another domain: nothing that was found out for
/// the one is told of the other.
pub(super) fn for_domain(host: &Host, domain: &str, row: &Arc<Row>) -> Host {
    Host {
        domain: domain.to_owned(),
        row: Arc::clone(row),
        dane: UNKNOWN.to_owned(),
        mta_sts: UNKNOWN.to_owned(),
        ..host.clone()
    }
}

/// The host's EHLO reply in clear is read.
pub(super) fn greeted(host: Host, capabilities: &Capabilities) -> Host {
    let offers_tls = capabilities.offers(Extension::StartTls);
    Host { offers_tls, ..heard(host, capabilities) }
}

/// The host's EHLO reply inside TLS is read: of the one before nothing counts any more
/// (RFC 3207 section 4.2), but that TLS was offered.
pub(super) fn greeted_again(host: Host, capabilities: &Capabilities) -> Host {
    heard(host, capabilities)
}

/// The handshake is done.
pub(super) fn encrypted(host: Host, handshake: &Handshake) -> Host {
    Host {
        encrypted: true,
        version: handshake.version,
        suite: handshake.suite.clone(),
        group: handshake.group.clone(),
        resumed: handshake.resumed,
        tls_failure: String::new(),
        ..host
    }
}

/// The connection is in clear, and why.
pub(super) fn in_clear(host: Host, why: &str) -> Host {
    Host { encrypted: false, tls_failure: why.to_owned(), ..host }
}

/// The envelope that is about to cross.
pub(super) fn mail(lease: &Lease) -> Mail {
    let sender = &lease.envelope.sender;
    let sender_domain = Mailbox::parse(sender).ok().and_then(|mailbox| mailbox.lookup_domain());
    let attempts = lease.recipients.iter().map(|recipient| recipient.attempts).max().unwrap_or(0);
    Mail {
        sender: sender.clone(),
        sender_domain: sender_domain.unwrap_or_default(),
        recipient_domain: lease.domain.clone(),
        size: i64::try_from(lease.envelope.size).unwrap_or(i64::MAX),
        attempts: i64::from(attempts),
        recipients: lease.recipients.iter().map(|recipient| recipient.address.clone()).collect(),
        tags: tags(&lease.envelope),
    }
}

/// What filters have tagged a message with.
pub(super) fn tags(envelope: &Envelope) -> Arc<Fields> {
    Arc::new(envelope.tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
}

fn heard(host: Host, capabilities: &Capabilities) -> Host {
    let extensions = capabilities.keywords().map(str::to_owned).collect();
    Host { ehlo: capabilities.greeting.clone(), extensions, ..host }
}
