//! From an entry of the map to a row of the table.

use std::fmt;

use waxseal_plugins::hooks::Direction;
use waxseal_plugins::table::Pattern;
use waxseal_plugins::verdicts::Suite;

use super::lines::Line;
use super::policy::{Attribute, Level, Policy};
use super::protocols::Versions;
use super::{ciphers, names, protocols};

/// A row of the outgoing block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) pattern: String,
    pub(super) policy: &'static str,
    /// The clauses as they are written, but for `because`.
    pub(super) clauses: Vec<String>,
    /// What Postfix had.
    pub(super) because: String,
    /// What differs from Postfix.
    pub(super) notes: Vec<String>,
}

/// Why an entry is not converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) why: String,
    pub(super) stead: Stead,
}

/// What stands in the table instead of a row that could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stead {
    /// Nothing.
    Nothing,
    /// A comment: a row whose pattern is left to the reader.
    Draft(Box<Row>),
    /// The strictest policy, until somebody has decided: the row beneath could be a weaker one.
    Strictest(Box<Row>),
}

/// Converts an entry.
pub(super) fn convert(line: &Line) -> Result<Row, Refused> {
    let refused = |why| Refused { why, stead: Stead::Nothing };
    if is_next_hop(&line.key) {
        let draft = row("DOMAIN", &Pattern::Any, &line.value).map_err(refused)?;
        let why = "rows are of recipients' domains, and this is a next hop: give the row to the domains that go there";
        return Err(Refused { why: why.to_owned(), stead: Stead::Draft(Box::new(draft)) });
    }
    if line.key.contains('*') {
        return Err(refused(
            "Postfix has no `*` in keys, and never finds it: `.example.com` is for all below".to_owned(),
        ));
    }
    let written = line.key.strip_prefix('.').map_or_else(|| line.key.clone(), |domain| format!("*.{domain}"));
    let pattern = Pattern::parse(&written, Direction::Outgoing).map_err(|bad| refused(bad.to_string()))?;
    let name = pattern.to_string();
    row(&name, &pattern, &line.value)
        .map_err(|why| Refused { why, stead: Stead::Strictest(Box::new(strictest(&name, &line.value))) })
}

/// The row `*`, of the level that Postfix has for all others.
pub(super) fn for_others(level: Level) -> Result<Row, Refused> {
    let stead = |why| Refused { why, stead: Stead::Strictest(Box::new(strictest("*", level.word()))) };
    row("*", &Pattern::Any, level.word()).map_err(stead)
}

/// The row that lets the least through, whatever was meant.
fn strictest(pattern: &str, value: &str) -> Row {
    Row {
        pattern: pattern.to_owned(),
        policy: word(Level::Secure),
        clauses: Vec::new(),
        because: format!("not converted from Postfix: {value}"),
        notes: Vec::new(),
    }
}

/// Postfix looks up the next hop, which is the recipient's domain only where no transport, relay host
/// or port says otherwise; a host in brackets has no MX lookup.
fn is_next_hop(key: &str) -> bool {
    key.contains(['[', ':'])
}

fn row(written: &str, pattern: &Pattern, value: &str) -> Result<Row, String> {
    let policy = Policy::read(value)?;
    let mut row = Row {
        pattern: written.to_owned(),
        policy: word(policy.level),
        clauses: Vec::new(),
        because: format!("Postfix: {}", shortened(value)),
        notes: Vec::new(),
    };
    row.add_terms(&policy)?;
    row.add_certificate(&policy, pattern)?;
    row.note_the_rest(&policy);
    Ok(row)
}

/// The policy that asks for as much as the level, or for more.
const fn word(level: Level) -> &'static str {
    match level {
        Level::None => "prevent",
        Level::May => "attempt",
        // The key is asked for by pins: who vouches for it does not matter.
        Level::Encrypt | Level::Fingerprint => "require",
        Level::Dane | Level::DaneOnly | Level::Verify | Level::Secure => "require_verified",
    }
}

