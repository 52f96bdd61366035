//! `waxseal queue show`: one message.

use jiff::Timestamp;

use super::put_off::PutOff;
use super::which::id;
use super::words;
use crate::admin::queue::{Answer, Ask, Shown};
use crate::cli::output::counted;
use crate::cli::setting::{Setting, block_on};
use crate::cli::source::{Source, unexpected};
use crate::cli::{Outcome, output};
use crate::smtp::dsn::Ret;
use crate::spool::{Envelope, MessageId, Quarantine};

/// Show one message
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Its id
    #[arg(value_parser = id)]
    id: MessageId,
    /// Its headers as well
    #[arg(long)]
    headers: bool,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        block_on(async {
            let source = Source::find(setting).await?;
            let mut shown = match source.queue(Ask::Show { id: self.id }).await? {
                Answer::Message(shown) => *shown,
                Answer::Unknown => {
                    output::complain(
                        "no such message waits: it was delivered, given up or removed, or never was here",
                    );
                    return Ok(Outcome::Problems);
                }
                _ => return Err(unexpected()),
            };
            if !self.headers {
                shown.headers.clear();
            }
            if setting.json {
                output::say_json(&shown)?;
            } else {
                show(&source, &shown).await?;
            }
            Ok(Outcome::Fine)
        })
    }
}

async fn show(source: &Source, shown: &Shown) -> anyhow::Result<()> {
    let now = Timestamp::now();
    envelope(now, &shown.envelope).iter().for_each(output::say);
    let mut put_off = PutOff::default();
    for queued in &shown.recipients {
        let put_off = put_off.of(source, &queued.domain).await?;
        words::recipient(now, queued, put_off).iter().for_each(output::say);
    }
    if !shown.headers.is_empty() {
        output::say("");
        shown.headers.iter().map(|line| line.replace(char::is_control, " ")).for_each(output::say);
    }
    Ok(())
}

fn envelope(now: Timestamp, envelope: &Envelope) -> Vec<String> {
    let Envelope { id, received, sender, size, eight_bit, smtp_utf8, dsn, tags, quarantine } = envelope;
    let needs: Vec<&str> = [(*eight_bit, "8BITMIME"), (*smtp_utf8, "SMTPUTF8")]
        .into_iter()
        .filter_map(|(needed, extension)| needed.then_some(extension))
        .collect();
    let mut lines = vec![
        id.to_string(),
        format!("  from      <{sender}>"),
        format!("  accepted  {}", words::moment(now, *received)),
        format!("  size      {}", counted(*size, "octet")),
    ];
    lines.extend(quarantine.iter().map(|quarantine| quarantined(now, quarantine)));
    if !tags.is_empty() {
        lines.push(format!("  tags      {}", words::tags(tags)));
    }
    if !needs.is_empty() {
        lines.push(format!("  needs     {}", needs.join(", ")));
    }
    if let Some(envid) = &dsn.envid {
        lines.push(format!("  known as  {envid}"));
    }
    match dsn.ret {
        Some(Ret::Full) => lines.push("  returns   all of it, if it fails".to_owned()),
        Some(Ret::Headers) => lines.push("  returns   its headers, if it fails".to_owned()),
        None => {}
    }
    lines
}

fn quarantined(now: Timestamp, quarantine: &Quarantine) -> String {
    let Quarantine { reason, by, since, released } = quarantine;
    let kept = match released {
        Some(released) => format!("released by the operator {}, before", words::moment(now, *released)),
        None => "QUARANTINED: `waxseal quarantine show` has more,".to_owned(),
    };
    format!("  kept      {kept} since {} by {by}: {reason}", words::moment(now, *since))
        .replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::dsn::MessageDsn;
    use crate::spool::Tags;

    #[test]
    fn an_envelope_says_what_is_known() {
        let (now, dsn) = (Timestamp::from_second(1_800_000_000).unwrap(), MessageDsn::default());
        let (id, sender) = (MessageId::nil(), "ann@home.example".to_owned());
        let plain = Envelope {
            id,
            received: now,
            sender,
            size: 1,
            eight_bit: false,
            smtp_utf8: false,
            dsn,
            tags: Tags::default(),
            quarantine: None,
        };
        let expected = "\
00000000-0000-0000-0000-000000000000
  from      <ann@home.example>
  accepted  2027-01-15T08:00:00Z (0 s ago)
  size      1 octet";
        assert_eq!(envelope(now, &plain).join("\n"), expected);
        let dsn = MessageDsn { ret: Some(Ret::Full), envid: Some("QQ 314159".to_owned()) };
        let shown = envelope(now, &Envelope { eight_bit: true, smtp_utf8: true, dsn, ..plain });
        let expected =
            "\n  needs     8BITMIME, SMTPUTF8\n  known as  QQ 314159\n  returns   all of it, if it fails";
        assert!(shown.join("\n").ends_with(expected), "{shown:?}");
    }

    #[test]
    fn what_filters_have_said_is_shown() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut kept = Quarantine::begin("Card numbers", "filters/cards.rhai:7:5", now);
        let shown = quarantined(now, &kept);
        assert!(shown.starts_with("  kept      QUARANTINED: `waxseal quarantine show`"), "{shown}");
        kept.released = Some(now);
        let shown = quarantined(now, &kept);
        let expected = "before since 2027-01-15T08:00:00Z (0 s ago) by filters/cards.rhai:7:5: Card numbers";
        assert!(shown.contains("released by the operator") && shown.ends_with(expected), "{shown}");
        let mut tags = Tags::default();
        tags.set("score", "7").unwrap();
        tags.set("list", "").unwrap();
        assert_eq!(words::tags(&tags), "score=7, list");
    }
}
