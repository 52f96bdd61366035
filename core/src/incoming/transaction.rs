//! A mail transaction, RFC 5321 section 3.3: MAIL, RCPT, and whether DATA may begin.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use waxseal_plugins::facts;

use super::at_mail::Permit;
use super::chunks::Begun;
use super::facts::{Link, Offered};
use super::hooks::Hooks;
use super::refusal::{Denied, Refusal, Refused};
use super::relay_control::Relaying;
use super::replies;
use super::session::{Session, Step, Verb};
use super::tenure::Standing;
use super::turned_away::TurnedAway;
use crate::smtp::address::{ForwardPath, Mailbox, ReversePath};
use crate::smtp::chunk::Chunk;
use crate::smtp::command::{Charset, Mail, Rcpt};
use crate::smtp::reply::Reply;
use crate::spool::NewRecipient;

/// An open transaction: the hook `mail` has let it on.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) mail: Mail,
    pub(super) permit: Permit,
    pub(super) recipients: Vec<NewRecipient>,
    named: HashSet<String>,
    /// The message, where chunks of it have come.
    pub(super) begun: Option<Box<Begun>>,
}

impl<H: Hooks> Session<H> {
    pub(super) async fn mail(&mut self, mail: Mail) -> Step {
        if self.greeting.is_none() {
            return Step::Reply(replies::greet_first());
        }
        if self.transaction.is_some() {
            return Step::Reply(replies::transaction_open());
        }
        if self.standing == Standing::Over {
            return Step::Close(replies::closing());
        }
        let permit = match self.admit(&mail).await {
            Ok(permit) => permit,
            Err(refused) => return self.refuse(&TurnedAway::Sender(&mail.sender), refused),
        };
        if let Err(refused) = self.milters_at_mail(&mail).await {
            return self.refuse(&TurnedAway::Sender(&mail.sender), refused);
        }
        self.transaction = Some(Transaction::new(mail, permit));
        Step::Reply(replies::sender_accepted())
    }

    pub(super) async fn rcpt(&mut self, rcpt: Rcpt) -> Step {
        let Some(transaction) = self.transaction.as_ref() else {
            return Step::Reply(replies::no_sender());
        };
        if transaction.begun.is_some() {
            return Step::Reply(replies::chunks_begun());
        }
        let path = rcpt.recipient.clone();
        let recipient = match self.recipient(transaction, rcpt).await {
            Ok(recipient) => recipient,
            Err(refused) => {
                self.milters_hear_of_refused(&path, &refused.reply).await;
                return self.refuse_recipient(&path, refused);
            }
        };
        if let Err(refused) = self.milters_at_rcpt(&recipient).await {
            return self.refuse_recipient(&path, refused);
        }
        if let Some(transaction) = self.transaction.as_mut() {
            transaction.add(recipient);
        }
        Step::Reply(replies::recipient_accepted())
    }

    pub(super) async fn data(&mut self) -> Step {
        match self.transaction.as_ref() {
            None => Step::Reply(replies::no_sender()),
            Some(transaction) if transaction.recipients.is_empty() => Step::Reply(replies::no_recipients()),
            Some(transaction) if transaction.begun.is_some() => Step::Reply(replies::chunks_begun()),
            Some(_) => match self.milters_at_data().await {
                Ok(()) => Step::Receive,
                Err(refused) => match self.transaction.take() {
                    Some(transaction) => self.refuse(&transaction.turned_away(), refused),
                    None => refused.step(),
                },
            },
        }
    }

    /// RSET, or what comes to the same: the transaction is forgotten.
    pub(super) async fn reset(&mut self) {
        self.transaction = None;
        self.milters_abort().await;
    }

    /// What comes too early is read all the same, since it is no command (RFC 3030 section 2).
    pub(super) fn bdat(&self, chunk: Chunk) -> Step {
        match self.transaction.as_ref() {
            None => Step::Skip(chunk.size, replies::no_sender()),
            Some(transaction) if transaction.recipients.is_empty() => {
                Step::Skip(chunk.size, replies::no_recipients())
            }
            Some(_) => Step::Chunk(chunk),
        }
    }

    /// How long to wait for the next command, where that is bounded by a message that has begun.
    pub(super) fn patience(&self) -> Option<Duration> {
        Some(self.transaction.as_ref()?.begun.as_ref()?.patience())
    }

    /// The client is gone, or too slow: what has begun is no message.
    pub(super) fn cut(&self) {
        if self.patience().is_some() {
            self.hooks.refused(Refusal::Cut);
        }
    }

    fn refuse(&self, what: &TurnedAway<'_>, refused: Refused) -> Step {
        self.hooks.turned_away(self.peer.address.ip(), what, &refused);
        refused.step()
    }

