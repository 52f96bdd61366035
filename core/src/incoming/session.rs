//! An incoming session: what each command comes to. It awaits its hooks, and nothing else: I/O is
//! the [driver](super::driver)'s.

use std::sync::Arc;

use tokio::time::Instant;

use super::facts::{Link, Offered, Peer, TlsRecord, View};
use super::hooks::{AtConnect, Hooks};
use super::replies;
use super::tenure::{Standing, Tenure};
use super::transaction::Transaction;
use crate::config::{Config, RelayControl};
use crate::milter::Chain;
use crate::smtp::chunk::Chunk;
use crate::smtp::command::{Command, InvalidCommand};
use crate::smtp::extensions::{StartTls, ehlo_reply};
use crate::smtp::reply::Reply;
use crate::tls::server::ServerPlan;
use crate::tls::{certificate, offer, start};

/// So many mistakes end a session: what goes on making them is no mail system.
const MISTAKES: u32 = 20;

/// What a session needs of the configuration.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) hostname: String,
    pub(super) message_size: u64,
    pub(super) recipients: usize,
    pub(super) relay: RelayControl,
    pub(super) tls: Switch,
}

/// The global TLS switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    On,
    /// Nothing is offered or started, and no TLS hook is asked.
    Off,
}

/// A session.
#[derive(Debug)]
pub(super) struct Session<H> {
    pub(super) hooks: H,
    pub(super) settings: Arc<Settings>,
    pub(super) peer: Peer,
    pub(super) link: Link,
    pub(super) greeting: Option<Greeting>,
    /// The milters, where there are any.
    pub(super) milters: Option<Box<Chain>>,
    pub(super) transaction: Option<Transaction>,
    /// The reply to all but QUIT: the client is served nothing.
    pub(super) barrier: Option<Reply>,
    /// The reply to every MAIL: a hook of this connection failed.
    pub(super) failed: Option<Reply>,
    pub(super) standing: Standing,
    tenure: Tenure,
    mistakes: u32,
}

/// How the client introduced itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Greeting {
    pub(super) name: String,
    pub(super) verb: Verb,
}

/// The verb of a [`Greeting`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Helo,
    Ehlo,
}

/// What follows a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Say it, and read the next command.
    Reply(Reply),
    /// Say it, and close.
    Close(Reply),
    /// Go over to TLS.
    StartTls(ServerPlan),
    /// Receive the message of the open transaction.
    Receive,
    /// Receive a chunk of the message of the open transaction.
    Chunk(Chunk),
    /// Read so many octets that nobody wants, say it, and read the next command.
    Skip(u64, Reply),
}

impl Settings {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            hostname: config.hostname.clone(),
            message_size: config.limits.message_size,
            recipients: config.limits.recipients,
            relay: config.relay.clone(),
            tls: if config.tls.enabled { Switch::On } else { Switch::Off },
        }
    }
}

impl<H: Hooks> Session<H> {
    /// A session with a client that has connected: the hook `connect` is asked, then milters are.
    pub(super) async fn open(
        hooks: H,
        milters: Option<Box<Chain>>,
        settings: Arc<Settings>,
        peer: Peer,
    ) -> Box<Self> {
        // Boxed: it is handed on for as long as it lives.
        let mut session = Box::new(Self::begin(hooks, settings, peer, Link::Clear(Offered::NotAsked)));
        session.milters = milters;
        match session.hooks.connect(session.view()).await {
            AtConnect::Accept => session.milters_at_connect().await,
            AtConnect::Deny(reply) => session.barrier = Some(reply),
            AtConnect::Fail(reply) => session.failed = Some(reply),
        }
        session
    }

    /// The session inside TLS: nothing that the client said before is in it (RFC 3207 section
    /// 4.2). What is ours stays: the bundle, and that one of its hooks failed.
    pub(super) async fn secured(mut self: Box<Self>, record: TlsRecord, plan: &ServerPlan) -> Box<Self> {
        let record = Arc::new(record);
        let milters = self.milters_inside(&record);
        let mut session = Box::new((*self).inside(Arc::clone(&record)));
        session.milters = milters;
        match session.hooks.certificate(session.client(), &record, plan).await {
            certificate::Incoming::Accept => {}
            certificate::Incoming::Refuse(reply) => session.barrier = Some(reply),
            certificate::Incoming::Fail(reply) => session.failed = Some(reply),
        }
        session
    }

