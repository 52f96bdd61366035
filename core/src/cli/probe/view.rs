//! How a probe looks. No I/O.

use std::fmt::Display;
use std::net::IpAddr;

use jiff::Timestamp;
use waxseal_plugins::facts::{Certificate, Row};

use crate::cli::output::counted;
use crate::cli::terms;
use crate::config::Config;
use crate::outgoing::probe::{Decided, End, MadeFor, Other, Probed, Secured, Visit};
use crate::spool::Status;

/// How wide the words before each line are.
const MARGIN: usize = 13;

/// Above all hosts: the row that holds.
pub(super) fn heading(config: &Config, domain: &str, row: &Row) -> Vec<String> {
    let mut lines =
        vec![format!("{domain}: policy {}, by the row {:?} at {}", row.policy, row.pattern, row.place)];
    lines.extend(terms::of(row).map(|(word, value)| line(word, value)));
    if !config.tls.enabled {
        lines.push(line("TLS", "is switched off in the configuration: none is started"));
    }
    lines
}

/// Beneath all hosts: what becomes of mail.
pub(super) fn summary(probed: &Probed) -> String {
    let sent = probed.visits.iter().find_map(|visit| match &visit.end {
        End::Sent { protection, .. } => Some((&visit.host, protection)),
        _ => None,
    });
    let all_refuse = probed.visits.iter().all(|visit| matches!(visit.end, End::Refused(_)));
    match sent {
        Some((host, protection)) => format!("\nMail would be sent to {host}, {}.", protected(protection)),
        None if all_refuse => "\nNo mail could be sent: it would be returned to its sender.".to_owned(),
        None => "\nNo mail could be sent now: it would wait.".to_owned(),
    }
}

/// What was found there, beneath the title.
pub(super) fn visit(now: Timestamp, row: &Row, visit: &Visit) -> Vec<String> {
    let mut lines = vec![];
    if let Some(host) = &visit.facts {
        let tls = if host.offers_tls { "offers STARTTLS" } else { "does not offer STARTTLS" };
        lines.push(line("greets", format_args!("as {}, {tls}", host.ehlo)));
    }
    lines.extend(visit.decisions.iter().map(decision));
    if let Some(failure) = &visit.tls_failure {
        lines.push(line("TLS failed", failure));
    }
    if let Some(secured) = &visit.tls {
        lines.extend(handshake(secured));
        lines.extend(certificate(now, row, secured));
    }
    lines.push(line("mail", end(&visit.end)));
    lines.extend(others(&visit.others));
    lines
}

/// A host, at an address if it has one.
pub(super) fn title(visit: &Visit) -> [String; 2] {
    [String::new(), named(visit).replace(char::is_control, " ")]
}

fn named(visit: &Visit) -> String {
    let found_by = match visit.found_by {
        "mx" => "MX",
        "implicit_mx" => "no MX record: the domain itself",
        "route" => "route",
        _ => return format!("{}: no host", visit.host),
    };
    match visit.address {
        Some(address) => format!("{} at {address} ({found_by})", visit.host),
        None => format!("{} ({found_by})", visit.host),
    }
}

fn decision(decided: &Decided) -> String {
    let Decided { hook, verdict, reason, decided_by, left_out } = decided;
    let silence = if *left_out { format!(" has no `{hook}`") } else { String::new() };
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    line(hook, format_args!("{verdict:<10} {decided_by}{silence}{reason}"))
}

fn handshake(secured: &Secured) -> Vec<String> {
    let Secured { made_for, server_name, identity, handshake, .. } = secured;
    let resumed = if handshake.resumed { "resumed" } else { "full handshake" };
    let mut negotiated = format!("TLS {}, {}", handshake.version, handshake.suite);
    if !handshake.group.is_empty() {
        negotiated.push_str(&format!(", {}", handshake.group));
    }
    let identity =
        identity.as_ref().map_or("no certificate of ours".to_owned(), |name| format!("identity {name}"));
    // No SNI is sent for an address (RFC 6066 section 3).
    let asked = if server_name.parse::<IpAddr>().is_ok() { "no name" } else { server_name };
    let mut lines = vec![
        line("negotiated", format_args!("{negotiated}, {resumed}")),
        line("asked for", format_args!("{asked}, with {identity}")),
    ];
    if *made_for == MadeFor::Look {
        lines.insert(0, line("a look", "mail would not start TLS here; this is what there is"));
    }
    lines
}

