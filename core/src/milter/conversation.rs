//! The conversation with one milter about one SMTP connection: many messages, one line.

use std::sync::Arc;

use super::answer::Answer;
use super::command::{Command, Event};
use super::examination::{Examined, Shown};
use super::failure::Failure;
use super::line::{Line, Told};
use super::macros::{Client, Macros, Recipient, Situation};
use super::question::Question;
use crate::config::Milter;
use crate::smtp::reply::Reply;

/// The conversation with a milter.
pub(super) struct Conversation {
    pub(super) milter: Arc<Milter>,
    /// `None` until there is something to say, and after a failure.
    line: Option<Line>,
    asked: Asked,
    message: Message,
    /// How often it has answered.
    answers: u64,
    /// It has failed before there was a message, and is left alone until there is one: each try may take long.
    rests: bool,
}

/// Whether the milter wants to be asked at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Always,
    /// It has accepted what the client called itself.
    UntilNextGreeting,
    /// It has accepted the connection.
    NotOfThisConnection,
}

/// What there is of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    None,
    /// The milter was told of its sender, and goes on being asked.
    Open,
    /// It was told of DATA, too.
    Content,
    /// The milter has accepted it.
    Passed,
    /// The milter wants it to be forgotten.
    Discarded,
    /// The milter failed while it was asked.
    Failed,
}

impl Conversation {
    pub(super) fn new(milter: Arc<Milter>) -> Self {
        Self { milter, line: None, asked: Asked::Always, message: Message::None, answers: 0, rests: false }
    }

    /// How often it has answered so far: it is not asked each time.
    pub(super) fn answers(&self) -> u64 {
        self.answers
    }

    /// Asks the milter what it thinks of a command.
    ///
    /// # Errors
    ///
    /// It failed, now or earlier in this message.
    pub(super) async fn ask(&mut self, client: &Client, question: Question<'_>) -> Result<Answer, Failure> {
        match question {
            Question::Connect => self.meet(client).await,
            Question::Helo => self.helo(client).await,
            Question::Mail(path, parameters) => self.mail(client, path, parameters).await,
            Question::Rcpt { sender, path, parameters } => {
                let recipient = Some(Recipient::Asked(bare(path)));
                let situation = Situation { sender: Some(sender), recipient, ..Situation::default() };
                self.step(client, situation, Event::Rcpt, Command::Path(Event::Rcpt, path, parameters)).await
            }
            Question::Data { sender } => {
                let situation = Situation { sender: Some(sender), ..Situation::default() };
                self.step(client, situation, Event::Data, Command::Plain(Event::Data)).await
            }
            Question::Unknown(line) => self.unknown(client, line).await,
        }
    }

    /// A recipient was refused by others: what the milter says to it changes nothing.
    ///
    /// # Errors
    ///
    /// It failed.
    pub(super) async fn rejected(&mut self, client: &Client, path: &str, why: &Reply) -> Result<(), Failure> {
        let hears = self.line.as_ref().is_some_and(Line::hears_of_rejected);
        if !hears || self.message != Message::Open {
            return Ok(());
        }
        let code = why.enhanced.map_or_else(|| why.code.to_string(), |code| code.to_string());
        let text = why.lines.join(" ");
        let recipient = Some(Recipient::Refused(&code, &text));
        self.message = Message::Failed;
        let situation = Situation { recipient, ..Situation::default() };
        self.tell(client, situation, Event::Rcpt, Command::Path(Event::Rcpt, path, &[])).await?;
        self.message = Message::Open;
        Ok(())
    }

    /// The client has said EHLO or HELO, perhaps again.
    async fn helo(&mut self, client: &Client) -> Result<Answer, Failure> {
        if self.asked == Asked::UntilNextGreeting {
            self.asked = Asked::Always;
        }
        if let Some(line) = &mut self.line {
            line.told = line.told.min(Told::Connection);
        }
        self.meet(client).await
    }

    /// Tells the milter of a client that has no message yet.
    async fn meet(&mut self, client: &Client) -> Result<Answer, Failure> {
        if std::mem::replace(&mut self.rests, true) {
            return Ok(Answer::Continue);
        }
        let answer = self.catch_up(client).await?;
        self.rests = false;
        Ok(answer)
    }

    async fn mail(&mut self, client: &Client, path: &str, parameters: &[String]) -> Result<Answer, Failure> {
        (self.message, self.rests) = (Message::Failed, false);
        let answer = match self.catch_up(client).await? {
            Answer::Continue if self.asked == Asked::Always => {
                let situation = Situation { sender: Some(bare(path)), ..Situation::default() };
                self.tell(client, situation, Event::Mail, Command::Path(Event::Mail, path, parameters))
                    .await?
            }
            Answer::Continue => Answer::Accept,
            answer => answer,
        };
        Ok(self.settle(Event::Mail, answer))
    }

    /// Something within the message: RCPT or DATA.
    async fn step(
        &mut self,
        client: &Client,
        situation: Situation<'_>,
        event: Event,
        command: Command<'_>,
    ) -> Result<Answer, Failure> {
        match self.message {
            Message::Failed => return Err(Failure::Before),
            Message::None | Message::Passed | Message::Discarded => return Ok(Answer::Continue),
            Message::Open | Message::Content => self.message = Message::Failed,
        }
        let answer = self.tell(client, situation, event, command).await?;
        Ok(self.settle(event, answer))
    }

