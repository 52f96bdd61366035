//! Hooks that answer as they are told, and note what they were asked.

use std::future::pending;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use waxseal_plugins::facts::{self, Client};

use crate::incoming::at_mail::Permit;
use crate::incoming::facts::{TlsRecord, View};
use crate::incoming::hooks::{AtConnect, Hooks};
use crate::incoming::refusal::{Denied, Refusal, Refused};
use crate::incoming::tenure::Generation;
use crate::incoming::turned_away::TurnedAway;
use crate::smtp::reply::Reply;
use crate::tls::memory::Recent;
use crate::tls::server::ServerPlan;
use crate::tls::{certificate, offer, start};

/// Answers as it is told to; `asked` lists each hook with the EHLO name and the connection's state.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) connect: AtConnect,
    pub(super) ehlo: AtConnect,
    pub(super) offer: offer::Incoming,
    pub(super) start: start::Incoming,
    pub(super) certificate: certificate::Incoming,
    pub(super) mail: Result<(), Reply>,
    pub(super) rcpt: Result<(), Reply>,
    pub(super) generation: Arc<Mutex<Generation>>,
    /// Whether no hook ever answers.
    pub(super) silent: Arc<AtomicBool>,
    pub(super) asked: Arc<Mutex<Vec<String>>>,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            connect: AtConnect::Accept,
            ehlo: AtConnect::Accept,
            offer: offer::Incoming::Advertise,
            start: start::Incoming::Go(ServerPlan::default()),
            certificate: certificate::Incoming::Accept,
            mail: Ok(()),
            rcpt: Ok(()),
            generation: Arc::new(Mutex::new(Generation::InForce)),
            silent: Arc::default(),
            asked: Arc::default(),
        }
    }
}

impl Told {
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn note(&self, hook: &str, client: &Client) {
        let state = if client.encrypted { "encrypted" } else { "clear" };
        self.asked.lock().unwrap().push(format!("{hook} {} {state}", client.ehlo));
        if self.silent.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
    }
}

impl Hooks for Told {
    async fn connect(&self, view: View<'_>) -> AtConnect {
        self.note("connect", &view.client(Recent::default())).await;
        self.connect.clone()
    }

    async fn ehlo(&self, _: View<'_>) -> AtConnect {
        self.ehlo.clone()
    }

    async fn offer(&self, client: Client) -> offer::Incoming {
        self.note("offer", &client).await;
        self.offer.clone()
    }

    async fn start(&self, client: Client) -> start::Incoming {
        self.note("start", &client).await;
        self.start.clone()
    }

    async fn certificate(&self, client: Client, _: &TlsRecord, _: &ServerPlan) -> certificate::Incoming {
        self.note("certificate", &client).await;
        self.certificate.clone()
    }

    async fn mail(&self, view: View<'_>, mail: facts::Mail) -> Result<Permit, Denied> {
        let row = Arc::new(facts::Row::default());
        let client = Arc::new(view.client_at_mail(Recent::default(), &row, &mail.sender_domain));
        self.note("mail", &client).await;
        let permit =
            self.mail.clone().map(|()| Permit { client, certificate: None, decided_by: String::new() });
        permit.map_err(Denied::from)
    }

    async fn rcpt(&self, client: &Arc<Client>, _: facts::Recipient) -> Result<(), Denied> {
        self.note("rcpt", client).await;
        self.rcpt.clone().map_err(Denied::from)
    }

    fn judged(&self, _: &Client, _: &TlsRecord) -> facts::Certificate {
        facts::Certificate::default()
    }

    fn recent(&self, _: IpAddr) -> Recent {
        Recent::default()
    }

    fn forget(&self, _: IpAddr) {
        self.asked.lock().unwrap().push("forget".into());
    }

    fn refused(&self, _: Refusal) {}
    fn turned_away(&self, _: IpAddr, _: &TurnedAway<'_>, _: &Refused) {}

    fn generation(&self) -> Generation {
        *self.generation.lock().unwrap()
    }
}

/// What it comes to where every hook answers at once; `None` where one does not, and the future is
/// dropped.
pub(super) fn at_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
