//! What a session asks policies and filters: a trait, so that the session is tested without any.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use waxseal_plugins::decision::Admission;
use waxseal_plugins::facts::{self, Client};
use waxseal_plugins::hooks::{Hook, incoming};
use waxseal_plugins::verdicts::Terms;
use waxseal_plugins::verdicts::incoming::Mail as Passage;

use super::at_mail::{self, Permit};
use super::facts::{TlsRecord, View};
use super::refusal::{Denied, Refusal, Refused};
use super::replies;
use super::tenure::Generation;
use super::turned_away::{Lines, TurnedAway};
use crate::observe::trace::Teller;
use crate::relay::Services;
use crate::smtp::reply::Reply;
use crate::tls::ask::Asker;
use crate::tls::judgement::{Expected, Usage};
use crate::tls::memory::Recent;
use crate::tls::server::ServerPlan;
use crate::tls::{certificate, offer, start};

/// The hooks of an incoming session, in the order in which they are asked. An answer may take time;
/// a question that is dropped before it has changed nothing.
pub(super) trait Hooks {
    /// A client has connected. Its facts are made where somebody asks for them: few do.
    fn connect(&self, view: View<'_>) -> impl Future<Output = AtConnect> + Send;
    /// A client has said who it is, in clear or inside TLS.
    fn ehlo(&self, view: View<'_>) -> impl Future<Output = AtConnect> + Send;
    /// EHLO or HELO is to be answered, in clear.
    fn offer(&self, client: Client) -> impl Future<Output = offer::Incoming> + Send;
    /// STARTTLS is read, or an implicit-TLS connection opens.
    fn start(&self, client: Client) -> impl Future<Output = start::Incoming> + Send;
    /// The handshake is done.
    fn certificate(
        &self,
        client: Client,
        record: &TlsRecord,
        plan: &ServerPlan,
    ) -> impl Future<Output = certificate::Incoming> + Send;
    /// MAIL FROM is read: cipher and certificate again, then mail.
    fn mail(&self, view: View<'_>, mail: facts::Mail) -> impl Future<Output = Result<Permit, Denied>> + Send;
    /// RCPT TO is read.
    fn rcpt(
        &self,
        client: &Arc<Client>,
        recipient: facts::Recipient,
    ) -> impl Future<Output = Result<(), Denied>> + Send;

    /// The client's certificate as it is judged before MAIL FROM: milters are told of it.
    fn judged(&self, client: &Client, record: &TlsRecord) -> facts::Certificate;
    /// What is remembered of handshakes with this client.
    fn recent(&self, client: IpAddr) -> Recent;
    /// Forgets it.
    fn forget(&self, client: IpAddr);
    /// A message, or one of its recipients, is not accepted.
    fn refused(&self, why: Refusal);
    /// Likewise, and who was turned away.
    fn turned_away(&self, client: IpAddr, what: &TurnedAway<'_>, refused: &Refused);
    /// Whether the session's bundle is the one in force.
    fn generation(&self) -> Generation;
}

/// What follows a client's connecting, and its introducing itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AtConnect {
    /// Greet it.
    Accept,
    /// Turn it away: `421` or `554` instead of the greeting; the reply to EHLO.
    Deny(Reply),
    /// A filter failed: this is the reply to every MAIL of the connection.
    Fail(Reply),
}

/// The hooks of the bundle that was in force when the client connected.
pub(super) struct BundleHooks {
    pub(super) asker: Asker,
    pub(super) services: Arc<Services>,
    /// Tells those who follow.
    pub(super) teller: Teller,
    /// The lines of the log about what was not accepted.
    pub(super) lines: Lines,
}

impl Hooks for BundleHooks {
    async fn connect(&self, view: View<'_>) -> AtConnect {
        self.admit::<incoming::Connect>(view).await
    }

    async fn ehlo(&self, view: View<'_>) -> AtConnect {
        self.admit::<incoming::Ehlo>(view).await
    }

    async fn offer(&self, client: Client) -> offer::Incoming {
        offer::incoming(&self.asker, &Arc::new(client)).await
    }

    async fn start(&self, client: Client) -> start::Incoming {
        start::incoming(&self.asker, &Arc::new(client)).await
    }

    async fn certificate(
        &self,
        client: Client,
        record: &TlsRecord,
        plan: &ServerPlan,
    ) -> certificate::Incoming {
        let judged = self.judge(&client, record, &record.terms);
        certificate::incoming(&self.asker, &Arc::new(client), &Arc::new(judged), plan).await
    }

    async fn mail(&self, view: View<'_>, mail: facts::Mail) -> Result<Permit, Denied> {
        at_mail::decide(self, view, mail).await
    }

    async fn rcpt(&self, client: &Arc<Client>, recipient: facts::Recipient) -> Result<(), Denied> {
        if !self.asker.bundle.is_filtered::<incoming::Rcpt>() {
            return Ok(());
        }
        let decision =
            self.asker.ask::<incoming::Rcpt>(&client.sender_domain, client, &Arc::new(recipient)).await;
        let by = decision.answer.place.to_string();
        replies::passage(decision.outcome()).map_err(|reply| Denied { reply, by })
    }

    fn judged(&self, client: &Client, record: &TlsRecord) -> facts::Certificate {
        self.judge(client, record, &record.terms)
    }

    fn recent(&self, client: IpAddr) -> Recent {
        self.services.tls.incoming_memory.recent(&client)
    }

    fn forget(&self, client: IpAddr) {
        self.services.tls.incoming_memory.forget(&client);
    }

    fn refused(&self, why: Refusal) {
        self.asker.observer.metrics().refused(why.word());
    }

    fn turned_away(&self, client: IpAddr, what: &TurnedAway<'_>, refused: &Refused) {
        self.refused(refused.why);
        self.lines.say(&self.asker.session, client, what, refused);
    }

    fn generation(&self) -> Generation {
        if self.services.live.current().generation() == self.asker.bundle.generation() {
            Generation::InForce
        } else {
            Generation::Superseded
        }
    }
}

impl BundleHooks {
    /// Asks a hook that only filters have, of the client alone. Without a filter it is no decision, and would be
    /// one for each connection.
    async fn admit<H: Hook<Peer = Client, Subject = facts::Nothing, Verdict = Passage>>(
        &self,
        view: View<'_>,
    ) -> AtConnect {
        if !self.asker.bundle.is_filtered::<H>() {
            return AtConnect::Accept;
        }
        let (client, nothing) = (Arc::new(view.client(self.recent(view.peer.address.ip()))), Arc::default());
        // Boxed: those of whom nobody asks pay nothing for it.
        let decision = Box::pin(self.asker.ask::<H>("", &client, &nothing)).await;
        match Admission::of(decision.outcome()) {
            Admission::Accept => AtConnect::Accept,
            Admission::Deny(denial) => AtConnect::Deny(replies::denial(denial)),
            Admission::Fail(denial) => AtConnect::Fail(replies::denial(denial)),
        }
    }

    /// Judges the client's chain for the row and sender's domain that the facts carry.
    pub(super) fn judge(&self, client: &Client, record: &TlsRecord, terms: &Terms) -> facts::Certificate {
        let expected = Expected {
            usage: Usage::Client,
            names: &certificate::client_names(&client.row, &client.sender_domain),
            roots: terms.roots.as_ref(),
            pins: &client.row.pins,
            possession: record.possession,
        };
        self.services.tls.judge(&record.chain, &expected, Timestamp::now())
    }
}
