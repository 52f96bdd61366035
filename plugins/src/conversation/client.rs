//! Mail that reaches us: one client, from its connecting to the reply to the end of its message.

mod ends;
mod handshake;
mod message;
mod told;

use std::sync::Arc;

use super::asking::Asking;
use super::at_mail;
use super::delivery::domain_of;
use super::judgement::{Expected, judge};
use super::letter::Kept;
use super::reception::{Listener, Reception};
use super::{End, Fate, Presented, Situation, Switch};
use crate::decision::{Admission, Decision, Denial, Outcome};
use crate::facts::{Certificate, Client, Handshake, Hello, Nothing, Recipient, Row};
use crate::failure::HandshakeFailure;
use crate::hooks::{Hook, incoming};
use crate::names;
use crate::place::Place;
use crate::verdicts::incoming::Offer;
use crate::verdicts::{ClientCertificate, EnhancedCode, Passage, Terms};

/// Facts that say something of an encrypted connection only.
const OF_TLS: [&str; 6] = ["version", "suite", "group", "resumed", "server_name", "own_certificate"];

/// A client's session with us.
pub(super) struct Session<'a, 'b> {
    pub(super) asking: &'a mut Asking<'b>,
    pub(super) reception: &'a Reception,
    pub(super) row: Arc<Row>,
    pub(super) client: Client,
    pub(super) tls: Option<Record>,
    offered: Offered,
    /// A hook failed: this is why every MAIL of the connection is put off.
    failed: Option<Place>,
    /// The message, where it was read and not denied.
    pub(super) kept: Option<Kept>,
}

/// What became of the offer of STARTTLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offered {
    NotAsked,
    Advertised,
    Withheld,
}

/// Whether the client uses TLS where it is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Tls,
    Clear,
}

/// The facts on record of a finished handshake.
pub(super) struct Record {
    pub(super) hello: Arc<Hello>,
    pub(super) handshake: Handshake,
    pub(super) presented: Presented,
    /// What the connection's row, start and cipher allowed.
    pub(super) terms: Terms,
    /// What filters alone allowed: for any row.
    pub(super) filters: Terms,
}

/// What a handshake is to be made with.
struct Plan {
    client_certificate: ClientCertificate,
    terms: Terms,
    filters: Terms,
}

/// Why a session goes no further.
enum Stop {
    /// It has ended.
    Ended(End),
    /// The handshake failed, and the connection is lost.
    Failed(HandshakeFailure, Option<Place>),
}

impl<'a, 'b> Session<'a, 'b> {
    pub(super) fn new(asking: &'a mut Asking<'b>, reception: &'a Reception) -> Self {
        let row = asking.bundle.table().incoming(reception.address(), reception.today);
        let row = Arc::new(reception.client.facts.apply(Row::clone(&row)));
        let client = told::unheard(reception, &row);
        let (tls, offered, failed) = (None, Offered::NotAsked, None);
        let mut session = Self { asking, reception, row, client, tls, offered, failed, kept: None };
        session.client = session.told(session.client.clone());
        session.asking.note(session.row.clone());
        session
    }

    /// From the connection to the reply to the message's end. A client whose handshake fails comes again, in
    /// clear, as most do.
    pub(super) fn run(&mut self) -> End {
        let wish = match self.reception.client.situation {
            Situation::NoTls => Wish::Clear,
            _ => Wish::Tls,
        };
        let stop = match self.connect().and_then(|()| self.secure(wish)) {
            Ok(()) => return self.transaction(),
            Err(stop) => stop,
        };
        let (failure, place) = match stop {
            Stop::Ended(end) => return end,
            Stop::Failed(failure, place) => (failure, place),
        };
        self.asking.happens(failure.to_string());
        if self.reception.listener == Listener::Implicit {
            return self.closed(failure.to_string(), place);
        }
        self.asking.happens("the client comes again, in clear");
        self.come_again(&failure);
        match self.connect().and_then(|()| self.secure(Wish::Clear)) {
            Ok(()) => self.transaction(),
            Err(Stop::Ended(end)) => end,
            Err(Stop::Failed(failure, place)) => self.closed(failure.to_string(), place),
        }
    }

    /// What the client is told to be, with what differs put in.
    pub(super) fn told(&self, client: Client) -> Client {
        let (encrypted, greeted) = (client.encrypted, !client.ehlo.is_empty());
        let is_left_out = |fact: &str| !encrypted && OF_TLS.contains(&fact) || !greeted && fact == "ehlo";
        self.reception.client.facts.apply_but(client, is_left_out)
    }

    /// The judgement of the client's certificate, for a row and a sender.
    pub(super) fn judge(&self, client: &Client, presented: Presented) -> Certificate {
        let names = names::client_names(&client.row, &client.sender_domain);
        let expected = Expected { peer: told::name(client), names, row: &client.row };
        judge(presented, expected, &self.reception.client.facts)
    }

    /// Asks a hook that is told of the client alone.
    fn ask<H: Hook<Peer = Client, Subject = Nothing>>(&mut self) -> Decision<H::Verdict> {
        let (whom, client) = (self.client.address.clone(), Arc::new(self.client.clone()));
        self.asking.ask::<H>(&whom, &client, &Arc::new(Nothing {}))
    }

