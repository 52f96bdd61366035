//! One record after the other is taken to the policies, and compared.

use std::fmt;
use std::sync::Arc;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::hooks::{Direction, HookName};
use waxseal_plugins::verdicts::Change;

use super::answer::Answer;
use super::at_mail::MailFrom;
use super::course::Course;
use super::line::{About, Line, Question};
use super::report::Report;
use super::sessions::{Session, Sessions};
use super::tally::{Compared, Tally};
use super::{Source, Unjudged, incoming, outgoing};
use crate::outgoing::Ways;

/// After a gap, for how long sessions that are heard of for the first time count as missed.
const GAP: SignedDuration = SignedDuration::from_secs(10);

/// Who answers instead of whom.
#[derive(Clone, Debug)]
pub struct Bundles {
    /// The policies in question.
    pub candidate: Arc<Bundle>,
    /// What they are compared with; `None` for what was recorded.
    pub against: Option<Arc<Bundle>>,
    /// What ways filters may choose.
    pub ways: Ways,
}

/// What a record came to, for who counts along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was compared.
    Compared(Direction, HookName, Change),
    /// It could not be judged.
    Unjudged(Unjudged),
}

/// Takes records to policies. The records of one session must come in their order.
pub struct Replayer {
    bundles: Bundles,
    sessions: Sessions,
    tally: Tally,
    /// Until when sessions are heard of whose beginning was missed.
    gap: Option<Gap>,
    heard: Box<dyn FnMut(Event) + Send>,
}

#[derive(Clone, Copy, Debug)]
enum Gap {
    /// Records are missing before the next one.
    Here,
    /// They were missing a moment before this time.
    Until(Timestamp),
}

impl Replayer {
    /// Takes records to these.
    pub fn new(bundles: Bundles) -> Self {
        let heard = Box::new(|_| ());
        Self { bundles, sessions: Sessions::default(), tally: Tally::default(), gap: None, heard }
    }

    /// Tells each event.
    #[must_use]
    pub fn telling(self, heard: impl FnMut(Event) + Send + 'static) -> Self {
        Self { heard: Box::new(heard), ..self }
    }

    /// A line of the decision log, if it is of the time within these.
    pub fn line(&mut self, line: &[u8], within: impl Fn(Timestamp) -> bool) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match Line::parse(line) {
            Ok(line) if within(line.about.time) => {
                self.tally.records += 1;
                self.record(line);
            }
            Ok(_) => {}
            Err(why) => {
                self.tally.records += 1;
                self.unjudged(why);
            }
        }
    }

    /// Records are missing here: what began before them is given up.
    pub fn gap(&mut self) {
        self.sessions.forget();
        self.gap = Some(Gap::Here);
    }

    /// No record follows of what began before this time.
    pub fn settle(&mut self, before: Timestamp) {
        let mut ended = Vec::new();
        for session in self.sessions.all() {
            if session.mail.as_ref().is_some_and(|mail| mail.about.time < before) {
                ended.extend(finish(&self.bundles, session));
            }
        }
        ended.into_iter().for_each(|outcome| self.tell(outcome));
    }

    /// What has come of it so far.
    pub fn report(&self) -> Report {
        Report::of(&self.tally)
    }

    /// What has come of it, when no record follows.
    pub(super) fn end(mut self) -> Tally {
        self.settle(Timestamp::MAX);
        self.tally
    }

    fn record(&mut self, line: Line) {
        let is_missed = self.is_missed(&line);
        let (forgotten, session) =
            self.sessions.of(&line.about.session, 1 + usize::from(self.bundles.against.is_some()));
        session.is_missed |= is_missed;
        let mut outcomes = Vec::new();
        let goes_on = goes_on(session, &line.question);
        if !goes_on {
            outcomes.extend(finish(&self.bundles, session));
        }
        match &line.question {
            Question::Incoming(client, at) if client.at_mail && !at.is_after_mail() => {
                let begin = || MailFrom::begin(line.about.clone(), client);
                let mail = session.mail.get_or_insert_with(begin);
                mail.take(client, at, line.answer);
                if mail.is_complete() {
                    outcomes.extend(finish(&self.bundles, session));
                }
            }
            _ => outcomes.push(compare(&self.bundles, session, line)),
        }
        outcomes.extend(forgotten.and_then(|mut session| finish(&self.bundles, &mut session)));
        outcomes.into_iter().for_each(|outcome| self.tell(outcome));
    }

    /// Whether the session is heard of for the first time, in the midst, since records are missing.
    fn is_missed(&mut self, line: &Line) -> bool {
        let time = line.about.time;
        let until = match self.gap {
            None => return false,
            Some(Gap::Here) => time.saturating_add(GAP).unwrap_or(time),
            Some(Gap::Until(until)) => until,
        };
        self.gap = (time <= until).then_some(Gap::Until(until));
        let is_beginning = matches!(
            line.question.hook().1,
            HookName::Connect | HookName::Ehlo | HookName::Offer | HookName::Start
        );
        self.gap.is_some() && !is_beginning && !self.sessions.has(&line.about.session)
    }

    fn tell(&mut self, outcome: Outcome) {
        match outcome {
            Ok(compared) => {
                (self.heard)(Event::Compared(compared.direction, compared.hook, compared.change()));
                self.tally.add(compared);
            }
            Err(why) => self.unjudged(why),
        }
    }

    fn unjudged(&mut self, why: Unjudged) {
        (self.heard)(Event::Unjudged(why));
        self.tally.unjudged(why);
    }
}

