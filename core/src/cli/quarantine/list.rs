//! `waxseal quarantine list`: what is quarantined, and why. Page after page.

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;

use super::which::Which;
use super::words;
use crate::admin::quarantine::{Answer, Ask, Listed, PAGE};
use crate::cli::output::counted;
use crate::cli::setting::{Setting, block_on};
use crate::cli::source::{Source, unexpected};
use crate::cli::{Outcome, output};
use crate::spool::{MessageId, QuarantineFilter};

/// Show what is quarantined, and why
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// Show one page of so many, and where the next begins; without it all pages follow each other
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(u16).range(1..=100))]
    page: Option<u16>,
    /// Where the page begins, as the one before has said
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

/// A page, as data.
#[derive(Serialize)]
struct Page<'a> {
    entries: &'a [Listed],
    /// As `--after` takes it.
    next: Option<MessageId>,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let after = self.after.as_ref().map(|after| after.parse()).transpose();
        let mut after = after.context("--after takes what the page before has said, and this is none")?;
        block_on(async {
            let (source, now) = (Source::find(setting).await?, Timestamp::now());
            let filter = self.which.filter(now);
            let mut count = 0;
            loop {
                let (messages, next) = page(&source, &filter, after, self.most()).await?;
                count += messages.len();
                if setting.json {
                    self.say_json(&messages, next)?;
                } else {
                    messages
                        .iter()
                        .flat_map(|one| words::message(now, &one.message, one.subject.as_deref()))
                        .for_each(output::say);
                }
                after = next;
                if self.page.is_some() || after.is_none() {
                    break;
                }
            }
            if !setting.json {
                self.say_end(count, after);
            }
            Ok(if count > 0 || self.which.is_empty() { Outcome::Fine } else { Outcome::Problems })
        })
    }

    fn most(&self) -> usize {
        self.page.map_or(PAGE, usize::from)
    }

    fn say_json(&self, entries: &[Listed], next: Option<MessageId>) -> anyhow::Result<()> {
        if self.page.is_some() {
            return output::say_json(&Page { entries, next });
        }
        for entry in entries {
            output::say(serde_json::to_string(entry)?);
        }
        Ok(())
    }

    fn say_end(&self, count: usize, next: Option<MessageId>) {
        if let Some(next) = next {
            output::say(format_args!("more: --after {next}"));
        }
        output::complain(match count {
            0 if self.which.is_empty() => "nothing is quarantined".to_owned(),
            0 => "nothing in quarantine is like that".to_owned(),
            count => counted(count as u64, "message"),
        });
    }
}

/// A full page, unless the end comes first.
async fn page(
    source: &Source,
    filter: &QuarantineFilter,
    mut after: Option<MessageId>,
    size: usize,
) -> anyhow::Result<(Vec<Listed>, Option<MessageId>)> {
    let mut page = Vec::new();
    loop {
        let ask = Ask::List { filter: filter.clone(), after, most: size - page.len() };
        let Answer::Messages { messages, next } = source.quarantine(ask).await? else {
            return Err(unexpected());
        };
        page.extend(messages);
        if next.is_none() || page.len() >= size {
            return Ok((page, next));
        }
        after = next;
    }
}
