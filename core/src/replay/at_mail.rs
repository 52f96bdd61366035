//! MAIL FROM: the records of both rows are one decision; what they come to is said by [`at_mail`], as for mail
//! that is not recorded.

use std::sync::Arc;

use waxseal_plugins::at_mail::{self, Asked, AtMail};
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::decision::Decision;
use waxseal_plugins::facts::{Certificate, Client, Handshake, Hello, Mail, Row};
use waxseal_plugins::hooks::{Direction, HookName, Peer as _, incoming as hooks};
use waxseal_plugins::table::Pattern;
use waxseal_plugins::verdicts::Passage;
use waxseal_plugins::verdicts::incoming as verdicts;

use super::answer::Answer;
use super::course::{By, Course};
use super::line::{About, AtClient};
use super::{Source, Unjudged, incoming};

/// The records of one MAIL FROM, as they come.
#[derive(Debug)]
pub(super) struct MailFrom {
    pub(super) about: About,
    client: Arc<Client>,
    hello: Option<Arc<Hello>>,
    mail: Option<Arc<Mail>>,
    rows: Vec<OfRow>,
}

/// What one row was asked and answered.
#[derive(Debug)]
struct OfRow {
    row: Arc<Row>,
    cipher: Option<Answer>,
    certificate: Option<(Answer, Arc<Certificate>)>,
    mail: Option<Answer>,
}

/// What a row's hooks answered, before the relay's own part.
struct Answers {
    client: Arc<Client>,
    tls: Option<OfTls>,
    mail: Decision<Passage>,
}

/// What they answered of the handshake on record.
struct OfTls {
    cipher: Decision<verdicts::Cipher>,
    certificate: Decision<verdicts::Certificate>,
    judged: Arc<Certificate>,
}

impl MailFrom {
    /// The first record of a MAIL FROM.
    pub(super) fn begin(about: About, client: &Arc<Client>) -> Self {
        Self { about, client: Arc::clone(client), hello: None, mail: None, rows: Vec::new() }
    }

    /// Whether a record belongs to it: the rows of an address and a sender's domain are always the same,
    /// so a row that was asked already is asked for another MAIL FROM.
    pub(super) fn goes_on_with(&self, client: &Client, at: &AtClient) -> bool {
        if client.sender_domain != self.client.sender_domain || at.is_after_mail() {
            return false;
        }
        match self.rows.last() {
            None => true,
            Some(last) if last.mail.is_none() => {
                *last.row == *client.row
                    && match at {
                        AtClient::Cipher(_) => false,
                        AtClient::Certificate(_) => last.certificate.is_none(),
                        _ => true,
                    }
            }
            Some(_) => self.rows.len() < 2 && self.rows.iter().all(|one| *one.row != *client.row),
        }
    }

    /// Takes a record that belongs to it.
    pub(super) fn take(&mut self, client: &Client, at: &AtClient, answer: Answer) {
        let begins = self.rows.last().is_none_or(|last| last.mail.is_some());
        if begins {
            let row = Arc::clone(&client.row);
            self.rows.push(OfRow { row, cipher: None, certificate: None, mail: None });
        }
        let Some(last) = self.rows.last_mut() else { return };
        match at {
            AtClient::Cipher(hello) => {
                self.hello = Some(Arc::clone(hello));
                last.cipher = Some(answer);
            }
            AtClient::Certificate(certificate) => last.certificate = Some((answer, Arc::clone(certificate))),
            AtClient::Mail(mail) => {
                self.mail = Some(Arc::clone(mail));
                last.mail = Some(answer);
            }
            AtClient::Connect
            | AtClient::Ehlo
            | AtClient::Offer
            | AtClient::Start
            | AtClient::Rcpt(_)
            | AtClient::Message(_) => {}
        }
    }

    /// Whether no record of it can follow: the row of an address comes first, and only then there may
    /// be another, the sender's.
    pub(super) fn is_complete(&self) -> bool {
        let Some(last) = self.rows.last() else { return false };
        let by_address =
            matches!(Pattern::parse(&last.row.pattern, Direction::Incoming), Ok(Pattern::Network(_)));
        last.mail.is_some() && (!by_address || self.client.sender_domain.is_empty())
    }

