//! `[[milter]]`: filters that are asked over the milter protocol.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::findings::Problem;
use super::load::Base;
use super::section::{Entry, Section};
use super::value;
use crate::milter::{OLDEST, VERSION};

/// A milter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milter {
    /// Its name, in logs and metrics.
    pub name: String,
    /// Where it listens.
    pub address: MilterAddress,
    /// What becomes of mail when it fails.
    pub on_failure: OnFailure,
    /// What it is told as `{daemon_name}`; `None` for our own name.
    pub daemon_name: Option<String>,
    /// The newest version of the protocol that it is offered.
    pub version: u32,
    /// How long it may take.
    pub timeouts: MilterTimeouts,
}

/// Where a milter listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MilterAddress {
    /// A host, by name or address, and its port.
    Tcp {
        /// The name, or the address without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A socket in the file system.
    Unix(PathBuf),
}

/// What becomes of mail when a milter fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// It is deferred, and comes again.
    Defer,
    /// It goes on as if the milter were not there.
    Skip,
}

/// How long a milter may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MilterTimeouts {
    /// To take a connection.
    pub connect: Duration,
    /// To answer what a client's command was about.
    pub command: Duration,
    /// To answer to a header field, or a piece of the body.
    pub content: Duration,
    /// To answer to the end of the message, or to say that it is still at work.
    pub end: Duration,
}

impl fmt::Display for MilterAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// The milters, in the order of the file: that in which they are asked.
pub(super) fn read(sections: Vec<Section<'_>>, base: &Base<'_>) -> Vec<Arc<Milter>> {
    let mut taken = BTreeSet::new();
    let milter = |section: Section<'_>| one(section, base, &mut taken).map(Arc::new);
    sections.into_iter().filter_map(milter).collect()
}

fn one(section: Section<'_>, base: &Base<'_>, taken: &mut BTreeSet<String>) -> Option<Milter> {
    let name = section.required("name", "\"rspamd\"").and_then(|entry| name(&entry, taken));
    let address = section.required("address", "\"127.0.0.1:11332\"");
    let address = address.and_then(|entry| entry.read(|text| self::address(text, base)));
    let on_failure = on_failure(&section);
    let daemon_name = section.entry("daemon_name").and_then(|entry| entry.text()).map(str::to_owned);
    let version = version(&section);
    let timeouts = timeouts(section.section("timeouts"));
    section.finish();
    Some(Milter { name: name?, address: address?, on_failure, daemon_name, version, timeouts })
}

/// It is a label of metrics, and a word in logs.
fn name(entry: &Entry<'_>, taken: &mut BTreeSet<String>) -> Option<String> {
    let name = entry.read(|text| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let good = (1..=40).contains(&text.len()) && text.chars().all(plain);
        let help = "write up to 40 letters, digits, `_` and `-`, as in \"rspamd\"";
        if good { Ok(text.to_owned()) } else { Err(Problem::new(format!("cannot be \"{text}\""), help)) }
    })?;
    if taken.insert(name.clone()) {
        return Some(name);
    }
    let help = "each milter needs a name of its own: logs and metrics tell them apart by it";
    entry.wrong(&Problem::new(format!("is \"{name}\" twice"), help).coded("C008"));
    None
}

/// The usual forms, and what Postfix and Sendmail have for them: `inet:host:port`, `inet:port@host`,
/// `unix:path`, `local:path`.
fn address(text: &str, base: &Base<'_>) -> Result<MilterAddress, Problem> {
    let problem = || {
        let help = "write \"127.0.0.1:11332\", \"[::1]:11332\" or \"unix:/run/milter.sock\"";
        Problem::new(format!("cannot be \"{text}\""), help)
    };
    if let Some(path) = ["unix:", "local:"].iter().find_map(|kind| text.strip_prefix(kind)) {
        return if path.is_empty() { Err(problem()) } else { Ok(MilterAddress::Unix(base.path(path))) };
    }
    let inet = ["inet:", "inet6:"].iter().find_map(|kind| text.strip_prefix(kind)).unwrap_or(text);
    let turned = inet.split_once('@').map(|(port, host)| {
        if host.contains(':') && !host.starts_with('[') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    });
    match value::host(turned.as_deref().unwrap_or(inet)) {
        Ok((host, Some(port))) => Ok(MilterAddress::Tcp { host, port }),
        Ok((_, None)) | Err(_) => Err(problem()),
    }
}

/// `skip` is for milters whose work mail can do without, as a signature. It is said again and again: nothing
/// goes by unseen.
fn on_failure(section: &Section<'_>) -> OnFailure {
    let Some(entry) = section.entry("on_failure") else { return OnFailure::Defer };
    let words = [("defer", OnFailure::Defer), ("skip", OnFailure::Skip)];
    let chosen = entry.read(|text| value::word(text, &words)).unwrap_or(OnFailure::Defer);
    if chosen == OnFailure::Skip {
        let message = "lets mail through unseen while the milter fails";
        let help = "leave it at \"defer\" for a milter that keeps mail out, as against spam and viruses";
        entry.doubtful(&Problem::new(message, help).coded("C009"));
    }
    chosen
}

fn version(section: &Section<'_>) -> u32 {
    let Some(entry) = section.entry("protocol") else { return VERSION };
    let Some(version) = entry.number() else { return VERSION };
    if !(OLDEST..=VERSION).contains(&version) {
        let help = format!("write {OLDEST} to {VERSION}; {VERSION} is right for all but very old milters");
        entry.wrong(&Problem::new(format!("cannot be {version}"), help));
    }
    version
}

/// The first three are Postfix's. The last is how long it takes before a milter has to say that it is still at
/// work: clients wait ten minutes for the reply to the end of their message.
fn timeouts(section: Section<'_>) -> MilterTimeouts {
    let read = |key, seconds| section.read(key, value::duration, Duration::from_secs(seconds));
    let timeouts = MilterTimeouts {
        connect: read("connect", 30),
        command: read("command", 30),
        content: read("content", 300),
        end: read("end", 300),
    };
    section.finish();
    timeouts
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn addresses_are_read_as_others_write_them() {
        let base = Base::of(Path::new("/etc/waxseal"));
        let read = |text| address(text, &base).map(|address| address.to_string());
        for (text, expected) in [
            ("127.0.0.1:11332", "127.0.0.1:11332"),
            ("[::1]:8891", "[::1]:8891"),
            ("localhost:8891", "localhost:8891"),
            ("inet:localhost:8891", "localhost:8891"),
            ("inet:8891@localhost", "localhost:8891"),
            ("inet6:8891@::1", "[::1]:8891"),
            ("inet6:[::1]:8891", "[::1]:8891"),
            ("unix:/run/x.sock", "unix:/run/x.sock"),
            ("local:/run/x.sock", "unix:/run/x.sock"),
            ("unix:x.sock", "unix:/etc/waxseal/x.sock"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected));
        }
        for bad in
            ["", "unix:", "127.0.0.1", "inet:8891", "localhost", "127.0.0.1:0", "tcp:a:1", "/run/x.sock"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