impl fmt::Debug for Replayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replayer").field("tally", &self.tally).finish_non_exhaustive()
    }
}

/// What one decision came to.
type Outcome = Result<Compared, Unjudged>;

fn goes_on(session: &Session, question: &Question) -> bool {
    match (&session.mail, question) {
        (None, _) => true,
        (Some(mail), Question::Incoming(client, at)) => client.at_mail && mail.goes_on_with(client, at),
        (Some(_), Question::Outgoing(..)) => false,
    }
}

/// Compares what was asked at one hook.
fn compare(bundles: &Bundles, session: &mut Session, line: Line) -> Outcome {
    let day = Offset::UTC.to_datetime(line.about.time).date();
    let Session { recorded, asked, .. } = session;
    let none = Course::default();
    let ask = |source: Source<'_>, course: &mut Course, recorded: &Course| match &line.question {
        Question::Incoming(client, at) => incoming::answer(source, course, recorded, (client, at)),
        Question::Outgoing(host, at) => {
            outgoing::answer(source, &bundles.ways, (course, recorded), (host, at))
        }
    };
    // The log's course is what the record was judged in: this hook's own part comes to it last.
    let before = recorded.clone();
    let answer = ask(Source::Record(&line.answer), recorded, &none);
    let answers =
        all(bundles).zip(asked).map(|(bundle, course)| ask(Source::Bundle(bundle, day), course, &before));
    let answers = answers.collect::<Vec<_>>();
    compared(line.about, line.question.hook(), answer, answers)
}

/// Compares what was asked at MAIL FROM, if it was.
fn finish(bundles: &Bundles, session: &mut Session) -> Option<Outcome> {
    let mail = session.mail.take()?;
    if std::mem::take(&mut session.is_missed) {
        return Some(Err(Unjudged::Incomplete));
    }
    let day = Offset::UTC.to_datetime(mail.about.time).date();
    let before = session.recorded.clone();
    let answer = mail.answer(None, &mut session.recorded, &before);
    let ask = |(bundle, course)| mail.answer(Some(Source::Bundle(bundle, day)), course, &before);
    let answers = all(bundles).zip(&mut session.asked).map(ask).collect();
    Some(compared(mail.about, (Direction::Incoming, HookName::Mail), answer, answers))
}

fn all(bundles: &Bundles) -> impl Iterator<Item = &Bundle> {
    [Some(&*bundles.candidate), bundles.against.as_deref()].into_iter().flatten()
}

fn compared(
    about: About,
    (direction, hook): (Direction, HookName),
    recorded: Result<Answer, Unjudged>,
    answers: Vec<Result<Answer, Unjudged>>,
) -> Outcome {
    let recorded = recorded?;
    let mut answers = answers.into_iter();
    let now = answers.next().ok_or(Unjudged::Incomplete)??;
    let (before, is_answered_otherwise) = match answers.next() {
        None => (recorded, false),
        Some(current) => {
            let current = current?;
            let otherwise = Answer::change(&recorded, &current) != Change::Same;
            (current, otherwise)
        }
    };
    Ok(Compared { about, direction, hook, before, now, is_answered_otherwise })
}