    /// What one side comes to; the row that decided is remembered for RCPT TO.
    ///
    /// # Errors
    ///
    /// Records of it are missing, or do not tell what the side would have been told.
    pub(super) fn answer(
        &self,
        source: Option<Source<'_>>,
        course: &mut Course,
        recorded: &Course,
    ) -> Result<Answer, Unjudged> {
        let rows = self.recorded()?;
        let rows = match source {
            Some(Source::Bundle(bundle, day)) => {
                let address = incoming::address(&self.client)?;
                let sender = Some(self.client.sender_domain.as_str()).filter(|domain| !domain.is_empty());
                let found = bundle.table().incoming_at_mail(address, sender, day);
                let ask = |row: &Arc<Row>| self.ask(bundle, row, (course, recorded), &rows);
                found.iter().map(ask).collect::<Result<Vec<_>, _>>()?
            }
            _ => rows,
        };
        let handshake = self.handshake();
        let asked = rows.into_iter().map(|one| settled(one, handshake.as_ref(), course)).collect();
        let (decision, _) = at_mail::decide(asked).ok_or(Unjudged::Incomplete)?;
        course.decided = Some(Arc::clone(&decision.row));
        Ok(Answer::of(&decision))
    }

    /// What was recorded, if all of it was.
    fn recorded(&self) -> Result<Vec<Answers>, Unjudged> {
        let whole = |one: &OfRow| {
            let tls = match (&one.cipher, &one.certificate) {
                (Some(cipher), Some((answer, judged))) if self.client.encrypted => Some(OfTls {
                    cipher: cipher.of_cipher(),
                    certificate: answer.of_certificate(),
                    judged: Arc::clone(judged),
                }),
                (None, None) if !self.client.encrypted => None,
                _ => return Err(Unjudged::Incomplete),
            };
            let mail = one.mail.as_ref().ok_or(Unjudged::Incomplete)?.of_passage(HookName::Mail);
            Ok(Answers { client: Arc::new(self.client.with_row(&one.row)), tls, mail })
        };
        self.rows.iter().map(whole).collect()
    }

    /// Asks a row's hooks on the facts on record.
    fn ask(
        &self,
        bundle: &Bundle,
        row: &Arc<Row>,
        (course, recorded): (&Course, &Course),
        rows: &[Answers],
    ) -> Result<Answers, Unjudged> {
        let client = Arc::new(self.client.with_row(row));
        let tls = match (&self.hello, judged_like(rows, row)) {
            (Some(hello), Some((before, certificate))) => {
                incoming::same_identity(bundle, (recorded, before), (course, row))?;
                let cipher = bundle.try_out::<hooks::Cipher>(&client, hello);
                // Narrowed by the cipher hooks of both sides alike, as far as the record tells.
                let by = |course: &Course, row| By { row, roots: course.terms_for(row).roots };
                let sides = (&by(recorded, before), &by(course, row));
                let judged = incoming::judged(bundle, certificate, sides, &client)?;
                let certificate = bundle.try_out::<hooks::Certificate>(&client, &judged);
                Some(OfTls { cipher, certificate, judged })
            }
            _ => None,
        };
        let mail = self.mail.as_ref().ok_or(Unjudged::Incomplete)?;
        let mail = bundle.try_out::<hooks::Mail>(&client, mail);
        Ok(Answers { client, tls, mail })
    }

    /// What was negotiated, as far as the client's facts tell; `None` in clear.
    fn handshake(&self) -> Option<Handshake> {
        self.client.encrypted.then(|| Handshake {
            version: self.client.version,
            suite: self.client.suite.clone(),
            group: self.client.group.clone(),
            resumed: self.client.resumed,
            ..Handshake::default()
        })
    }
}

/// What a row says of the mail: its hooks, and the relay, which holds the row's terms.
fn settled(one: Answers, handshake: Option<&Handshake>, course: &Course) -> Asked {
    let Answers { client, tls, mail } = one;
    let with_terms = handshake.map(|handshake| (handshake, course.terms_for(&client.row)));
    let mut at = AtMail::begin(&client.row, mail.generation, with_terms);
    if let Some(OfTls { cipher, certificate, judged }) = tls {
        at.cipher(&cipher);
        at.certificate(judged, &certificate);
    }
    at.mail(client, mail)
}

/// The recorded judgement that is nearest to that of a row: by the same names and pins, else any.
fn judged_like<'a>(rows: &'a [Answers], row: &Row) -> Option<(&'a Row, &'a Arc<Certificate>)> {
    let judged = || rows.iter().filter_map(|one| Some((&*one.client.row, &one.tls.as_ref()?.judged)));
    let alike = |one: &Row| one.names == row.names && one.pins == row.pins && one.roots == row.roots;
    judged().find(|(one, _)| alike(one)).or_else(|| judged().next())
}