    fn inside(self, record: Arc<TlsRecord>) -> Self {
        let Self { hooks, settings, peer, failed, tenure, mistakes, .. } = self;
        let fresh = Self::begin(hooks, settings, peer, Link::Tls(record));
        Self { failed, tenure, mistakes, ..fresh }
    }

    /// What is said first: the greeting, or that the client is served nothing (RFC 5321 section
    /// 3.1 has `554`; `421` is for now).
    pub(super) fn greet(&self) -> Step {
        match &self.barrier {
            None => Step::Reply(replies::greeting(&self.settings.hostname)),
            Some(reply) if reply.is_permanent() => Step::Reply(Reply { code: 554, ..reply.clone() }),
            Some(reply) => Step::Close(Reply { code: 421, ..reply.clone() }),
        }
    }

    /// Why the client is served nothing, if so.
    pub(super) fn turned_away(&self) -> Option<&Reply> {
        self.barrier.as_ref()
    }

    /// Whether STARTTLS was offered.
    pub(super) fn is_offered(&self) -> bool {
        matches!(self.link, Link::Clear(Offered::Advertised))
    }

    /// Takes a command.
    pub(super) async fn command(&mut self, command: Result<Command, InvalidCommand>, now: Instant) -> Step {
        self.standing = self.tenure.observe(self.hooks.generation(), now);
        let step = match (command, &self.barrier) {
            (Ok(Command::Quit), _) => Step::Close(replies::goodbye()),
            // What follows BDAT is content, whoever sends it.
            (Ok(Command::Bdat(chunk)), Some(reply)) => Step::Skip(chunk.size, reply.clone()),
            (_, Some(reply)) => Step::Reply(reply.clone()),
            (Ok(command), None) => self.obey(command).await,
            (Err(invalid), None) if invalid.is_fatal() => Step::Close(invalid.reply()),
            (Err(invalid), None) => Step::Reply(invalid.reply()),
        };
        match step {
            Step::Reply(reply) => self.count(reply, Step::Reply),
            Step::Skip(size, reply) => self.count(reply, |reply| Step::Skip(size, reply)),
            step => step,
        }
    }

    /// A line was no command at all.
    pub(super) fn garbled(&mut self, reply: Reply) -> Step {
        self.count(reply, Step::Reply)
    }

    /// The start hook: for STARTTLS, and for a connection that begins inside TLS.
    pub(super) async fn start(&self) -> start::Incoming {
        self.hooks.start(self.client()).await
    }

    /// The facts of the client before MAIL FROM.
    pub(super) fn client(&self) -> waxseal_plugins::facts::Client {
        self.view().client(self.hooks.recent(self.peer.address.ip()))
    }

