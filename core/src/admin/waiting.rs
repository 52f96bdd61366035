//! Why mail waits, in plain words: what stands in the way, what happens next, and when. No I/O.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::config::Delivery;
use crate::spool::{Queued, QueuedDestination, Standing, Status};

/// Why mail waits.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Waiting {
    /// What it is doing.
    pub state: State,
    /// What stands in the way.
    pub cause: Cause,
    /// In a sentence: what stands in the way.
    pub why: String,
    /// In a sentence or two: what happens next, and when.
    pub next: String,
    /// When the next attempt is, where one is planned.
    pub at: Option<Timestamp>,
    /// What the last attempt came to.
    pub status: Option<Status>,
    /// The line of a policy or the table that decided it, as in `outgoing/require.rhai:12:5`.
    pub decided_by: Option<String>,
}

/// What mail that waits is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is being delivered.
    Delivering,
    /// The operator holds it.
    Held,
    /// Its destination is put off: nothing of it is tried.
    PutOff,
    /// Its next attempt is planned.
    Planned,
    /// It is tried as soon as there is a connection for it.
    Due,
    /// The operator has said that it is to go.
    Ending,
}

/// What stands in the way of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Nothing is known to.
    Nothing,
    /// The operator.
    Operator,
    /// TLS did not come about as it must.
    Tls,
    /// A policy of this relay.
    Policy,
    /// The host said so.
    Host,
    /// No host was reached.
    Network,
    /// This relay itself.
    Ourselves,
}

/// Why mail to a destination waits.
pub fn destination(now: Timestamp, waits: &QueuedDestination, delivery: &Delivery) -> Waiting {
    let put_off = waits.put_off.as_ref().filter(|(until, _)| *until > now);
    let status = put_off.map(|(_, why)| why).or(waits.last.as_ref());
    let state = match (waits.due, put_off) {
        (None, _) => State::Held,
        _ if waits.leased > 0 => State::Delivering,
        (_, Some(_)) => State::PutOff,
        (Some(due), None) if due > now => State::Planned,
        _ => State::Due,
    };
    let at = put_off.map(|(until, _)| *until).or(waits.due).filter(|_| state != State::Held);
    let returned = later(waits.oldest, delivery.expire);
    let next = next(
        now,
        state,
        at,
        &format!("The oldest message is returned to its sender {}", moment(now, returned)),
    );
    told(&waits.domain, state, at, status, next)
}

/// Why a recipient waits.
pub fn recipient(
    now: Timestamp,
    queued: &Queued,
    put_off: Option<&(Timestamp, Status)>,
    delivery: &Delivery,
) -> Waiting {
    let put_off = put_off.filter(|(until, _)| *until > now && *until > queued.due);
    let state = match (queued.standing, put_off) {
        _ if queued.leased => State::Delivering,
        (Standing::Held, _) => State::Held,
        (Standing::GivenUp | Standing::Removed, _) => State::Ending,
        (Standing::Waiting, Some(_)) => State::PutOff,
        (Standing::Waiting, None) if queued.due > now => State::Planned,
        (Standing::Waiting, None) => State::Due,
    };
    let status = put_off.map(|(_, why)| why).or(queued.last.as_ref());
    let at = put_off.map_or(queued.due, |(until, _)| *until);
    let at = Some(at).filter(|_| !matches!(state, State::Held | State::Ending));
    let returned = later(queued.received, delivery.expire);
    let next = next(now, state, at, &format!("It is returned to its sender {}", moment(now, returned)));
    told(&queued.domain, state, at, status, next)
}

fn told(domain: &str, state: State, at: Option<Timestamp>, status: Option<&Status>, next: String) -> Waiting {
    let cause = cause(state, status);
    let decided_by = status.and_then(decided_by).map(str::to_owned);
    Waiting {
        state,
        cause,
        why: why(domain, state, cause, status),
        next,
        at,
        status: status.cloned(),
        decided_by,
    }
}

