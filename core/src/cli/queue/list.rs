//! `waxseal queue list`: what waits, and why. Page after page, so that it does not matter how much.

use std::fmt::Display;

use jiff::Timestamp;
use serde::Serialize;

use super::put_off::PutOff;
use super::which::Which;
use super::words;
use crate::admin::queue::{Answer, Ask, PAGE};
use crate::cli::output::counted;
use crate::cli::setting::{Setting, block_on};
use crate::cli::source::{Source, unexpected};
use crate::cli::{Outcome, output};
use crate::spool::{Filter, MessageId, Position, Queued};

/// Show what waits, and why
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// List messages and recipients, not destinations
    #[arg(long)]
    messages: bool,
    /// Show one page of so many, and where the next begins; without it all pages follow each other
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(u16).range(1..=500))]
    page: Option<u16>,
    /// Where the page begins, as the one before has said
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        block_on(async {
            let now = Timestamp::now();
            let mut listing = Listing {
                source: Source::find(setting).await?,
                format: if setting.json { Format::Json } else { Format::Text },
                filter: self.which.filter(now),
                page: self.page.map(usize::from),
                now,
                put_off: PutOff::default(),
            };
            let count = if self.messages || !self.which.is_empty() {
                listing.recipients(self.after.map(|after| after.parse()).transpose()?).await?
            } else {
                listing.destinations(self.after).await?
            };
            if listing.format == Format::Text {
                output::complain(match count {
                    0 if self.which.is_empty() => "the queue is empty".to_owned(),
                    0 => "nothing in the queue is like that".to_owned(),
                    count => counted(count, "recipient"),
                });
            }
            Ok(if count > 0 || self.which.is_empty() { Outcome::Fine } else { Outcome::Problems })
        })
    }
}

/// How it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    /// One object for a page, or one a line for all pages.
    Json,
}

/// A page, as data.
#[derive(Serialize)]
struct Page<'a, T> {
    entries: &'a [T],
    /// As `--after` takes it.
    next: Option<String>,
}

struct Listing {
    source: Source,
    format: Format,
    filter: Filter,
    page: Option<usize>,
    now: Timestamp,
    put_off: PutOff,
}

impl Listing {
    /// Lists destinations; how many recipients wait for them.
    async fn destinations(&mut self, mut after: Option<String>) -> anyhow::Result<u64> {
        let mut count = 0;
        loop {
            let (filter, most) = (Filter::default(), self.most());
            let Answer::Destinations { destinations, next } =
                self.source.queue(Ask::Destinations { filter, after, most }).await?
            else {
                return Err(unexpected());
            };
            count += destinations.iter().map(|destination| destination.recipients).sum::<u64>();
            match self.format {
                Format::Text => {
                    destinations
                        .iter()
                        .flat_map(|one| words::destination(self.now, one))
                        .for_each(output::say);
                }
                Format::Json => self.say_json(&destinations, next.as_ref())?,
            }
            match self.onward(next) {
                Some(next) => after = Some(next),
                None => return Ok(count),
            }
        }
    }

    /// Lists recipients beneath their messages; how many.
    async fn recipients(&mut self, mut after: Option<Position>) -> anyhow::Result<u64> {
        let (mut count, mut above) = (0, None);
        loop {
            let (recipients, next) = self.recipients_after(after).await?;
            count += recipients.len() as u64;
            match self.format {
                Format::Text => {
                    for queued in &recipients {
                        self.say(queued, above).await?;
                        above = Some(queued.message);
                    }
                }
                Format::Json => self.say_json(&recipients, next.as_ref())?,
            }
            match self.onward(next) {
                Some(next) => after = Some(next),
                None => return Ok(count),
            }
        }
    }

    /// A full page, unless the end comes first.
    async fn recipients_after(
        &self,
        mut after: Option<Position>,
    ) -> anyhow::Result<(Vec<Queued>, Option<Position>)> {
        let mut page = Vec::new();
        loop {
            let (filter, most) = (self.filter.clone(), self.most() - page.len());
            let Answer::Recipients { recipients, next } =
                self.source.queue(Ask::Recipients { filter, after, most }).await?
            else {
                return Err(unexpected());
            };
            page.extend(recipients);
            if next.is_none() || page.len() >= self.most() {
                return Ok((page, next));
            }
            after = next;
        }
    }

    async fn say(&mut self, queued: &Queued, above: Option<MessageId>) -> anyhow::Result<()> {
        if above != Some(queued.message) {
            output::say(words::message(self.now, queued));
        }
        let put_off = self.put_off.of(&self.source, &queued.domain).await?;
        words::recipient(self.now, queued, put_off).iter().for_each(output::say);
        Ok(())
    }

    fn say_json<T: Serialize>(&self, entries: &[T], next: Option<&impl Display>) -> anyhow::Result<()> {
        if self.page.is_some() {
            return output::say_json(&Page { entries, next: next.map(ToString::to_string) });
        }
        for entry in entries {
            output::say(serde_json::to_string(entry)?);
        }
        Ok(())
    }

    fn most(&self) -> usize {
        self.page.unwrap_or(PAGE)
    }

    /// Where to go on; after the one page that was asked for only said.
    fn onward<C: Display>(&self, next: Option<C>) -> Option<C> {
        match (self.page, next) {
            (None, next) => next,
            (Some(_), Some(next)) if self.format == Format::Text => {
                output::say(format_args!("more: --after {next}"));
                None
            }
            (Some(_), _) => None,
        }
    }
}
