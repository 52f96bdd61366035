//! Hooks that answer as they are told, and note what they were asked.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use waxseal_plugins::facts::{self, Client};

use crate::incoming::at_mail::Permit;
use crate::incoming::facts::{TlsRecord, View};
use crate::incoming::hooks::{AtConnect, Hooks};
use crate::incoming::refusal::Refusal;
use crate::incoming::tenure::Generation;
use crate::smtp::reply::Reply;
use crate::tls::memory::Recent;
use crate::tls::server::ServerPlan;
use crate::tls::{certificate, offer, start};

/// Answers as it is told to; `asked` lists each hook with the EHLO name and the connection's state.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) connect: AtConnect,
    pub(super) offer: offer::Incoming,
    pub(super) start: start::Incoming,
    pub(super) certificate: certificate::Incoming,
    pub(super) mail: Result<(), Reply>,
    pub(super) rcpt: Result<(), Reply>,
    pub(super) generation: Rc<RefCell<Generation>>,
    pub(super) asked: Rc<RefCell<Vec<String>>>,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            connect: AtConnect::Accept,
            offer: offer::Incoming::Advertise,
            start: start::Incoming::Go(ServerPlan::default()),
            certificate: certificate::Incoming::Accept,
            mail: Ok(()),
            rcpt: Ok(()),
            generation: Rc::new(RefCell::new(Generation::InForce)),
            asked: Rc::default(),
        }
    }
}

impl Told {
    fn note(&self, hook: &str, client: &Client) {
        let state = if client.encrypted { "encrypted" } else { "clear" };
        self.asked.borrow_mut().push(format!("{hook} {} {state}", client.ehlo));
    }
}

impl Hooks for Told {
    fn connect(&self, client: Client) -> AtConnect {
        self.note("connect", &client);
        self.connect.clone()
    }

    fn offer(&self, client: Client) -> offer::Incoming {
        self.note("offer", &client);
        self.offer.clone()
    }

    fn start(&self, client: Client) -> start::Incoming {
        self.note("start", &client);
        self.start.clone()
    }

    fn certificate(&self, client: Client, _: &TlsRecord, _: &ServerPlan) -> certificate::Incoming {
        self.note("certificate", &client);
        self.certificate.clone()
    }

    fn mail(&self, view: View<'_>, mail: facts::Mail) -> Result<Permit, Reply> {
        let row = Arc::new(facts::Row::default());
        let client = Arc::new(view.client_at_mail(Recent::default(), &row, &mail.sender_domain));
        self.note("mail", &client);
        self.mail.clone().map(|()| Permit { client, certificate: None, decided_by: String::new() })
    }

    fn rcpt(&self, client: &Arc<Client>, _: facts::Recipient) -> Result<(), Reply> {
        self.note("rcpt", client);
        self.rcpt.clone()
    }

    fn recent(&self, _: IpAddr) -> Recent {
        Recent::default()
    }

    fn forget(&self, _: IpAddr) {
        self.asked.borrow_mut().push("forget".into());
    }

    fn refused(&self, _: Refusal) {}

    fn generation(&self) -> Generation {
        *self.generation.borrow()
    }
}