impl Row {
    /// Versions and suites.
    fn add_terms(&mut self, policy: &Policy) -> Result<(), String> {
        let versions =
            policy.last(Attribute::Protocols).map(protocols::read).transpose()?.unwrap_or_default();
        let suites = ciphers::left(policy.last(Attribute::Exclude).unwrap_or_default())?;
        let clause = terms(versions, &suites)?;
        match clause {
            // Where Postfix would find no good enough cipher it would go in clear.
            Some(_) if policy.level == Level::May => self.notes.push(
                "versions and suites are left out: where TLS is optional, worse TLS is still better than clear text"
                    .to_owned(),
            ),
            clause => self.clauses.extend(clause),
        }
        Ok(())
    }

    /// Names, keys and roots.
    fn add_certificate(&mut self, policy: &Policy, pattern: &Pattern) -> Result<(), String> {
        let lists: Vec<&str> = policy.values(Attribute::Match).collect();
        let (clause, matched) = match policy.level {
            Level::Fingerprint => ("pins", names::pins(&lists)?),
            Level::Verify | Level::Secure => ("names", names::names(policy.level, &lists, pattern)?),
            _ => return Ok(()),
        };
        self.notes.extend(matched.note);
        self.clauses.extend(list(clause, matched.values.iter().map(String::as_str)));
        self.clauses.extend(list("roots", policy.values(Attribute::Tafile)));
        Ok(())
    }

    fn note_the_rest(&mut self, policy: &Policy) {
        if matches!(policy.level, Level::Dane | Level::DaneOnly) {
            self.notes.push(
                "DANE is not looked up yet: roots and names are asked for instead, and mail may wait"
                    .to_owned(),
            );
            if self.pattern == "*" {
                self.notes.push(
                    "for everyone that is much: write `attempt`, or `require`, if it shall do until then"
                        .to_owned(),
                );
            }
        }
        if let Some(grade) =
            policy.last(Attribute::Ciphers).filter(|grade| !grade.eq_ignore_ascii_case("high"))
        {
            self.notes.push(format!("`ciphers={grade}`: all suites that Waxseal has are of the grade high"));
        }
        if let Some(name) = policy.last(Attribute::Servername).filter(|name| *name != "hostname") {
            self.notes.push(format!("`servername={name}`: hosts are asked for by their own names"));
        }
        if !policy.ignored.is_empty() {
            self.notes
                .push(format!("`{}` demands nothing of TLS, and is left out", policy.ignored.join(" ")));
        }
    }
}

/// What Postfix had, without the digests that the row has anyhow.
fn shortened(value: &str) -> String {
    let words = value.split(' ').filter(|word| !(word.starts_with("match=") && word.len() > 64));
    words.collect::<Vec<_>>().join(" ")
}

/// The clause that leaves these versions, and these suites of TLS 1.2.
fn terms(versions: Versions, old: &[Suite]) -> Result<Option<String>, String> {
    let is_new = |suite: &&Suite| !suite.name().contains("_WITH_");
    match versions {
        Versions::Tls13 => Ok(Some("min_version \"1.3\"".to_owned())),
        Versions::Both if old.is_empty() => Ok(Some("min_version \"1.3\"".to_owned())),
        Versions::Both if old.len() == ciphers::COUNT => Ok(None),
        Versions::Both => {
            Ok(list("suites", Suite::ALL.iter().filter(is_new).chain(old).map(|suite| suite.name())))
        }
        Versions::Tls12 if old.is_empty() => Err("no cipher suite is left".to_owned()),
        // The suites of TLS 1.2 are its own, so that they rule out 1.3.
        Versions::Tls12 => Ok(list("suites", old.iter().map(|suite| suite.name()))),
    }
}

/// `names ["a", "b"]`; nothing where there are no values.
fn list<'a>(clause: &str, values: impl Iterator<Item = &'a str>) -> Option<String> {
    let values: Vec<_> = values.map(quoted).collect();
    (!values.is_empty()).then(|| format!("{clause} [{}]", values.join(", ")))
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", quoted(&self.pattern), self.policy)?;
        self.clauses.iter().try_for_each(|clause| write!(f, " {clause}"))?;
        write!(f, " because {}", quoted(&self.because))
    }
}

/// A text as Rhai writes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