fn cause(state: State, status: Option<&Status>) -> Cause {
    match status {
        _ if matches!(state, State::Held | State::Ending) => Cause::Operator,
        None => Cause::Nothing,
        Some(status) if status.reply.is_some() => Cause::Host,
        Some(status) if status.concerns_tls() || status.reason.starts_with("TLS is required") => Cause::Tls,
        Some(status) if decided_by(status).is_some() => Cause::Policy,
        Some(status) if status.code.subject == 4 => Cause::Network,
        Some(status) if status.code.subject == 3 => Cause::Ourselves,
        Some(_) => Cause::Host,
    }
}

fn why(domain: &str, state: State, cause: Cause, status: Option<&Status>) -> String {
    let host = status.and_then(|status| status.host.as_deref()).unwrap_or("the host");
    let reason = status.map(reason).unwrap_or_default();
    let reason = reason.as_str();
    match cause {
        Cause::Operator if state == State::Ending => "The operator has given it up.".to_owned(),
        Cause::Operator => "The operator holds it.".to_owned(),
        Cause::Nothing => "Nothing stands in the way so far: it was not tried yet.".to_owned(),
        Cause::Tls => format!("TLS with {host} did not come about as it must: {}.", of_tls(reason)),
        Cause::Policy => format!("A policy of this relay keeps mail from {host}: {reason}."),
        Cause::Host => match status.and_then(|status| status.reply.as_deref()) {
            Some(reply) => format!("{} answered: {reply}", capital(host)),
            None => format!("{}: {reason}.", capital(host)),
        },
        Cause::Network => format!("No host of {domain} could be reached: {reason}."),
        Cause::Ourselves => format!("This relay is at fault: {reason}."),
    }
}

fn next(now: Timestamp, state: State, at: Option<Timestamp>, end: &str) -> String {
    let when = at.map(|at| moment(now, at)).unwrap_or_default();
    match state {
        State::Delivering => "It is being delivered now.".to_owned(),
        State::Held => "Nothing happens, and nothing expires, until it is released.".to_owned(),
        State::Ending => "It goes as soon as it is its turn.".to_owned(),
        State::PutOff => {
            format!("Nothing is tried before; one message tries again {when}. {end} if nothing gets through.")
        }
        State::Planned => format!("It is tried again {when}. {end} if nothing gets through."),
        State::Due => {
            format!("It is due: it is tried as soon as a connection is free. {end} if nothing gets through.")
        }
    }
}

/// Why, without the line that decided; and how a policy failed, if one did.
pub fn reason(status: &Status) -> String {
    let reason = status.reason.split(" (decided by ").next().unwrap_or(&status.reason).to_owned();
    Status { reason, ..status.clone() }.in_full().into_owned()
}

/// That TLS is required has been said already.
fn of_tls(reason: &str) -> &str {
    let rest =
        ["TLS is required: ", "TLS is required, but "].into_iter().find_map(|said| reason.strip_prefix(said));
    rest.unwrap_or(reason)
}

/// The line that decided, which `Problem` writes behind the reason.
fn decided_by(status: &Status) -> Option<&str> {
    status.reason.split_once(" (decided by ")?.1.strip_suffix(')')
}

/// How far away a time is, in at most two units: `in 5 min`, `3 h 2 min ago`.
pub fn moment(now: Timestamp, time: Timestamp) -> String {
    if time > now { format!("in {}", span(now, time)) } else { format!("{} ago", span(time, now)) }
}

/// From a time to a later one, in at most two units.
pub fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |large: String, small: u64, unit: &str| {
        if small == 0 { large } else { format!("{large} {small} {unit}") }
    };
    match () {
        () if minutes == 0 => format!("{seconds} s"),
        () if hours == 0 => format!("{minutes} min"),
        () if days == 0 => two(format!("{hours} h"), minutes % 60, "min"),
        () => two(format!("{days} d"), hours % 24, "h"),
    }
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn capital(text: &str) -> String {
    if text == "the host" { "The host".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
