//! Mail that we send: over the hosts of a domain, in their order.

use std::sync::Arc;

use jiff::civil::Date;

use super::asking::Asking;
use super::host::{Attempt, Crossed};
use super::news::News;
use super::problem::Problem;
use super::{Conversation, End, Fate, Met, Overrides, Situation, Switch};
use crate::bundle::Bundle;
use crate::facts::{Host, Mail, Row};
use crate::hooks::outgoing;
use crate::rhai::voice;
use crate::table;
use crate::verdicts::EnhancedCode;
use crate::verdicts::outgoing::Way;

/// A delivery: what is to be sent, and whom it meets.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The recipients' domain.
    pub domain: String,
    /// The reverse-path; empty for the null sender.
    pub sender: String,
    /// The domain's hosts, in the order in which they are tried.
    pub hosts: Vec<Met>,
    /// The global TLS switch.
    pub tls: Switch,
    /// The day by which rows hold.
    pub today: Date,
    /// The facts that differ, of all hosts and of the mail.
    pub facts: Overrides,
}

impl Delivery {
    /// Mail to a domain that has one host.
    pub fn to(domain: impl Into<String>, situation: Situation) -> Self {
        Self {
            domain: domain.into(),
            sender: "alice@example.com".to_owned(),
            hosts: vec![Met::in_situation(situation)],
            tls: Switch::On,
            today: table::today(),
            facts: Overrides::default(),
        }
    }

    fn mail(&self) -> Mail {
        self.facts.apply(Mail {
            sender: self.sender.clone(),
            sender_domain: domain_of(&self.sender),
            recipient_domain: self.domain.clone(),
            size: 12_345,
            attempts: 0,
            recipients: vec![format!("bob@{}", self.domain)],
            ..Mail::default()
        })
    }
}

/// Delivers, as an attempt of the relay would.
pub fn deliver(bundle: &Bundle, delivery: &Delivery) -> Conversation {
    voice::silent(|| over_hosts(bundle, delivery))
}

/// Whether a later attempt may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hope {
    /// Every host so far refused for good.
    Lost,
    /// A host was not reached, or said "later".
    Left,
}

impl Hope {
    fn after(problem: &Problem) -> Self {
        if problem.is_permanent() { Self::Lost } else { Self::Left }
    }
}

fn over_hosts(bundle: &Bundle, delivery: &Delivery) -> Conversation {
    let row = bundle.table().outgoing(&delivery.domain, delivery.today);
    let row = Arc::new(delivery.facts.apply(Row::clone(&row)));
    let mut asking = Asking::new(bundle);
    asking.note(Arc::clone(&row));
    let mail = Arc::new(delivery.mail());
    let way = match choose(&mut asking, &delivery.domain, (&row, &mail)) {
        Ok(way) => way,
        Err(problem) => {
            let hope = Hope::after(&problem);
            let end = unsent(Some((problem, String::new())), hope, row);
            return News { delivery, mail: &mail, host: None }.told(asking, end);
        }
    };
    let mut said: Option<(Problem, String)> = None;
    let mut hope = if delivery.hosts.is_empty() { Hope::Left } else { Hope::Lost };
    for (number, met) in delivery.hosts.iter().enumerate() {
        let mut attempt = Attempt::new(&mut asking, delivery, met, (&row, &mail), (&way, number));
        let name = attempt.name().to_owned();
        match attempt.run() {
            Ok(crossed) => {
                let host = Some(attempt.into_host());
                return News { delivery, mail: &mail, host }.told(asking, sent(crossed, name, row));
            }
            Err(problem) => {
                if Hope::after(&problem) == Hope::Left {
                    hope = Hope::Left;
                }
                if said.as_ref().is_none_or(|(noted, _)| problem.tells_more_than(noted)) {
                    said = Some((problem, name));
                }
            }
        }
    }
    News { delivery, mail: &mail, host: None }.told(asking, unsent(said, hope, row))
}

/// The way that filters choose, if there are any; what a transport says is not known here.
fn choose(
    asking: &mut Asking<'_>,
    domain: &str,
    (row, mail): (&Arc<Row>, &Arc<Mail>),
) -> Result<Way, Problem> {
    if !asking.is_filtered::<outgoing::Route>() {
        return Ok(Way::default());
    }
    let host = Host { domain: domain.to_owned(), row: Arc::clone(row), ..Host::default() };
    let decision = asking.ask::<outgoing::Route>("", &Arc::new(host), mail);
    match Problem::of(&decision, EnhancedCode::new(4, 7, 0)) {
        Some(problem) => Err(problem),
        None => Ok(decision.outcome().way().cloned().unwrap_or_default()),
    }
}

fn sent(crossed: Crossed, host: String, row: Arc<Row>) -> End {
    let fate = if crossed.encrypted { Fate::SentEncrypted } else { Fate::SentClear };
    let Crossed { encrypted, verified, decided_by } = crossed;
    let decided_by = Some(decided_by);
    End { fate, code: None, smtp: 0, text: String::new(), encrypted, verified, decided_by, row, host }
}

/// The message fails only if every host was reached and refused; else it waits.
fn unsent(said: Option<(Problem, String)>, hope: Hope, row: Arc<Row>) -> End {
    let nowhere = || (Problem::unreached("the domain, which has no hosts,"), String::new());
    let (problem, host) = said.unwrap_or_else(nowhere);
    End {
        fate: match hope {
            Hope::Left => Fate::Waits,
            Hope::Lost => Fate::Returned,
        },
        code: Some(problem.code),
        smtp: 0,
        text: problem.text,
        encrypted: false,
        verified: false,
        decided_by: problem.place,
        row,
        host,
    }
}

/// The domain of an address; empty for the null sender and for address literals.
pub(super) fn domain_of(address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    if domain.starts_with('[') { String::new() } else { domain.to_ascii_lowercase() }
}
