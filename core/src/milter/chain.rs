//! All milters of one SMTP connection, in the order of the configuration.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use waxseal_plugins::verdicts::Edit;

use super::answer::Answer;
use super::command::Event;
use super::conversation::{Conversation, bare};
use super::examination::{Examined, Shown};
use super::failure::Failure;
use super::macros::{Client, Situation, Tls};
use super::outcome::{Disposition, Outcome};
use super::question::Question;
use super::watch::Watch;
use crate::config::Milter;
use crate::message::anatomy::Headed;
use crate::observe::{Observer, SessionId};
use crate::smtp::reply::Reply;

/// How long all milters have for a message from the end of its data, however many they are and whatever they are told. A client waits ten
/// minutes for the reply (RFC 5321 section 4.5.3.2.6), and filters are asked after them.
const LONGEST: Duration = Duration::from_secs(9 * 60);

/// The milters of a connection. At each step they are asked one after the other, and the first that is
/// against it decides; the others are then not asked.
///
/// A milter that fails defers: what was asked, and the whole message with it. It is asked anew, over a new
/// connection, at the next message.
pub struct Chain {
    conversations: Vec<Conversation>,
    client: Client,
    /// The sender of the open message, without brackets.
    sender: String,
    /// Who was against something last.
    denier: String,
    watch: Watch,
}

/// A message that milters look at: what one of them has changed, the next is shown.
pub trait Draft: Send + Sync {
    /// The message as it is now.
    fn message(&self) -> Headed<'_>;

    /// Our own Received field with its line end, which milters are not shown.
    fn own(&self) -> &[u8];

    /// The most octets that a message may have.
    fn limit(&self) -> u64;

    /// Applies a milter's edits, in their order: all of them, or none.
    ///
    /// # Errors
    ///
    /// The message cannot be read, or one of them cannot be done.
    fn apply(&mut self, edits: &[Edit]) -> Result<(), Unapplied>;
}

/// Why none of a milter's edits was applied.
#[derive(Debug)]
pub enum Unapplied {
    /// The message cannot be read.
    Content(io::Error),
    /// One of them cannot be done, and what is wrong with it.
    Edit(String),
}

impl Chain {
    /// The milters for a client that has connected; `None` where none is configured. Nothing is connected
    /// to before it is needed.
    pub fn new(
        milters: &[Arc<Milter>],
        client: Client,
        observer: Observer,
        session: SessionId,
    ) -> Option<Box<Self>> {
        let conversations: Vec<_> = milters.iter().cloned().map(Conversation::new).collect();
        let watch = Watch { observer, session };
        let chain = Self { conversations, client, sender: String::new(), denier: String::new(), watch };
        (!chain.conversations.is_empty()).then(|| Box::new(chain))
    }

    /// The name of the milter that was last against something, or has failed.
    pub fn denier(&self) -> &str {
        &self.denier
    }

    /// The client has connected. A milter that fails here is asked again at MAIL.
    ///
    /// # Errors
    ///
    /// What the client is told instead of the greeting.
    pub async fn connect(&mut self) -> Result<(), Reply> {
        self.ask(Question::Connect).await
    }

    /// The connection is encrypted now. Milters hear of it with the EHLO that must follow.
    pub fn secured(&mut self, tls: Tls) {
        self.client.tls = Some(tls);
        self.client.ehlo.clear();
    }

    /// EHLO or HELO, which also ends an open message. A milter that fails here is asked again at MAIL.
    ///
    /// # Errors
    ///
    /// The reply to it, and to all that follows.
    pub async fn helo(&mut self, name: &str) -> Result<(), Reply> {
        self.abort().await;
        name.clone_into(&mut self.client.ehlo);
        self.ask(Question::Helo).await
    }

    /// MAIL, which also ends a message that did not come to its end: the reverse-path in its brackets, and the parameters as the client may have written them.
    ///
    /// # Errors
    ///
    /// The reply to it.
    pub async fn mail(&mut self, path: &str, parameters: &[String]) -> Result<(), Reply> {
        self.abort().await;
        bare(path).clone_into(&mut self.sender);
        let asked = self.ask(Question::Mail(path, parameters)).await;
        if asked.is_err() {
            // Those that had nothing against it have begun a message.
            self.abort().await;
        }
        asked
    }

    /// RCPT, likewise.
    ///
    /// # Errors
    ///
    /// The reply to it.
    pub async fn rcpt(&mut self, path: &str, parameters: &[String]) -> Result<(), Reply> {
        let sender = std::mem::take(&mut self.sender);
        let asked = self.ask(Question::Rcpt { sender: &sender, path, parameters }).await;
        self.sender = sender;
        asked
    }

    /// A recipient that was refused before milters were asked: those hear of it that want to.
    pub async fn rejected(&mut self, path: &str, why: &Reply) {
        for conversation in &mut self.conversations {
            let told = conversation.rejected(&self.client, path, why).await;
            // It defers whatever else there is of the message.
            let _ = told.map_err(|failure| self.watch.failed(&conversation.milter, Event::Rcpt, &failure));
        }
    }