    fn refuse_recipient(&self, recipient: &ForwardPath, refused: Refused) -> Step {
        let Some(transaction) = &self.transaction else { return refused.step() };
        self.refuse(&TurnedAway::Recipient { sender: &transaction.mail.sender, recipient }, refused)
    }

    async fn admit(&self, mail: &Mail) -> Result<Permit, Refused> {
        // RFC 1870 section 6.1: said early, so that the message is not sent in vain.
        if mail.size.is_some_and(|size| size > self.settings.message_size) {
            return Err(Refusal::Size.saying(replies::message_too_large()));
        }
        if let ReversePath::Mailbox(sender) = &mail.sender {
            declared(mail.charset, sender)?;
        }
        if let Some(failed) = &self.failed {
            return Err(Refusal::Policy.saying(failed.clone()));
        }
        let answer = self.hooks.mail(self.view(), mail_facts(mail)).await;
        answer.map_err(|Denied { reply, by }| Refusal::Policy.saying(self.denied(reply)).by(by))
    }

    /// Where the offer was withheld the client could not have done better: it is to come again,
    /// and will be offered TLS then.
    fn denied(&self, reply: Reply) -> Reply {
        if reply.is_permanent() && matches!(self.link, Link::Clear(Offered::Withheld)) {
            self.hooks.forget(self.peer.address.ip());
            return replies::try_again_with_tls();
        }
        reply
    }

    async fn recipient(&self, transaction: &Transaction, rcpt: Rcpt) -> Result<NewRecipient, Refused> {
        if transaction.recipients.len() >= self.settings.recipients {
            return Err(Refusal::Recipients.saying(replies::too_many_recipients()));
        }
        let mailbox = self.relayed(rcpt.recipient).map_err(|reply| Refusal::Relay.saying(reply))?;
        declared(transaction.mail.charset, &mailbox)?;
        let domain = mailbox.lookup_domain().unwrap_or_else(|| mailbox.domain().to_ascii_lowercase());
        let recipient = facts::Recipient {
            address: mailbox.to_string(),
            domain: domain.clone(),
            sender: transaction.mail.sender.to_string(),
            accepted: i64::try_from(transaction.recipients.len()).unwrap_or(i64::MAX),
        };
        let answer = self.hooks.rcpt(&transaction.permit.client, recipient).await;
        answer.map_err(|Denied { reply, by }| Refusal::Policy.saying(reply).by(by))?;
        let (address, dsn) = (mailbox.to_string(), rcpt.dsn);
        // It is known when the message is there.
        Ok(NewRecipient { address, domain, dsn, attention: Timestamp::MAX })
    }

    /// The mailbox, if mail may be relayed to it. `postmaster` without a domain is ours, and is
    /// never denied (RFC 5321 section 4.5.1).
    fn relayed(&self, path: ForwardPath) -> Result<Mailbox, Reply> {
        match path {
            ForwardPath::Postmaster => Mailbox::parse(&format!("postmaster@{}", self.settings.hostname))
                .map_err(|_| replies::relaying_denied()),
            ForwardPath::Mailbox(mailbox) => {
                match self.settings.relay.relaying(self.peer.address.ip(), &mailbox) {
                    Relaying::Permit => Ok(mailbox),
                    Relaying::Deny => Err(replies::relaying_denied()),
                    Relaying::DenyRoute => Err(replies::routing_denied()),
                }
            }
        }
    }

    /// Whether the client speaks EHLO's protocol.
    pub(super) fn is_extended(&self) -> bool {
        self.greeting.as_ref().is_some_and(|greeting| greeting.verb == Verb::Ehlo)
    }
}

impl Transaction {
    fn new(mail: Mail, permit: Permit) -> Self {
        Self { mail, permit, recipients: Vec::new(), named: HashSet::new(), begun: None }
    }

    /// It is not accepted.
    pub(super) fn turned_away(&self) -> TurnedAway<'_> {
        TurnedAway::Message { sender: &self.mail.sender, recipients: &self.recipients }
    }

    /// A recipient named twice gets one copy.
    pub(super) fn add(&mut self, recipient: NewRecipient) {
        if self.named.insert(recipient.address.clone()) {
            self.recipients.push(recipient);
        }
    }
}

/// RFC 6531 section 3.4: addresses beyond ASCII only where SMTPUTF8 was given.
fn declared(charset: Charset, mailbox: &Mailbox) -> Result<(), Refused> {
    let undeclared = mailbox.needs_utf8() && charset == Charset::Ascii;
    if undeclared { Err(Refusal::Address.saying(replies::utf8_not_declared())) } else { Ok(()) }
}

fn mail_facts(mail: &Mail) -> facts::Mail {
    facts::Mail {
        sender: mail.sender.to_string(),
        sender_domain: mail.sender.lookup_domain().unwrap_or_default(),
        size: mail.size.map_or(0, |size| i64::try_from(size).unwrap_or(i64::MAX)),
        ..facts::Mail::default()
    }
}
