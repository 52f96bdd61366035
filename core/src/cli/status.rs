//! `waxseal status`: how the running relay is.

use anyhow::bail;

use super::output::counted;
use super::setting::Setting;
use super::{Outcome, output};
use crate::admin::protocol::{Policies, Queue, Request, Response, Status};

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
    is_broken(&status.policies) || status.policies.from_last_good || status.queue.health != "good"
}

fn is_broken(policies: &Policies) -> bool {
    policies.findings.iter().any(|finding| finding.severity == "error")
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
    output::say(format_args!("  policies       {}", policies(&status.policies)));
    output::say_findings(&status.policies.findings);
}

fn queue(queue: &Queue) -> String {
    let Queue { health, messages, recipients, due, octets } = queue;
    format!("{health}: {messages} messages, {recipients} recipients ({due} due), {octets} octets")
}

fn policies(policies: &Policies) -> String {
    let mut text = format!(
        "generation {} since {}, {} rejected",
        policies.generation, policies.since, policies.rejected
    );
    if policies.from_last_good {
        text.push_str("; the last good ones, kept from before: those on disk are broken");
    } else if is_broken(policies) {
        text.push_str("; those on disk are broken");
    }
    text
}
