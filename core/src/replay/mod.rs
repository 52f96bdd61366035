//! Recorded decisions are taken to other policies: what would they have answered?
//!
//! A record of the decision log has all that a hook was told. So the hooks of a candidate can be asked
//! the same, and what they answer, with what the relay itself holds, is compared with what was
//! recorded. Each decision is taken on the facts of its own record: what would have followed another
//! answer, nobody knows.
//!
//! # Layout, in the order of a record
//!
//! - [`files`]: from logs to lines, each handed to the thread of its session
//! - [`candidate`]: the policies in question, loaded and checked as live ones are
//! - `line`: a line, read back into what the hook was told
//! - [`replayer`]: one line after the other; what is known of each session
//! - `course`: what was decided in a session before, and what it means for what comes after
//! - `outgoing`, `incoming`, `at_mail`, `message`: asking again, as the relay asks
//! - `answer`: what the hook and the relay came to
//! - `tally`, [`report`]: changes counted, grouped and put in order

mod answer;
mod at_mail;
pub mod candidate;
mod course;
pub mod files;
mod incoming;
mod line;
mod message;
mod outgoing;
pub mod replayer;
pub mod report;
mod sessions;
mod tally;

use jiff::civil::Date;
use waxseal_plugins::bundle::Bundle;

use self::answer::Answer;
pub use self::message::Missing;

/// Stack of a thread that asks scripts, octets: that of the relay's own threads.
pub(crate) const STACK: usize = 8 * 1024 * 1024;

/// Why a record cannot be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unjudged {
    /// It is no record, or was cut off.
    Torn,
    /// A hook, a fact or a verdict that this version does not have.
    AnotherVersion,
    /// Records that belong to it are not in the log: it begins in the midst of a transaction.
    Incomplete,
    /// The certificate was judged by other roots, pins or names, or another one of ours would have been
    /// presented: what the record says of it does not hold for the candidate's row.
    AnotherJudgement,
    /// The candidate's filters read what no record of a message has, or what was not found out then.
    NotRecorded(Missing),
}

impl Unjudged {
    /// The word for it in reports and metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Torn => "torn",
            Self::AnotherVersion => "another_version",
            Self::Incomplete => "incomplete",
            Self::AnotherJudgement => "another_judgement",
            Self::NotRecorded(_) => "not_recorded",
        }
    }
}

/// What this reason means, in words.
pub fn unjudged_in_words(word: &str) -> &str {
    match word {
        "torn" => "no record, or cut off",
        "another_version" => "a hook, a fact or a verdict that this version does not have",
        "incomplete" => "other records of the same mail are missing",
        "another_judgement" => {
            "judged by other roots, pins or names, or with another identity, than the candidate's row has"
        }
        "not_recorded" => "the candidate's filters read facts of the message that its record does not have",
        other => other,
    }
}

/// Who answers.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// The log: what was answered then.
    Record(&'a Answer),
    /// Policies: what they answer, with the rows that hold on that day.
    Bundle(&'a Bundle, Date),
}

#[cfg(test)]
mod tests;
