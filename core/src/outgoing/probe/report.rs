//! What a probe finds out.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;
use waxseal_plugins::facts::{Certificate, Handshake, Host, Row};
use waxseal_plugins::hooks::HookName;

use super::super::hosts::{Candidate, Endpoint};
use super::super::mail::Accepted;
use super::super::problem::Problem;
use crate::observe::Protection;
use crate::spool::Status;

/// What is found out of a domain, or of a host.
#[derive(Debug, Serialize)]
pub struct Probed {
    /// The recipients' domain.
    pub domain: String,
    /// Its row.
    pub row: Arc<Row>,
    /// What was tried, in this order: at least one.
    pub visits: Vec<Visit>,
}

/// One address of a host, or why there is none.
#[derive(Debug, Serialize)]
pub struct Visit {
    /// The host's name, or the domain where no host was found.
    pub host: String,
    /// How it was found, in the words of the fact; empty where it was not.
    pub found_by: &'static str,
    /// The address, if the host has one.
    pub address: Option<SocketAddr>,
    /// What the hooks were told of it after its EHLO reply in clear, if it gave one.
    pub facts: Option<Host>,
    /// What the hooks decided, in their order.
    pub decisions: Vec<Decided>,
    /// What TLS came to, if a handshake was made.
    pub tls: Option<Secured>,
    /// How TLS failed: STARTTLS was refused, or the handshake failed.
    pub tls_failure: Option<String>,
    /// What would become of mail here.
    pub end: End,
    /// What would become of it under each other outgoing policy of the bundle, with the row's terms.
    pub others: Vec<Other>,
}

/// What is told while a probe goes on.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// This is to be tried: only who and where is known.
    Begins(&'a Visit),
    /// It was.
    Ends(&'a Visit),
}

/// A hook's decision.
#[derive(Debug, Serialize)]
pub struct Decided {
    /// The hook.
    pub hook: HookName,
    /// The joined verdict, or `failure`.
    pub verdict: &'static str,
    /// Why, in words; may be empty.
    pub reason: String,
    /// Where it was decided.
    pub decided_by: String,
    /// Whether that file has no such function: then this is what holds without one.
    pub left_out: bool,
}

/// A handshake, and the certificate that came with it.
#[derive(Debug, Serialize)]
pub struct Secured {
    /// Why it was made.
    pub made_for: MadeFor,
    /// The name that was asked for (SNI).
    pub server_name: String,
    /// Our identity, if one was chosen.
    pub identity: Option<String>,
    /// What was negotiated.
    pub handshake: Handshake,
    /// The judgement of the certificate, as the row wants it.
    pub certificate: Certificate,
    /// The chain as it was sent, leaf first: what each certificate says of itself, at most 16.
    pub chain: Vec<Certificate>,
}

/// Why a handshake was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeFor {
    /// As mail would.
    Mail,
    /// Mail would go without: only to see what there is, over a connection of its own.
    Look,
}

/// What would become of mail.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "mail", rename_all = "snake_case")]
pub enum End {
    /// It would be sent.
    Sent {
        /// `clear`, `encrypted` or `verified`.
        protection: &'static str,
        /// Who let it.
        decided_by: String,
    },
    /// Not to this host, now.
    Waits(Status),
    /// Not to this host.
    Refused(Status),
    /// TLS was not tried, so nobody knows.
    Unknown,
}

/// What would become of mail under another policy.
#[derive(Debug, Serialize)]
pub struct Other {
    /// The policy.
    pub policy: String,
    /// What would become of it, by what was found here.
    #[serde(flatten)]
    pub end: End,
    /// What the policy would ask of the handshake that was not asked of this one: the host may have
    /// answered otherwise.
    pub asks: Vec<String>,
}

impl Probed {
    /// Whether mail could be sent to any of the hosts.
    pub fn is_reachable(&self) -> bool {
        self.visits.iter().any(|visit| matches!(visit.end, End::Sent { .. }))
    }
}

impl Visit {
    /// No host was found.
    pub(super) fn of_nobody(domain: &str, problem: Problem) -> Self {
        Self { host: domain.to_owned(), found_by: "", end: End::of_problem(problem), ..Self::blank() }
    }

    /// The host was not tried.
    pub(super) fn of_candidate(candidate: &Candidate, problem: Problem) -> Self {
        let found_by = candidate.found_by.word();
        Self { host: candidate.name.clone(), found_by, end: End::of_problem(problem), ..Self::blank() }
    }

    /// This is to be tried.
    pub(super) fn of_endpoint(endpoint: &Endpoint) -> Self {
        let (host, found_by) = (endpoint.name.clone(), endpoint.found_by.word());
        Self { host, found_by, address: Some(endpoint.address), ..Self::blank() }
    }

    fn blank() -> Self {
        Self {
            host: String::new(),
            found_by: "",
            address: None,
            facts: None,
            decisions: vec![],
            tls: None,
            tls_failure: None,
            end: End::Unknown,
            others: vec![],
        }
    }
}

impl End {
    /// The mail hook let it.
    pub(super) fn of_accepted(accepted: &Accepted) -> Self {
        Self::sent(accepted.crossing().reached(), accepted.decided_by().to_string())
    }

    /// It would be sent.
    pub(super) fn sent(protection: Protection, decided_by: String) -> Self {
        Self::Sent { protection: protection.word(), decided_by }
    }

    /// The host is ruled out.
    pub(super) fn of_problem(problem: Problem) -> Self {
        if problem.is_permanent() {
            Self::Refused(problem.into_status())
        } else {
            Self::Waits(problem.into_status())
        }
    }
}