fn certificate(now: Timestamp, row: &Row, secured: &Secured) -> Vec<String> {
    let Secured { certificate, chain, .. } = secured;
    let verified = match &*certificate.problem {
        "" => "verified".to_owned(),
        problem => format!("NOT verified: {problem}"),
    };
    let mut lines = vec![line("certificate", verified)];
    for (number, one) in chain.iter().enumerate() {
        let word = if number == 0 { "chain" } else { "" };
        lines.push(line(word, format_args!("{} {}, {}", number + 1, one.subject, one.key)));
        lines.push(line("", format_args!("  issued by {}; {}", one.issuer, dates(now, one))));
    }
    lines.push(line("root", root(certificate)));
    lines.push(line("names", names(certificate)));
    lines.push(line("key", key(certificate)));
    if !row.pins.is_empty() {
        let matches =
            if certificate.pinned { "one of the row's matches" } else { "NONE of the row's matches" };
        lines.push(line("pins", matches));
    }
    lines.push(line("usages", usages(certificate)));
    lines
}

/// When it holds, and for how long still.
fn dates(now: Timestamp, certificate: &Certificate) -> String {
    let day = |second: i64| {
        Timestamp::from_second(second).map_or("?".to_owned(), |time| time.strftime("%F").to_string())
    };
    let span = format!("{} to {}", day(certificate.valid_from), day(certificate.valid_until));
    let days = (certificate.valid_until - now.as_second()) / 86_400;
    if certificate.expired {
        format!("{span}, EXPIRED {} ago", counted(-days, "day"))
    } else if certificate.not_yet_valid {
        format!("{span}, NOT VALID YET")
    } else {
        format!("{span}, {} left", counted(days, "day"))
    }
}

fn root(certificate: &Certificate) -> String {
    if certificate.trusted {
        certificate.root.clone()
    } else {
        format!("NONE: {}", certificate.chain_problem)
    }
}

fn names(certificate: &Certificate) -> String {
    let has = if certificate.names.is_empty() { "no name".to_owned() } else { certificate.names.join(", ") };
    let wants = certificate.expected_names.join(", ");
    if certificate.name_matches {
        format!("has {has}, as expected ({wants})")
    } else if wants.is_empty() {
        format!("has {has}; NO NAME is known that it should have: give the row `names`")
    } else {
        format!("has {has}; EXPECTED is {wants}")
    }
}

fn key(certificate: &Certificate) -> String {
    let proven = if certificate.possession { "proven" } else { "NOT PROVEN" };
    format!("{}, {proven}; sha256:{}", certificate.key, certificate.spki_sha256)
}

fn usages(certificate: &Certificate) -> &'static str {
    match (certificate.server_usage, certificate.client_usage) {
        (true, true) => "server and client",
        (true, false) => "server",
        (false, true) => "client, NOT server",
        (false, false) => "neither server nor client",
    }
}

fn others(others: &[Other]) -> Vec<String> {
    let width = others.iter().map(|other| other.policy.len()).max().unwrap_or(0);
    let mut lines = vec![];
    for (number, other) in others.iter().enumerate() {
        let word = if number == 0 { "would pass" } else { "" };
        lines.push(line(word, format_args!("{:<width$}  {}", other.policy, passes(&other.end))));
        if !other.asks.is_empty() {
            let asks = other.asks.join(", ");
            let hint = format!("but it would ask for {asks}: the host may answer otherwise");
            lines.push(line("", format_args!("{:<width$}  {hint}", "")));
        }
    }
    lines
}

fn passes(end: &End) -> String {
    match end {
        End::Sent { protection, decided_by } => format!("yes, {} ({decided_by})", protected(protection)),
        End::Waits(why) | End::Refused(why) => format!("no: {}", status(why)),
        End::Unknown => self::end(end),
    }
}

fn end(end: &End) -> String {
    match end {
        End::Sent { protection, decided_by } => {
            format!("would be sent {} ({decided_by})", protected(protection))
        }
        End::Waits(why) => format!("would wait: {}", status(why)),
        End::Refused(why) => format!("would not be sent here: {}", status(why)),
        End::Unknown => "nobody knows: TLS was not tried".to_owned(),
    }
}

fn protected(protection: &str) -> &'static str {
    match protection {
        "verified" => "encrypted, to a verified host",
        "encrypted" => "encrypted, to a host that is not verified",
        _ => "in clear",
    }
}

fn status(status: &Status) -> String {
    let reply = status.reply.as_ref().map(|reply| format!(", which said: {reply}")).unwrap_or_default();
    format!("{} {}{reply}", status.code, status.reason)
}

/// A peer's words may hold anything: nothing of it reaches a terminal as a control character.
fn line(word: impl Display, text: impl Display) -> String {
    format!("  {:<MARGIN$}{text}", word.to_string()).trim_end().replace(char::is_control, " ")
}
