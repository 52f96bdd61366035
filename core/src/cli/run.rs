//! `waxseal run`: the relay.

use std::sync::Arc;

use waxseal_plugins::reload::{Reloaded, Removals};

use super::setting::{self, Setting};
use super::signals::{Asked, Signals};
use super::{Outcome, output};
use crate::config::Config;
use crate::observe;
use crate::relay::{Relay, Services, Stopped};

/// Runs the relay until a signal ends it.
pub(super) fn run(setting: &Setting) -> anyhow::Result<Outcome> {
    let config = setting.config()?;
    let _log = observe::tracing::init(&config.log)?;
    setting::block_on(serve(config))
}

/// Runs until a signal: SIGTERM and SIGINT stop it once transactions in progress have ended, or at
/// the second one at once; SIGHUP reloads.
async fn serve(config: Config) -> anyhow::Result<Outcome> {
    let mut signals = Signals::new()?;
    let relay = Relay::start(config).await?;
    announce(&relay);
    while let Asked::Reload = signals.next().await {
        // On a task of its own: a signal to stop does not wait for its end.
        let services = Arc::clone(&relay.services);
        tokio::spawn(async move { reload(&services).await });
    }
    let limit = relay.services.config.timeouts.stop;
    tracing::info!(
        "stopping: transactions in progress may take {} s more; a second signal ends them",
        limit.as_secs()
    );
    let stopped = tokio::select! {
        stopped = relay.stop() => Some(stopped),
        () = signals.stop() => None,
    };
    match stopped {
        Some(Stopped::Complete) => tracing::info!("stopped"),
        Some(Stopped::Cut(number)) => {
            tracing::warn!(
                "stopped: {number} sessions and attempts were cut; their senders or the queue try again"
            );
        }
        None => tracing::warn!("stopped at once; what was cut is in the queue, or its senders try again"),
    }
    Ok(Outcome::Fine)
}

fn announce(relay: &Relay) {
    let config = &relay.services.config;
    output::say(format_args!("waxseal {} as {}", env!("CARGO_PKG_VERSION"), config.hostname));
    for (address, listener) in relay.listeners.iter().zip(&config.listeners) {
        output::say(format_args!("  listens on {address} ({})", listener.mode));
    }
    if let Some(address) = relay.admin {
        output::say(format_args!(
            "  admin side on http://{address}/ (`waxseal admin token` prints its token)"
        ));
    }
    let generation = relay.services.live.current().generation();
    output::say(format_args!("  policies: {}, generation {generation}", config.policies.display()));
    if !config.tls.enabled {
        output::say(
            "  TLS is off: nothing is offered, started or verified (`enabled = true` under [tls] turns it on)",
        );
    }
}

async fn reload(services: &Arc<Services>) {
    let reload = services.reload(Removals::Refuse).await;
    match reload.policies {
        Reloaded::Swapped { generation, .. } => {
            tracing::info!("SIGHUP: policies of generation {generation} are in force");
        }
        Reloaded::Unchanged { generation } => {
            tracing::info!("SIGHUP: policies are unchanged, generation {generation}");
        }
        Reloaded::Rejected { diagnostics, .. } => {
            tracing::error!(
                "SIGHUP: the policies are broken, those of before stay\n{}",
                setting::listed(&diagnostics)
            );
        }
    }
    if let Err(findings) = reload.signing_keys {
        tracing::error!(
            "SIGHUP: signing keys are broken, those of before stay\n{}",
            setting::listed(&findings)
        );
    }
    if let Err(findings) = reload.identities {
        tracing::error!(
            "SIGHUP: certificates or roots are broken, those of before stay\n{}",
            setting::listed(&findings)
        );
    }
}
