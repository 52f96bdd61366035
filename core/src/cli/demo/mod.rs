//! `waxseal demo`: a relay, a receiving host, and mail between them, on this machine only.

mod certificates;
mod files;
mod host;
mod mails;
mod sender;
mod show;
mod stage;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};
use waxseal_plugins::reload::Status;

use self::certificates::Certificates;
use self::files::Ports;
use self::host::Host;
use self::stage::Stage;
use super::setting::{self, Setting, errors, listed, shown};
use super::signals::Signals;
use super::{Outcome, output};
use crate::config::{Config, Log, LogFormat};
use crate::observe;
use crate::relay::{Relay, StartError};

/// Everything of the demo is in here, below the working directory.
const DIRECTORY: &str = "waxseal-demo";

/// How often we look whether a candidate was rejected: nobody is told of that.
const LOOK: Duration = Duration::from_millis(300);

/// Try it: a relay and a receiving host on this machine, each decision printed as it is taken
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The relay's port; its receiving hosts take the next two
    #[arg(long, default_value_t = 2525)]
    port: u16,
    /// End after the mails, instead of waiting for edits
    #[arg(long)]
    once: bool,
}

impl Arguments {
    pub(super) fn run(self, _: &Setting) -> anyhow::Result<Outcome> {
        // Decisions are printed by the demo itself; the program's own log would hide them.
        let _log = observe::tracing::init(&Log { format: LogFormat::Text, level: "off".to_owned() })?;
        let directory = std::path::absolute(DIRECTORY)?;
        setting::block_on(async {
            let mut stage = raise(&directory, self.port).await?;
            stage.round().await?;
            if !self.once {
                hints(&directory, stage.relay());
                stay(&mut stage).await?;
            }
            stage.strike().await;
            Ok(Outcome::Fine)
        })
    }
}

/// Starts the hosts, writes the files, starts the relay.
async fn raise(directory: &Path, port: u16) -> anyhow::Result<Stage> {
    let certificates = Certificates::make()?;
    let modern = bind(offset(port, 1)).await?;
    let legacy = bind(offset(port, 2)).await?;
    let ports =
        Ports { relay: port, modern: modern.local_addr()?.port(), legacy: legacy.local_addr()?.port() };
    let file = files::write(directory, &ports, &certificates)?;
    let (config, _) = Config::load(&file).map_err(|errors| anyhow!("{}", listed(&errors)))?;
    let relay = Relay::start(config).await.map_err(explain)?;
    let (host, arrivals) = Host::new(certificates.host()?);
    tokio::spawn(host.clone().serve(modern));
    tokio::spawn(host.without_tls().serve(legacy));
    Stage::new(relay, arrivals, &certificates)
}

/// Every reload is printed; a new bundle gets the mails again, so that the edit shows its effect.
async fn stay(stage: &mut Stage) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let live = stage.relay().services.live.clone();
    let mut swapped = live.subscribe();
    let mut before = live.status();
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = signals.stop() => return Ok(()),
            () = stage.watch() => {}
            changed = swapped.changed() => {
                changed.context("the relay ended")?;
                let generation = *swapped.borrow_and_update();
                output::say(format_args!("\nThe new policies are in force: generation {generation}. The mails once more:"));
                stage.round().await?;
            }
            _ = look.tick() => {
                let now = live.status();
                if let Some(news) = news(&before, &now) {
                    output::say(news);
                }
                before = now;
            }
        }
    }
}

/// What a look shows that no new generation tells: broken files, or files as they were before.
fn news(before: &Status, now: &Status) -> Option<String> {
    let generation = now.generation;
    if now.rejected > before.rejected {
        let findings = listed(&errors(now.diagnostics.clone()));
        Some(format!("\nThe new policies are broken: generation {generation} stays in force.\n\n{findings}"))
    } else if generation == before.generation && now.diagnostics.is_empty() && !before.diagnostics.is_empty()
    {
        Some(format!("\nThe policies are those in force again: generation {generation}."))
    } else {
        None
    }
}

fn hints(directory: &Path, relay: &Relay) {
    let directory = shown(directory);
    let program = std::env::args().next().unwrap_or_else(|| "waxseal".to_owned());
    let server = relay.listeners.first().map(ToString::to_string).unwrap_or_default();
    output::say(format_args!(
        "
The relay stays up. Now change a decision, save, and watch:

  edit   {directory}/policies/domains.rhai             which policy decides for whom
         {directory}/policies/outgoing/require.rhai    what a policy says
  send   swaks --server {server} --tls --from me@home.example --to you@require.example
  look   {program} --config {directory}/waxseal.toml status

Ctrl-C ends it. No mail leaves this machine.
"
    ));
}

fn explain(error: StartError) -> anyhow::Error {
    let is_port = matches!(error, StartError::Listen(..));
    let error = anyhow::Error::new(error);
    if is_port { error.context("`--port` chooses other ports") } else { error }
}

/// The port so many further on; 0, which lets the system choose, stays 0.
fn offset(port: u16, by: u16) -> u16 {
    if port == 0 { 0 } else { port.saturating_add(by) }
}

async fn bind(port: u16) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let bound = TcpListener::bind(address).await;
    bound.with_context(|| {
        format!("the demo's receiving host cannot listen on {address}; `--port` chooses other ports")
    })
}
