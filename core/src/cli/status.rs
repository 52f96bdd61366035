//! `waxseal status`: how the running relay is.

use anyhow::bail;

use super::output::counted;
use super::replay::show_changes;
use super::setting::Setting;
use super::{Outcome, output, shadow};
use crate::admin::protocol::{Certificate, Finding, Plugin, Policies, Queue, Request, Response, Status};
use crate::admin::quarantine::{Fill, Totals};

/// How many groups of changes are shown of a candidate in the shadow; `waxseal shadow show` has more.
const SHADOWED: usize = 3;

/// Asks the running relay.
pub(super) fn run(setting: &Setting) -> anyhow::Result<Outcome> {
    let Response::Status(status) = setting.ask(&Request::Status)? else {
        bail!("the relay answered something else")
    };
    if setting.json {
        output::say_json(&status)?;
    } else {
        show(&status);
    }
    Ok(if has_problems(&status) { Outcome::Problems } else { Outcome::Fine })
}

fn has_problems(status: &Status) -> bool {
    is_broken(&status.policies.findings)
        || is_broken(&status.policies.lists)
        || is_broken(&status.certificates.findings)
        || is_broken(&status.signing.findings)
        || status.certificates.in_force.iter().any(|certificate| certificate.state != "current")
        || status.policies.from_last_good
        || status.queue.health != "good"
        || status.quarantine.fill != Fill::Enough
        || !status.milters.is_empty()
}

fn is_broken(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == "error")
}

fn show(status: &Status) {
    let switch = if status.tls_enabled { "on" } else { "off" };
    let state = if status.stopping { "stopping" } else { "running" };
    output::say(format_args!(
        "waxseal {}, {}, {state} since {}",
        status.version, status.hostname, status.started
    ));
    output::say(format_args!("  process        {}", status.process));
    output::say(format_args!("  listens on     {}", status.listeners.join(", ")));
    if let Some(admin) = &status.admin {
        output::say(format_args!("  admin          http://{admin}/"));
    }
    let changed =
        if status.configuration_changed { " (changed since the start: restart to use it)" } else { "" };
    output::say(format_args!("  configuration  {}{changed}", status.configuration));
    output::say(format_args!("  TLS            {switch}"));
    output::say(format_args!("  in progress    {}", counted(status.in_progress, "session")));
    output::say(format_args!("  queue          {}", queue(&status.queue)));
    output::say(format_args!("  quarantine     {}", quarantine(&status.quarantine)));
    for outage in &status.milters {
        output::say(format_args!("  PROBLEM        {outage}"));
    }
    for certificate in &status.certificates.in_force {
        output::say(format_args!("  certificate    {}", dates(certificate)));
    }
    if is_broken(&status.certificates.findings) {
        output::say("  CERTIFICATES   the files are broken; those of before stay in force");
    }
    output::say_findings(&status.certificates.findings);
    for key in &status.signing.keys {
        output::say(format_args!("  signing key    {key}"));
    }
    if is_broken(&status.signing.findings) {
        output::say("  SIGNING KEYS   the files are broken; those of before stay in force");
    }
    output::say_findings(&status.signing.findings);
    output::say(format_args!("  policies       {}", policies(&status.policies)));
    for one in &status.policies.plugins {
        output::say(format_args!("  plugin         {}", plugin(one)));
    }
    if status.policies.from_last_good {
        output::say(
            "  POLICIES       the files were broken at the start: THE LAST GOOD ONES, KEPT FROM BEFORE, ARE IN FORCE",
        );
    } else if is_broken(&status.policies.findings) {
        output::say("  POLICIES       the files are broken; those of before stay in force");
    }
    output::say_findings(&status.policies.findings);
    if is_broken(&status.policies.lists) {
        output::say("  LISTS          files are gone or broken; the lists of before stay in force");
    }
    output::say_findings(&status.policies.lists);
    if let Some(candidate) = &status.shadow {
        output::say(format_args!("  shadow         {}\n", shadow::summary(candidate)));
        show_changes(&candidate.report.clone().shortened(SHADOWED));
    }
}

fn queue(queue: &Queue) -> String {
    let (Queue { messages, recipients, due, octets, .. }, health) = (queue, queue.in_words());
    let (messages, recipients) = (counted(*messages, "message"), counted(*recipients, "recipient"));
    format!("{health}: {messages}, {recipients} ({due} due), {octets} octets")
}

fn quarantine(totals: &Totals) -> String {
    let Totals { messages, octets, fill } = totals;
    let full = match fill {
        Fill::Enough => "",
        Fill::NearlyFull => "; NEARLY FULL",
        Fill::Full => "; FULL: mail that is to be kept is deferred",
    };
    format!("{}, {octets} octets{full}", counted(*messages, "message"))
}

fn policies(policies: &Policies) -> String {
    let Policies { generation, since, rejected, .. } = policies;
    format!("generation {generation} since {since}, {rejected} rejected")
}

fn plugin(plugin: &Plugin) -> String {
    let Plugin { path, hooks, grants } = plugin;
    let hooks = hooks.join(", ");
    if grants.is_empty() {
        format!("{path}: {hooks}")
    } else {
        format!("{path}: {hooks}; granted {}", grants.join(", "))
    }
}

fn dates(certificate: &Certificate) -> String {
    let Certificate { names, from, until, state } = certificate;
    let names = names.join(", ");
    match state.as_str() {
        "expired" => format!("{names}: EXPIRED on {until}"),
        "not_yet_valid" => format!("{names}: NOT VALID before {from}"),
        _ => format!("{names}: until {until}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_says_how_much_is_missing() {
        let full = Queue {
            health: "full".to_owned(),
            messages: 0,
            recipients: 0,
            due: 0,
            octets: 0,
            disk: Some(crate::spool::DiskSpace { free: 1000, needed: 67_108_864 }),
        };
        let expected =
            "full, 1000 octets are free on its disk, and 67108864 must be: all mail is refused: 0 messages";
        assert!(queue(&full).starts_with(expected), "{}", queue(&full));
        let good = Queue { health: "good".to_owned(), ..full };
        assert!(queue(&good).starts_with("good: 0 messages"), "{}", queue(&good));
    }

    #[test]
    fn a_plugin_is_shown_with_what_it_may() {
        let mut shown = Plugin {
            path: "outgoing/pinned_key.wasm".to_owned(),
            hooks: vec!["outgoing certificate".to_owned(), "outgoing mail".to_owned()],
            grants: vec![],
        };
        assert_eq!(plugin(&shown), "outgoing/pinned_key.wasm: outgoing certificate, outgoing mail");
        shown.grants = vec!["kv".to_owned(), "dns".to_owned()];
        assert!(plugin(&shown).ends_with("outgoing mail; granted kv, dns"), "{}", plugin(&shown));
    }
}