    /// DATA. Where the message comes in another way, its end says it.
    ///
    /// # Errors
    ///
    /// The reply to it; the message is over.
    pub async fn data(&mut self) -> Result<(), Reply> {
        let sender = std::mem::take(&mut self.sender);
        let asked = self.ask(Question::Data { sender: &sender }).await;
        if asked.is_err() {
            self.abort().await;
        }
        asked
    }

    /// A command that nobody knows, without its line end.
    ///
    /// # Errors
    ///
    /// The reply to it, instead of our own.
    pub async fn unknown(&mut self, line: &[u8]) -> Result<(), Reply> {
        self.ask(Question::Unknown(line)).await
    }

    /// The open message is over before its end: RSET, or the client is gone.
    pub async fn abort(&mut self) {
        for conversation in &mut self.conversations {
            if let Err(failure) = conversation.abort().await {
                tracing::debug!(session = %self.watch.session, milter = conversation.milter.name, %failure, "milter lost");
            }
        }
    }

    /// The end of the message: it is shown to each milter, with what the earlier ones have changed. `id` is
    /// what the message is called in logs and in the Received field.
    pub async fn message(&mut self, id: &str, draft: &mut dyn Draft) -> Outcome {
        let mut outcome = Outcome::default();
        let deadline = Instant::now() + LONGEST;
        for conversation in &mut self.conversations {
            let begun = Instant::now();
            let situation = Situation { id, ..Situation::default() };
            let shown = Shown { message: draft.message(), own: draft.own(), limit: draft.limit() };
            // One that has lost its time has lost its line: an answer that comes later is nobody's.
            let examined = timeout_at(deadline, conversation.examine(&self.client, situation, shown)).await;
            let examined = examined.unwrap_or(Err(Failure::Late { wait: LONGEST }));
            let milter = &conversation.milter;
            self.watch.waited(milter, begun);
            match examined.and_then(|examined| apply(&mut outcome, milter, examined, draft)) {
                Ok(()) => {
                    if conversation.answers() > 0 {
                        self.watch.answered(milter, Event::EndOfMessage, outcome.disposition.word());
                    }
                    self.watch.came_to(milter, &outcome.disposition);
                }
                Err(failure) => {
                    // One that is passed over has come to nothing.
                    if let Some(reply) = self.watch.failed(milter, Event::EndOfMessage, &failure) {
                        outcome.join(Disposition::Deny { milter: milter.name.clone(), reply });
                        self.watch.counted(milter, &outcome.disposition);
                    }
                }
            }
            if let Disposition::Deny { .. } = outcome.disposition {
                break;
            }
        }
        self.abort().await;
        outcome
    }

    async fn ask(&mut self, question: Question<'_>) -> Result<(), Reply> {
        let event = question.event();
        for conversation in &mut self.conversations {
            let (begun, answers) = (Instant::now(), conversation.answers());
            let answer = conversation.ask(&self.client, question).await;
            let milter = &conversation.milter;
            self.watch.waited(milter, begun);
            match answer {
                Ok(Answer::Deny(reply)) => {
                    self.watch.answered(milter, event, reply.to_string());
                    self.watch.denied(milter, event, &reply);
                    self.denier.clone_from(&milter.name);
                    return Err(reply);
                }
                Ok(answer) if conversation.answers() > answers => {
                    self.watch.answered(milter, event, answer.word());
                }
                // It was not asked.
                Ok(_) => {}
                Err(failure) => {
                    let reply = self.watch.failed(milter, event, &failure);
                    // Without a message there is nothing to defer yet.
                    if let Some(reply) = reply.filter(|_| event.is_of_message()) {
                        self.denier.clone_from(&milter.name);
                        return Err(reply);
                    }
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.conversations.iter().map(|one| &one.milter.name);
        f.debug_tuple("Chain").field(&names.collect::<Vec<_>>()).finish()
    }
}

/// Takes what a milter has said at the end of a message.
fn apply(
    outcome: &mut Outcome,
    milter: &Milter,
    examined: Examined,
    draft: &mut dyn Draft,
) -> Result<(), Failure> {
    let name = || milter.name.clone();
    match examined.answer {
        Some(Answer::Deny(reply)) => outcome.join(Disposition::Deny { milter: name(), reply }),
        Some(Answer::Discard) => outcome.join(Disposition::Discard { milter: name() }),
        None | Some(Answer::Continue | Answer::Accept | Answer::Skip) => {}
    }
    if let Some(reason) = examined.changes.quarantine {
        outcome.join(Disposition::Quarantine { milter: name(), reason });
    }
    if !examined.changes.edits.is_empty() {
        draft.apply(&examined.changes.edits).map_err(|unapplied| match unapplied {
            Unapplied::Content(error) => Failure::Content(error),
            Unapplied::Edit(why) => Failure::Edit(why),
        })?;
        outcome.edits.push((name(), examined.changes.edits));
    }
    Ok(())
}