    async fn unknown(&mut self, client: &Client, line: &[u8]) -> Result<Answer, Failure> {
        if self.line.is_none() || self.asked != Asked::Always || matches!(self.message, Message::Failed) {
            return Ok(Answer::Continue);
        }
        self.tell(client, Situation::default(), Event::Unknown, Command::Unknown(line)).await
    }

    /// The end of the message: it is shown, and the milter is free for the next one.
    ///
    /// # Errors
    ///
    /// It failed, now or earlier in this message; or the message cannot be read.
    pub(super) async fn examine(
        &mut self,
        client: &Client,
        situation: Situation<'_>,
        shown: Shown<'_>,
    ) -> Result<Examined, Failure> {
        match std::mem::replace(&mut self.message, Message::None) {
            Message::Failed | Message::None => return Err(Failure::Before),
            Message::Passed => return Ok(Examined::default()),
            Message::Discarded => {
                return Ok(Examined { answer: Some(Answer::Discard), ..Examined::default() });
            }
            // What comes in chunks has no DATA, and milters know of no chunks.
            Message::Open => {
                let answer = self.tell(client, situation, Event::Data, Command::Plain(Event::Data)).await?;
                if answer != Answer::Continue {
                    return Ok(Examined::ended(answer));
                }
            }
            Message::Content => {}
        }
        let mut line = self.line.take().ok_or(Failure::Before)?;
        let macros = Macros { client, daemon: daemon(&self.milter, client), situation };
        let examined = line.examine(shown, &macros).await?;
        self.line = Some(line);
        self.answers += 1;
        Ok(examined)
    }

    /// The message is not to be looked at further.
    ///
    /// # Errors
    ///
    /// The connection broke, which harms nobody: the next message gets another.
    pub(super) async fn abort(&mut self) -> Result<(), Failure> {
        let message = std::mem::replace(&mut self.message, Message::None);
        if !matches!(message, Message::Open | Message::Content) {
            return Ok(());
        }
        if let Some(mut line) = self.line.take() {
            line.wire.put(Command::Abort);
            line.wire.flush("the end of a message that did not come", line.timeouts.command).await?;
            self.line = Some(line);
        }
        Ok(())
    }

    /// Tells the milter of the client, as far as it has not been told yet. A line that was kept and is of no
    /// use any more is made anew: the milter may have been started again.
    async fn catch_up(&mut self, client: &Client) -> Result<Answer, Failure> {
        if self.asked != Asked::Always {
            return Ok(Answer::Continue);
        }
        if self.line.as_ref().is_none_or(|line| !line.wire.is_quiet()) {
            self.line = None;
            self.line = Some(Line::open(&self.milter).await?);
        }
        let mut answer = Answer::Continue;
        if self.is_told_less_than(Told::Connection) {
            let name = client.name.as_deref().unwrap_or("unknown");
            let command = Command::Connect(name, client.address);
            answer = self.introduce(client, Told::Connection, Event::Connect, command).await?;
        }
        if answer == Answer::Continue
            && self.asked == Asked::Always
            && self.is_told_less_than(Told::Greeting)
            && !client.ehlo.is_empty()
        {
            answer = self.introduce(client, Told::Greeting, Event::Helo, Command::Helo(&client.ehlo)).await?;
        }
        Ok(answer)
    }

    async fn introduce(
        &mut self,
        client: &Client,
        told: Told,
        event: Event,
        command: Command<'_>,
    ) -> Result<Answer, Failure> {
        let answer = self.tell(client, Situation::default(), event, command).await?;
        if let Some(line) = &mut self.line {
            line.told = told;
        }
        Ok(match answer {
            Answer::Accept => {
                self.asked = match told {
                    Told::Greeting => Asked::UntilNextGreeting,
                    Told::Nothing | Told::Connection => Asked::NotOfThisConnection,
                };
                Answer::Continue
            }
            answer => answer,
        })
    }

    fn is_told_less_than(&self, told: Told) -> bool {
        self.line.as_ref().is_some_and(|line| line.told < told)
    }

    /// Taken while it is used: a line on which something went wrong, or whose answer nobody awaits any more,
    /// is gone.
    async fn tell(
        &mut self,
        client: &Client,
        situation: Situation<'_>,
        event: Event,
        command: Command<'_>,
    ) -> Result<Answer, Failure> {
        let mut line = self.line.take().ok_or(Failure::Before)?;
        let macros = Macros { client, daemon: daemon(&self.milter, client), situation };
        let answer = line.tell(event, command, &macros).await?;
        self.line = Some(line);
        self.answers += 1;
        Ok(answer)
    }

    /// What the answer means for the message. A recipient that is denied is no reason against the others.
    fn settle(&mut self, event: Event, answer: Answer) -> Answer {
        let (message, answer) = match answer {
            Answer::Continue | Answer::Skip if event == Event::Data => (Message::Content, Answer::Continue),
            Answer::Continue | Answer::Skip => (Message::Open, Answer::Continue),
            Answer::Accept => (Message::Passed, Answer::Continue),
            Answer::Discard => (Message::Discarded, Answer::Continue),
            Answer::Deny(reply) if event == Event::Rcpt => (Message::Open, Answer::Deny(reply)),
            Answer::Deny(reply) => (Message::None, Answer::Deny(reply)),
        };
        self.message = message;
        answer
    }
}

fn daemon<'a>(milter: &'a Milter, client: &'a Client) -> &'a str {
    milter.daemon_name.as_deref().unwrap_or(&client.hostname)
}

/// A path without its brackets.
pub(super) fn bare(path: &str) -> &str {
    path.strip_prefix('<').and_then(|path| path.strip_suffix('>')).unwrap_or(path)
}