    fn connect(&mut self) -> Result<(), Stop> {
        self.admit::<incoming::Connect>().map_err(|end| {
            // RFC 5321 section 3.1 has 554 in place of the greeting; 421 is for now.
            let smtp = if end.fate == Fate::Refused { 554 } else { 421 };
            Stop::Ended(End { smtp, ..end })
        })
    }

    /// EHLO is read. Whom a filter denies has not introduced itself, and comes no further by this name.
    fn introduce(&mut self) -> Result<(), Stop> {
        self.client = self.told(Client { ehlo: told::EHLO.to_owned(), ..self.client.clone() });
        self.admit::<incoming::Ehlo>().map_err(Stop::Ended)
    }

    /// Asks a hook that only filters have, of the client alone.
    fn admit<H: Hook<Peer = Client, Subject = Nothing, Verdict = Passage>>(&mut self) -> Result<(), End> {
        if !self.asking.is_filtered::<H>() {
            return Ok(());
        }
        let decision = self.ask::<H>();
        match Admission::of(decision.outcome()) {
            Admission::Accept => {}
            Admission::Fail(_) => self.failed = Some(decision.answer.place),
            Admission::Deny(denial) => {
                return Err(Self::denied(denial, &decision.answer.place, &decision.row));
            }
        }
        Ok(())
    }

    /// EHLO, STARTTLS and the handshake, as far as they come.
    fn secure(&mut self, wish: Wish) -> Result<(), Stop> {
        if self.reception.listener == Listener::Implicit {
            if wish == Wish::Clear {
                let text = "the listener speaks TLS from the first octet, and the client does not".to_owned();
                return Err(Stop::Ended(self.closed(text, None)));
            }
            return self.start();
        }
        self.introduce()?;
        if self.reception.tls == Switch::On {
            self.offer()?;
        }
        if (wish, self.offered) == (Wish::Tls, Offered::Advertised) { self.start() } else { Ok(()) }
    }

    fn offer(&mut self) -> Result<(), Stop> {
        let decision = self.ask::<incoming::Offer>();
        self.offered = match decision.outcome() {
            Outcome::Verdict(Offer::Advertise) => Offered::Advertised,
            Outcome::Verdict(Offer::Withhold) => Offered::Withheld,
            Outcome::Verdict(Offer::Refuse(said)) => {
                return Err(Stop::Ended(self.turned_away(
                    said,
                    EnhancedCode::new(5, 7, 1),
                    &decision.answer.place,
                )));
            }
            Outcome::Failure(_) => {
                self.failed = Some(decision.answer.place);
                Offered::Advertised
            }
        };
        let offers_tls = self.offered == Offered::Advertised;
        self.client = self.told(Client { offers_tls, ..self.client.clone() });
        self.asking.happens(if offers_tls { "STARTTLS is offered" } else { "STARTTLS is not offered" });
        Ok(())
    }

    /// MAIL FROM, RCPT TO and the message.
    fn transaction(&mut self) -> End {
        if let Some(place) = self.failed.take() {
            return Self::policy_failed(&place, &self.row);
        }
        let mail = Arc::new(self.mail());
        let Some((decision, asked)) = at_mail::decide(self, &mail) else {
            return Self::policy_failed(&Place::file(crate::table::PATH), &self.row);
        };
        if let Some(denial) = Denial::of_passage(decision.outcome()) {
            let end = Self::denied(denial, &decision.answer.place, &decision.row);
            return self.unless_withheld(end);
        }
        let verified = asked.certificate.as_ref().is_some_and(|certificate| certificate.verified);
        let taken = End { verified, ..self.taken(&decision) };
        match self.recipients(&asked.client) {
            Ok(recipients) => self.message(&asked, recipients, taken),
            Err(end) => end,
        }
    }

    /// The recipients that are accepted; the mail goes on where there is one.
    fn recipients(&mut self, client: &Arc<Client>) -> Result<Vec<String>, End> {
        let (mut accepted, mut denied) = (Vec::new(), None);
        for address in &self.reception.recipients {
            match self.recipient(client, address.clone(), accepted.len()) {
                Ok(address) => accepted.push(address),
                Err(end) => _ = denied.get_or_insert(end),
            }
        }
        match denied {
            Some(end) if accepted.is_empty() => Err(end),
            _ => Ok(accepted),
        }
    }

    fn recipient(&mut self, client: &Arc<Client>, address: String, accepted: usize) -> Result<String, End> {
        let recipient = self.reception.client.facts.apply(Recipient {
            domain: domain_of(&address),
            address,
            sender: self.reception.sender.clone(),
            accepted: i64::try_from(accepted).unwrap_or(i64::MAX),
        });
        let address = recipient.address.clone();
        if !self.asking.is_filtered::<incoming::Rcpt>() {
            return Ok(address);
        }
        let decision = self.asking.ask::<incoming::Rcpt>(&client.address, client, &Arc::new(recipient));
        match Denial::of_passage(decision.outcome()) {
            None => Ok(address),
            Some(denial) => Err(Self::denied(denial, &decision.answer.place, &decision.row)),
        }
    }
}