    /// Whose facts they are.
    pub(super) fn view(&self) -> View<'_> {
        let ehlo = self.greeting.as_ref().map_or("", |greeting| &greeting.name);
        View { peer: &self.peer, link: &self.link, ehlo }
    }

    fn begin(hooks: H, settings: Arc<Settings>, peer: Peer, link: Link) -> Self {
        Self {
            hooks,
            settings,
            peer,
            link,
            greeting: None,
            milters: None,
            transaction: None,
            barrier: None,
            failed: None,
            standing: Standing::Good,
            tenure: Tenure::default(),
            mistakes: 0,
        }
    }

    async fn obey(&mut self, command: Command) -> Step {
        match command {
            Command::Ehlo(name) => self.ehlo(name).await,
            Command::Helo(name) => self.helo(name).await,
            Command::StartTls => self.start_tls().await,
            Command::Mail(mail) => self.mail(mail).await,
            Command::Rcpt(rcpt) => self.rcpt(rcpt).await,
            Command::Data => self.data().await,
            Command::Bdat(chunk) => self.bdat(chunk),
            Command::Rset => {
                self.reset().await;
                Step::Reply(replies::reset())
            }
            Command::Noop => Step::Reply(replies::nothing_done()),
            Command::Vrfy => Step::Reply(replies::not_verified()),
            Command::Help => Step::Reply(replies::help()),
            Command::Quit => Step::Close(replies::goodbye()),
        }
    }

    async fn ehlo(&mut self, name: String) -> Step {
        if let Err(refused) = self.introduce(name, Verb::Ehlo).await {
            return Step::Reply(refused);
        }
        let start_tls = match self.offer().await {
            Ok(start_tls) => start_tls,
            Err(refused) => return Step::Reply(refused),
        };
        if let Err(denied) = self.milters_at_helo().await {
            return denied;
        }
        let name = self.view().ehlo;
        let reply = ehlo_reply(&self.settings.hostname, name, self.settings.message_size, start_tls);
        Step::Reply(reply)
    }

    /// HELO cannot lead to STARTTLS, so nothing is offered. The hook is asked all the same: whom it
    /// refuses, or fails for, must not get in by the older greeting.
    async fn helo(&mut self, name: String) -> Step {
        let reply = replies::helo(&self.settings.hostname, &name);
        if let Err(refused) = self.introduce(name, Verb::Helo).await {
            return Step::Reply(refused);
        }
        if let Err(refused) = self.offer().await {
            return Step::Reply(refused);
        }
        if let Err(denied) = self.milters_at_helo().await {
            return denied;
        }
        if let Link::Clear(offered) = &mut self.link {
            *offered = Offered::NotAsked;
        }
        Step::Reply(reply)
    }

    /// EHLO resets as RSET does (RFC 5321 section 4.1.4). Whom a filter denies has not introduced itself: it may
    /// say another name.
    async fn introduce(&mut self, name: String, verb: Verb) -> Result<(), Reply> {
        self.greeting = Some(Greeting { name, verb });
        self.transaction = None;
        match self.hooks.ehlo(self.view()).await {
            AtConnect::Accept => {}
            AtConnect::Fail(reply) => self.failed = Some(reply),
            AtConnect::Deny(reply) => {
                self.greeting = None;
                return Err(reply);
            }
        }
        Ok(())
    }

    /// Whether EHLO's reply lists STARTTLS; asked in clear only. Whom the hook refuses is served
    /// nothing from then on.
    async fn offer(&mut self) -> Result<StartTls, Reply> {
        if self.settings.tls == Switch::Off || self.link.tls().is_some() {
            return Ok(StartTls::Omit);
        }
        let (offered, start_tls) = match self.hooks.offer(self.client()).await {
            offer::Incoming::Advertise => (Offered::Advertised, StartTls::Advertise),
            offer::Incoming::Withhold => (Offered::Withheld, StartTls::Omit),
            offer::Incoming::Refuse(reply) => {
                self.barrier = Some(reply.clone());
                return Err(reply);
            }
            offer::Incoming::Fail(reply) => {
                self.failed = Some(reply);
                (Offered::Advertised, StartTls::Advertise)
            }
        };
        self.link = Link::Clear(offered);
        Ok(start_tls)
    }

    async fn start_tls(&self) -> Step {
        match self.link {
            Link::Tls(_) => Step::Reply(replies::tls_already()),
            Link::Clear(Offered::Advertised) => match self.start().await {
                start::Incoming::Go(plan) => Step::StartTls(plan),
                start::Incoming::Refuse(reply) => Step::Reply(reply),
            },
            Link::Clear(_) => Step::Reply(replies::tls_not_offered()),
        }
    }

    /// Counts mistakes; too many end the session.
    fn count(&mut self, reply: Reply, step: impl FnOnce(Reply) -> Step) -> Step {
        let mistake = self.barrier.is_some() || matches!(reply.code, 500..=504 | 555);
        self.mistakes += u32::from(mistake);
        if self.mistakes < MISTAKES { step(reply) } else { Step::Close(replies::too_many_mistakes()) }
    }
}

#[cfg(test)]
mod tests;
