//! `waxseal queue retry`, `hold`, `release`, `remove`, `bounce`: an operator's word on what waits.

use anyhow::bail;
use jiff::Timestamp;
use serde::Serialize;

use super::which::{Which, id};
use crate::admin::queue::{Answer, Ask, PAGE};
use crate::cli::output::counted;
use crate::cli::setting::{Setting, block_on};
use crate::cli::source::{Source, unexpected};
use crate::cli::{Outcome, output};
use crate::spool::{Control, Filter, MessageId};

/// Which recipients: ids, a filter, both, or --all
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The messages
    #[arg(value_name = "ID", value_parser = id)]
    ids: Vec<MessageId>,
    #[command(flatten)]
    which: Which,
    /// All that waits
    #[arg(long)]
    all: bool,
    /// Only say how many it would concern
    #[arg(long)]
    dry_run: bool,
}

/// What was done, as data.
#[derive(Debug, Serialize)]
struct Done {
    recipients: u64,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting, control: Control) -> anyhow::Result<Outcome> {
        let everything = self.ids.is_empty() && self.which.is_empty();
        match (everything, self.all) {
            (true, false) => bail!("say which: ids, a filter as --domain example.org, or --all"),
            (false, true) => bail!("--all is all that waits: leave it out, or the ids and filters"),
            _ => {}
        }
        block_on(async {
            let source = Source::running(setting).await?;
            let mut recipients = 0;
            for filter in self.which.filters(Timestamp::now(), &self.ids) {
                recipients += match self.dry_run {
                    true => count(&source, filter).await?,
                    false => change(&source, filter, control).await?,
                };
            }
            match (setting.json, self.dry_run) {
                (true, _) => output::say_json(&Done { recipients })?,
                (false, true) => output::say(format_args!(
                    "{} like that: nothing was changed",
                    counted(recipients, "recipient")
                )),
                (false, false) => output::say(said(control, recipients)),
            }
            Ok(if recipients > 0 { Outcome::Fine } else { Outcome::Problems })
        })
    }
}

async fn change(source: &Source, filter: Filter, control: Control) -> anyhow::Result<u64> {
    // That all is meant was said with `--all`.
    let all = filter == Filter::default();
    match source.queue(Ask::Control { filter, control, all }).await? {
        Answer::Done { recipients } => Ok(recipients),
        _ => Err(unexpected()),
    }
}

/// How many recipients are like that.
async fn count(source: &Source, filter: Filter) -> anyhow::Result<u64> {
    let (mut count, mut after) = (0, None);
    loop {
        let ask = Ask::Recipients { filter: filter.clone(), after, most: PAGE };
        let Answer::Recipients { recipients, next } = source.queue(ask).await? else {
            return Err(unexpected());
        };
        count += recipients.len() as u64;
        after = next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

/// What is said where nothing waits that was meant.
const NOTHING: &str = "nothing in the queue is like that; what is quarantined is for `waxseal quarantine`";

/// What was done, in words.
fn said(control: Control, recipients: u64) -> String {
    if recipients == 0 {
        return NOTHING.to_owned();
    }
    let recipients = counted(recipients, "recipient");
    match control {
        Control::Retry => format!("{recipients}: to be tried now"),
        Control::Hold => format!("{recipients}: held; `waxseal queue release` lets them go"),
        Control::Release => format!("{recipients}: released, to be tried now"),
        Control::Remove => format!("{recipients}: removed, and nobody is told"),
        Control::Bounce => {
            format!("{recipients}: given up; their senders are being told, but for the null sender")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_said() {
        assert_eq!(said(Control::Hold, 0), NOTHING);
        assert_eq!(said(Control::Retry, 1), "1 recipient: to be tried now");
        assert_eq!(
            said(Control::Bounce, 2),
            "2 recipients: given up; their senders are being told, but for the null sender"
        );
    }
}
