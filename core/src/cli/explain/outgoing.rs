//! `waxseal explain outgoing DOMAIN`.

use anyhow::anyhow;
use waxseal_plugins::conversation::{Delivery, Met, Overrides, Situation};
use waxseal_plugins::explain;
use waxseal_plugins::facts::{Facts as _, Host};
use waxseal_plugins::hooks::Direction;

use super::way::{self, Way};
use super::{Options, Report, facts, policies_of, situation, switch};
use crate::cli::setting::{self, Setting};
use crate::cli::{Outcome, written};
use crate::config::Config;
use crate::names::NameSystem;
use crate::outgoing::mail_hosts::{self, MailHost};
use crate::spool::Status;

/// What would become of mail to a domain
#[derive(Debug, clap::Args)]
#[command(after_help = super::after(Direction::Outgoing))]
pub(super) struct Arguments {
    /// The domain of recipients
    #[arg(value_parser = written::domain)]
    domain: String,
    /// The sender [default: postmaster@ this relay]
    #[arg(long, value_name = "ADDRESS", value_parser = written::sender)]
    sender: Option<String>,
    /// Look the domain's hosts up (MX records and addresses)
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    options: Options,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting, config: &Config) -> anyhow::Result<Outcome> {
        let situation = situation(self.options.situation.as_deref(), Direction::Outgoing)?;
        let asked = facts::read(&self.options.facts)?;
        let hosts = self.hosts(config)?;
        let (bundle, standing) = policies_of(config)?;
        let delivery = self.delivery(config, hosts.first(), &asked)?;
        let explanation = explain::outgoing(&bundle, &delivery);
        let way = way::chosen(&explanation, config);
        let goes_elsewhere = way.as_ref().is_some_and(|way| !way.hosts.is_empty());
        let report = Report {
            subject: self.domain,
            policies: standing,
            tls: switch(config),
            imagined: imagined(hosts.first(), way.as_ref(), &delivery),
            hosts: if goes_elsewhere { vec![] } else { hosts },
            way,
            explanation,
        };
        report.say(setting, situation)
    }

    /// Those of a route are known without asking anybody.
    fn hosts(&self, config: &Config) -> anyhow::Result<Vec<MailHost>> {
        if !self.live {
            return Ok(mail_hosts::routed(config, &self.domain).into_iter().collect());
        }
        setting::block_on(async {
            let names = NameSystem::new(&config.dns)?;
            let found = mail_hosts::look_up(config, &self.domain, &names).await;
            found.map_err(|Status { code, reason, .. }| {
                anyhow!("{} has no hosts: {reason} ({code})", self.domain)
            })
        })
    }

    /// To a host like the first: under its name and address, where they are known. What was asked for
    /// comes after.
    fn delivery(
        &self,
        config: &Config,
        host: Option<&MailHost>,
        asked: &Overrides,
    ) -> anyhow::Result<Delivery> {
        let mut facts = Overrides::default();
        if let Some(MailHost { name, port, found_by, addresses, .. }) = host {
            let address = addresses.first().map(ToString::to_string);
            let address =
                address.or_else(|| name.parse::<std::net::IpAddr>().ok().map(|address| address.to_string()));
            set(&mut facts, "name", name.as_str().into())?;
            set(&mut facts, "port", (*port).into())?;
            set(&mut facts, "found_by", (*found_by).into())?;
            if let Some(address) = address {
                set(&mut facts, "address", address.into())?;
            }
        }
        let default = || format!("postmaster@{}", config.hostname);
        Ok(Delivery {
            sender: self.sender.clone().unwrap_or_else(default),
            hosts: vec![Met { facts, ..Met::in_situation(Situation::Valid) }],
            tls: switch(config),
            facts: asked.clone(),
            ..Delivery::to(self.domain.clone(), Situation::Valid)
        })
    }
}

fn set(facts: &mut Overrides, fact: &str, value: serde_json::Value) -> anyhow::Result<()> {
    Ok(facts.set(Host::WORD, fact, value)?)
}

fn imagined(host: Option<&MailHost>, way: Option<&Way>, delivery: &Delivery) -> Vec<String> {
    let sender = if delivery.sender.is_empty() { "the null sender" } else { &delivery.sender };
    let next_hop = way.and_then(|way| way.hosts.first());
    let host = match host {
        _ if let Some(next_hop) = next_hop => format!("to the host {next_hop} (of the way above)"),
        Some(host) => format!("to the host {} (found by {})", host.name, host.found_by),
        None => format!("to a host mx.{} (found by mx)", delivery.domain),
    };
    vec![format!("mail of {sender}"), host]
}
