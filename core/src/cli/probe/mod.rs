//! `waxseal probe`: a domain's hosts, tried as outgoing mail would.

mod view;

use std::sync::Arc;

use serde::Serialize;
use waxseal_plugins::bundle::Settings;
use waxseal_plugins::wasm::Host;

use super::policies::{self, Standing};
use super::setting::{self, Setting};
use super::{Outcome, certificates, output, written};
use crate::config::{self, Config};
use crate::names::{NameSystem, Names};
use crate::observe::Observer;
use crate::outgoing::probe::{Probe, Probed, Target, Told};
use crate::relay::{self, outside::RelayOutside};

/// Try a domain's hosts as outgoing mail would, up to but not including MAIL
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Arguments {
    /// The domain of recipients
    #[arg(value_parser = written::domain, required_unless_present = "host", conflicts_with = "host")]
    domain: Option<String>,
    /// A host in the place of the domain's own, as if a route led to it
    #[arg(long, value_name = "NAME[:PORT]", value_parser = config::host)]
    host: Option<(String, Option<u16>)>,
    /// With --host: the domain of recipients [default: the host's name]
    #[arg(long = "domain", value_name = "DOMAIN", value_parser = written::domain, requires = "host")]
    domain_of_host: Option<String>,
    /// The sender that the hook `mail` is told of [default: postmaster@ this relay]
    #[arg(long, value_name = "ADDRESS", value_parser = written::sender)]
    sender: Option<String>,
}

const AFTER: &str = "\
Nothing is sent: each address of each host is connected to, one after the other, up to the question \
whether mail may cross the connection, and told goodbye. Policies and configuration are those on the \
disk; no relay needs to run, and what a running one remembers of failed handshakes does not count.\n\n\
Exits with 0 if mail could be sent to one of the hosts, 1 if to none, 2 where it could not run.";

#[derive(Serialize)]
struct Report<'a> {
    policies: Standing,
    #[serde(flatten)]
    probed: &'a Probed,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let config = setting.config()?;
        let target = self.target(&config);
        let tls = certificates::load(&config)?;
        setting::block_on(async {
            let names: Arc<dyn Names> = Arc::new(NameSystem::new(&config.dns)?);
            let (bundle, standing) = policies::load(&config, &settings(&config, Arc::clone(&names)))?;
            let probe = Probe { config: &config, tls: &tls, bundle: &bundle, names: &*names };
            let probed = if setting.json {
                let probed = probe.run(&target, |_| {}).await;
                output::say_json(&Report { policies: standing, probed: &probed })?;
                probed
            } else {
                say_all(probe, &target).await
            };
            Ok(if probed.is_reachable() { Outcome::Fine } else { Outcome::Problems })
        })
    }

    fn target(self, config: &Config) -> Target {
        let default = format!("postmaster@{}", config.hostname);
        let host = self.host.map(|(name, port)| (name, port.unwrap_or(config.delivery.port)));
        let of_host = || host.as_ref().map(|(name, _)| name.clone());
        Target {
            domain: self.domain.or(self.domain_of_host).or_else(of_host).unwrap_or_default(),
            host,
            sender: self.sender.unwrap_or(default),
        }
    }
}

/// Each address is shown at once, and what was found there as soon as it is: a silent one takes its time.
async fn say_all(probe: Probe<'_>, target: &Target) -> Probed {
    let row = probe.bundle.table().outgoing(&target.domain, waxseal_plugins::table::today());
    view::heading(probe.config, &target.domain, &row).iter().for_each(output::say);
    let now = jiff::Timestamp::now();
    let tell = |told: Told<'_>| match told {
        Told::Begins(visit) => view::title(visit).iter().for_each(output::say),
        Told::Ends(visit) => view::visit(now, &row, visit).iter().for_each(output::say),
    };
    let probed = probe.run(target, tell).await;
    output::say(view::summary(&probed));
    probed
}

/// Plugins may look names up, as on real mail, and keep nothing.
fn settings(config: &Config, names: Arc<dyn Names>) -> Settings {
    let outside = RelayOutside::new(Ok(names), Observer::off());
    Settings {
        plugins: Host::new(None, config.plugins.clone(), Arc::new(outside)),
        ..relay::settings(config)
    }
}
