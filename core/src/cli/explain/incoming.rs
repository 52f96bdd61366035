//! `waxseal explain incoming DOMAIN|ADDRESS`.

use std::net::{IpAddr, Ipv4Addr};

use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::conversation::{Listener, Met, Overrides, Reception, Situation};
use waxseal_plugins::explain;
use waxseal_plugins::facts::{Certificate, Client, Facts as _};
use waxseal_plugins::hooks::Direction;
use waxseal_plugins::table;

use super::{Options, Report, facts, policies_of, situation, switch};
use crate::cli::setting::Setting;
use crate::cli::{Outcome, certificates, written};
use crate::config::{Config, ListenerMode};
use crate::tls::certificate::own_names;

/// Addresses that nobody has (RFC 5737): a client from one of them has a row of its own only if the table
/// wants it so.
const NOBODY: [Ipv4Addr; 3] =
    [Ipv4Addr::new(192, 0, 2, 25), Ipv4Addr::new(198, 51, 100, 25), Ipv4Addr::new(203, 0, 113, 25)];

/// A domain that nobody has (RFC 2606).
const NO_DOMAIN: &str = "sender.invalid";

/// What would become of mail of a sender, or from a client
#[derive(Debug, clap::Args)]
#[command(after_help = super::after(Direction::Incoming))]
pub(super) struct Arguments {
    /// The sender's domain, or the client's address
    #[arg(value_name = "DOMAIN|ADDRESS", value_parser = whom)]
    whom: Whom,
    /// With an address: the sender's domain or address; <> for the null sender
    #[arg(long, value_name = "SENDER", value_parser = sender)]
    sender: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// Who sends.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whom {
    /// A client, by its address.
    Client(IpAddr),
    /// A sender's domain, from any client.
    Sender(String),
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting, config: &Config) -> anyhow::Result<Outcome> {
        let situation = situation(self.options.situation.as_deref(), Direction::Incoming)?;
        let asked = facts::read(&self.options.facts)?;
        let (address, sender) = match (&self.whom, &self.sender) {
            (Whom::Client(address), sender) => (Some(*address), sender.clone()),
            (Whom::Sender(domain), None) => (None, Some(format!("someone@{domain}"))),
            (Whom::Sender(_), Some(_)) => {
                anyhow::bail!("--sender goes with a client's address: a domain is the sender's already")
            }
        };
        let (bundle, standing) = policies_of(config)?;
        let address = address.unwrap_or_else(|| nobody(&bundle));
        let sender = sender.unwrap_or_else(|| format!("someone@{NO_DOMAIN}"));
        let row = bundle.table().incoming(address, table::today());
        let own = own_certificate(config, &row.identity);
        let facts = told(own.as_ref())?.and(&asked);
        let reception = reception(config, address, sender, facts);
        let report = Report {
            subject: self.whom.to_string(),
            policies: standing,
            tls: switch(config),
            imagined: imagined(&reception, own.as_ref()),
            hosts: vec![],
            way: None,
            explanation: explain::incoming(&bundle, &reception),
        };
        report.say(setting, situation)
    }
}

impl std::fmt::Display for Whom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Client(address) => write!(f, "{address}"),
            Self::Sender(domain) => f.write_str(domain),
        }
    }
}

fn whom(text: &str) -> Result<Whom, String> {
    text.parse().map(Whom::Client).or_else(|_| written::domain(text).map(Whom::Sender))
}

/// A domain stands for anybody in it.
fn sender(text: &str) -> Result<String, String> {
    if text.contains(['@', '<']) {
        written::sender(text)
    } else {
        written::domain(text).map(|domain| format!("someone@{domain}"))
    }
}

fn reception(config: &Config, address: IpAddr, sender: String, facts: Overrides) -> Reception {
    let mode = config.listeners.first().map(|listener| listener.mode);
    Reception {
        address,
        client: Met { facts, ..Met::in_situation(Situation::Valid) },
        listener: if mode == Some(ListenerMode::Implicit) { Listener::Implicit } else { Listener::StartTls },
        tls: switch(config),
        ..Reception::from(sender, Situation::Valid)
    }
}

/// Our own certificate as others see it: it is real, and policies ask for it. `None` where there is none, or
/// the files are broken, of which `waxseal check` tells.
fn own_certificate(config: &Config, identity: &str) -> Option<Certificate> {
    let tls = certificates::load(config).ok()?;
    tls.judge_identity(identity, own_names(config, ""), jiff::Timestamp::now())
}

fn told(own: Option<&Certificate>) -> anyhow::Result<Overrides> {
    let mut facts = Overrides::default();
    if let Some(own) = own {
        facts.set(Client::WORD, "own_certificate", serde_json::to_value(own)?)?;
    }
    Ok(facts)
}

/// An address for which `*` holds, if there is one.
fn nobody(bundle: &Bundle) -> IpAddr {
    let has_none =
        |address: &Ipv4Addr| bundle.table().incoming((*address).into(), table::today()).pattern == "*";
    NOBODY.into_iter().find(has_none).unwrap_or(Ipv4Addr::new(192, 0, 2, 25)).into()
}

fn imagined(reception: &Reception, own: Option<&Certificate>) -> Vec<String> {
    let sender = if reception.sender.is_empty() { "the null sender" } else { &reception.sender };
    let listener = match reception.listener {
        Listener::StartTls => "a listener with STARTTLS",
        Listener::Implicit => "a listener with TLS from the first byte",
    };
    let own = match own {
        None => "our own certificate being one that others can validate".to_owned(),
        Some(own) if own.verified => "our own certificate as it is: others can validate it".to_owned(),
        Some(own) => format!("our own certificate as it is: others CANNOT validate it, {}", own.problem),
    };
    vec![
        format!("mail of {sender}"),
        format!("from a client at {}", reception.address),
        format!("to {listener}"),
        own,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_is_a_client_or_a_sender() {
        assert_eq!(whom("192.0.2.7"), Ok(Whom::Client("192.0.2.7".parse().unwrap())));
        assert_eq!(whom("2001:db8::7"), Ok(Whom::Client("2001:db8::7".parse().unwrap())));
        assert_eq!(whom("Example.COM"), Ok(Whom::Sender("example.com".to_owned())));
        assert!(whom("ann@example.com").unwrap_err().contains("example.com"));
        assert_eq!(sender("example.com"), Ok("someone@example.com".to_owned()));
        assert_eq!(sender("<>"), Ok(String::new()));
    }
}
