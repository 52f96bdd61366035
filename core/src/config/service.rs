//! `[limits]`, `[timeouts]`, `[admin]`, `[log]`, `[spool]`, `[quarantine]`: how the service runs.

use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::findings::Problem;
use super::load::Base;
use super::section::Section;
use super::{Admin, Limits, Log, LogFormat, MetricsAccess, Quarantine, Timeouts, Transport, value};
use crate::spool::QuarantineLimits;

pub(super) fn limits(section: Section<'_>) -> Limits {
    let limits = Limits {
        message_size: section.read("message_size", value::size, 50 << 20),
        recipients: recipients(&section),
        sessions: section.number("sessions", 10_000),
        sessions_per_client: section.number("sessions_per_client", 50),
    };
    section.finish();
    limits
}

/// RFC 5321 section 4.5.3.1.8: at least 100 recipients must be taken.
fn recipients(section: &Section<'_>) -> usize {
    let Some(entry) = section.entry("recipients") else { return 1000 };
    let number = entry.number().unwrap_or(1000);
    if number < 100 {
        let message = format!("is {number}, and RFC 5321 section 4.5.3.1.8 asks to take 100");
        entry.doubtful(
            &Problem::new(message, "senders retry the rest later, so mail is only slower").coded("C009"),
        );
    }
    number
}

/// The defaults follow RFC 5321 section 4.5.3.2, except where a shorter one loses nothing.
pub(super) fn timeouts(section: Section<'_>) -> Timeouts {
    let read = |key, seconds| section.read(key, value::duration, Duration::from_secs(seconds));
    let timeouts = Timeouts {
        command: read("command", 300),
        handshake: read("handshake", 30),
        connect: read("connect", 30),
        reply: read("reply", 300),
        data_end: read("data_end", 600),
        stop: read("stop", 30),
    };
    section.finish();
    timeouts
}

pub(super) fn admin(section: Section<'_>, base: &Base<'_>) -> Option<Admin> {
    let access = [("open", MetricsAccess::Open), ("token", MetricsAccess::Token)];
    let behind_tls = section.entry("behind_tls").and_then(|entry| entry.flag()).unwrap_or(false);
    let transport = if behind_tls { Transport::BehindTls } else { Transport::Clear };
    let entry = section.entry("address");
    let token_file = section.entry("token_file").and_then(|entry| entry.text().map(|text| base.path(text)));
    let names = section.entry("names").map(|entry| entry.read_each(value::domain)).unwrap_or_default();
    let metrics = section.read("metrics", |text| value::word(text, &access), MetricsAccess::default());
    section.finish();
    let entry = entry?;
    let address = entry.read(value::socket_address)?;
    if !address.ip().is_loopback() && transport == Transport::Clear {
        let message =
            "can be reached from other machines, and speaks no TLS: its token can be read on the way";
        let help = "use a loopback address, as in \"127.0.0.1:8025\"; or have a proxy in front speak TLS, and write behind_tls = true";
        entry.doubtful(&Problem::new(message, help).coded("C009"));
    }
    Some(Admin { address, token_file, names, transport, metrics })
}

pub(super) fn log(section: Section<'_>) -> Log {
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let default = Log::default();
    let log = Log {
        format: section.read("format", |text| value::word(text, &formats), default.format),
        level: section.read("level", level, default.level),
    };
    section.finish();
    log
}

pub(super) fn quarantine(section: Section<'_>) -> Quarantine {
    let default = QuarantineLimits::default();
    let quarantine = Quarantine {
        keep: section.read("keep", value::duration, Duration::from_secs(30 * 24 * 60 * 60)),
        limits: QuarantineLimits {
            octets: section.read("size", value::size, default.octets),
            messages: section.number("messages", default.messages),
        },
    };
    section.finish();
    quarantine
}

/// The engine of the queue. There is one so far; the word is kept for the others.
pub(super) fn spool(section: Section<'_>) {
    section.read("engine", |text| value::word(text, &[("embedded", ())]), ());
    section.finish();
}

fn level(text: &str) -> Result<String, Problem> {
    let problem = |_| {
        Problem::new(
            format!("cannot be \"{text}\""),
            "write \"error\", \"warn\", \"info\", \"debug\" or \"trace\"",
        )
    };
    EnvFilter::builder().parse(text).map_err(problem)?;
    Ok(text.to_owned())
}
