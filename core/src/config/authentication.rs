//! `[authentication]`, `[[dkim]]`, `[arc]`: whose mail it is, and our own signatures.

use std::path::PathBuf;
use std::time::Duration;

use super::findings::Problem;
use super::load::Base;
use super::section::{Entry, Section};
use super::value;
use crate::authentication::sign::{OVERSIGNED, SIGNED};

/// How long all that is found out of a message may take, unless the file says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is found out of who a message is from, and what we sign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authentication {
    /// Whether each message gets a field Authentication-Results.
    pub results: bool,
    /// Our name in it, the authserv-id of RFC 8601.
    pub id: String,
    /// How long all that is found out of a message may take.
    pub timeout: Duration,
    /// The keys that sign mail of our own users.
    pub dkim: Vec<DkimKey>,
    /// The key that seals mail of others; `None` for no seals.
    pub arc: Option<ArcKey>,
}

/// A key that signs mail of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DkimKey {
    /// The author's domain, `d=`.
    pub domain: String,
    /// Which of its keys, `s=`.
    pub selector: String,
    /// The private key, PEM.
    pub key: PathBuf,
    /// The fields that are signed where they are there; From is among them.
    pub headers: Vec<String>,
    /// The fields that nobody may add once more.
    pub oversign: Vec<String>,
    /// Whether it signs mail of domains below, too.
    pub subdomains: bool,
}

/// The key that seals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArcKey {
    /// Our domain, `d=`.
    pub domain: String,
    /// Which of its keys, `s=`.
    pub selector: String,
    /// The private key, PEM.
    pub key: PathBuf,
}

pub(super) fn read(root: &Section<'_>, hostname: &str, base: &Base<'_>) -> Authentication {
    let section = root.section("authentication");
    let authentication = Authentication {
        results: section.entry("results").and_then(|entry| entry.flag()).unwrap_or(false),
        id: section.read("id", value::domain, hostname.to_owned()),
        timeout: section.read("timeout", value::duration, TIMEOUT),
        dkim: root.sections("dkim").into_iter().filter_map(|one| dkim(one, base)).collect(),
        arc: root.entry("arc").and_then(|_| arc(root.section("arc"), base)),
    };
    section.finish();
    authentication
}

fn dkim(section: Section<'_>, base: &Base<'_>) -> Option<DkimKey> {
    let Files { domain, selector, key } = key(&section, base);
    let headers = section.entry("headers").map_or_else(|| list(&SIGNED), |entry| headers(&entry));
    let oversign =
        section.entry("oversign").map_or_else(|| list(&OVERSIGNED), |entry| entry.read_each(field));
    let subdomains = section.entry("subdomains").and_then(|entry| entry.flag()).unwrap_or(false);
    section.finish();
    Some(DkimKey { domain: domain?, selector: selector?, key: key?, headers, oversign, subdomains })
}

fn arc(section: Section<'_>, base: &Base<'_>) -> Option<ArcKey> {
    let Files { domain, selector, key } = key(&section, base);
    section.finish();
    Some(ArcKey { domain: domain?, selector: selector?, key: key? })
}

/// What both kinds of keys have, as far as it can be read.
struct Files {
    domain: Option<String>,
    selector: Option<String>,
    key: Option<PathBuf>,
}

fn key(section: &Section<'_>, base: &Base<'_>) -> Files {
    Files {
        domain: section.required("domain", "\"example.org\"").and_then(|entry| entry.read(value::domain)),
        selector: section.required("selector", "\"s1\"").and_then(|entry| entry.read(selector)),
        key: section.required("key", "\"dkim/s1.pem\"").and_then(|entry| base.readable(&entry)),
    }
}

/// One or more labels, as a domain has them (RFC 6376 section 3.1).
fn selector(text: &str) -> Result<String, Problem> {
    value::domain(text).map_err(|_| {
        Problem::new(format!("cannot be \"{text}\""), "write a word that a domain may have, as in \"s1\"")
    })
}

fn headers(entry: &Entry<'_>) -> Vec<String> {
    let names = entry.read_each(field);
    if !names.iter().any(|name| name.eq_ignore_ascii_case("From")) {
        let help = "add \"From\": a signature without it is not valid (RFC 6376 section 5.4)";
        entry.wrong(&Problem::new("does not name From", help));
    }
    names
}

/// A field's name, RFC 5322 section 2.2.
fn field(text: &str) -> Result<String, Problem> {
    let is_name = !text.is_empty()
        && text.bytes().all(|octet| octet.is_ascii_graphic() && octet != b':' && octet != b';');
    if is_name {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("cannot have \"{text}\""),
        "write names of fields: [\"From\", \"To\", \"Subject\"]",
    ))
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
