//! The life of a running relay, and what its parts share.

pub mod certificates;
mod directories;
mod error;
pub mod outside;
pub mod signing;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use waxseal_plugins::bundle::Settings;
use waxseal_plugins::diagnostic::Diagnostic;
use waxseal_plugins::outside::Nowhere;
use waxseal_plugins::reload::{Live, Reloaded, Removals, Source};
use waxseal_plugins::wasm::Host;

use self::certificates::Certificates;
pub use self::error::StartError;
use self::outside::RelayOutside;
use self::signing::Signing;
use crate::admin::access::Token;
use crate::admin::{self, Running};
use crate::authentication::Authenticator;
use crate::config::Config;
use crate::incoming::{Imagined, Server, Sessions};
use crate::names::{NameSystem, Names, NoResolver};
use crate::observe::Observer;
use crate::outgoing;
use crate::quarantine;
use crate::shadow::Shadow;
use crate::spool::{Embedded, Options, Spool};
use crate::telemetry::Exporting;
use crate::tls::{self, Tls};

/// The folder of the data directory in which the last good policies are kept.
pub const LAST_GOOD: &str = "last_good";

/// What the parts of a running relay share.
pub struct Services {
    /// The configuration.
    pub config: Config,
    /// The bundle in force.
    pub live: Live,
    /// Identities, roots, TLS configurations and their sessions, memory of failures.
    pub tls: Tls,
    /// A candidate that is asked without effect, if one is.
    pub shadow: Shadow,
    /// What is wrong with the files of identities and roots.
    pub certificates: Certificates,
    /// Finds out who a message is from.
    pub authenticator: Authenticator,
    /// The keys that sign mail.
    pub signing: Signing,
    /// The durable queue.
    pub spool: Arc<dyn Spool>,
    /// Decision log and metrics.
    pub observer: Observer,
    /// The resolver. Without one mail is taken and kept, and plugins find nothing out.
    pub names: Result<Arc<dyn Names>, NoResolver>,
    /// What runs plugins, and keeps what they remember.
    pub plugins: Host,
    /// The incoming sessions in progress.
    pub sessions: Sessions,
    /// Cancelled when the relay is to stop: nothing new is begun, transactions in progress end.
    pub stopping: CancellationToken,
    /// All sessions and attempts in progress.
    pub tasks: TaskTracker,
}

/// A running relay. Dropped without [`Relay::stop`], it runs on until the process ends.
pub struct Relay {
    /// What its parts share.
    pub services: Arc<Services>,
    /// The bound addresses, in the order of the configuration's listeners.
    pub listeners: Vec<SocketAddr>,
    /// The bound admin address.
    pub admin: Option<SocketAddr>,
    /// Servers, dispatcher and watchers: they end when the relay is stopping.
    parts: TaskTracker,
    exporting: Option<Exporting>,
}

/// What a reload of identities and roots came to: warnings come with it, errors instead of it.
pub type Identities = Result<(tls::Reloaded, Vec<Diagnostic>), Vec<Diagnostic>>;

/// What a reload of everything that can be reloaded came to.
#[derive(Clone, Debug)]
pub struct Reload {
    /// Table, policies and filters.
    pub policies: Reloaded,
    /// Identities and roots; warnings come with them.
    pub identities: Identities,
    /// The keys that sign mail.
    pub signing_keys: signing::Keys,
}

/// How a relay stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Every transaction in progress ended.
    Complete,
    /// The time was up: so many sessions and attempts were cut. Their mail is in the spool, or was
    /// never answered with 250.
    Cut(usize),
}

impl Services {
    /// Reads policies, identities, roots and signing keys again; what is broken stays as it was.
    pub async fn reload(self: &Arc<Self>, removals: Removals) -> Reload {
        let policies = self.live.reload(removals).await;
        let identities = certificates::reload(self).await;
        Reload { policies, identities, signing_keys: signing::reload(self).await }
    }
}

impl Relay {
    /// Starts a relay. Everything that can fail comes first: when this returns, it listens.
    ///
    /// # Errors
    ///
    /// What is wrong, and where; nothing runs then.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        directories::private(&config.data_dir)?;
        let services = Arc::new(services(config)?);
        let mut servers = Vec::new();
        for listener in &services.config.listeners {
            let server = Server::bind(listener).await;
            servers.push(server.map_err(|error| StartError::Listen(listener.address, error))?);
        }
        let http = match &services.config.admin {
            Some(admin) => Some(admin::http::bind(admin, &services.config.data_dir).await?),
            None => None,
        };
        let socket = services.config.data_dir.join(admin::SOCKET);
        let control = admin::control::bind(&socket).map_err(|error| StartError::Control(socket, error))?;
        let listeners: Vec<SocketAddr> = servers.iter().map(Server::address).collect();
        let admin = http.as_ref().and_then(|(listener, _)| listener.local_addr().ok());
        let exporting = exporting(&services)?;
        let relay = Self { services, listeners, admin, parts: TaskTracker::new(), exporting };
        relay.spawn(servers, http, control);
        Ok(relay)
    }

    /// Stops it: nothing new is begun, transactions in progress end, for as long as
    /// `timeouts.stop` says.
    pub async fn stop(self) -> Stopped {
        let Services { stopping, tasks, spool, plugins, observer, config, .. } = &*self.services;
        stopping.cancel();
        tasks.close();
        self.parts.close();
        let ended = async { tokio::join!(self.parts.wait(), tasks.wait()) };
        let in_time = tokio::time::timeout(config.timeouts.stop, ended).await.is_ok();
        let stopped = if in_time { Stopped::Complete } else { Stopped::Cut(tasks.len()) };
        spool.shutdown().await;
        // The last decisions are gathered for a moment before they are written.
        observer.flush().await;
        if let Some(exporting) = self.exporting {
            exporting.finish().await;
        }
        write(plugins.clone()).await;
        // A stale socket would do no harm: the next start takes its place.
        let _ = std::fs::remove_file(config.data_dir.join(admin::SOCKET));
        stopped
    }

    fn spawn(&self, servers: Vec<Server>, http: Option<(TcpListener, Token)>, control: UnixListener) {
        let running = Running {
            services: Arc::clone(&self.services),
            started: Timestamp::now(),
            listeners: self.listeners.clone(),
            admin: self.admin,
            counted: Arc::default(),
        };
        for server in servers {
            self.parts.spawn(server.run(Arc::clone(&self.services)));
        }
        self.parts.spawn(outgoing::run(Arc::clone(&self.services)));
        self.parts.spawn(quarantine::watch(Arc::clone(&self.services)));
        self.parts.spawn(watch_policies(Arc::clone(&self.services)));
        self.parts.spawn(certificates::watch(Arc::clone(&self.services)));
        self.parts.spawn(admin::control::serve(control, running.clone()));
        if let Some((listener, token)) = http {
            self.parts.spawn(admin::audience::keep(Arc::clone(&self.services)));
            self.parts.spawn(admin::http::serve(listener, token, running));
        }
    }
}

/// What happens is sent to a collector, where the configuration names one.
fn exporting(services: &Services) -> Result<Option<Exporting>, StartError> {
    let Services { config, observer, .. } = services;
    let start = |telemetry| Exporting::start(telemetry, config, observer);
    config.telemetry.as_ref().map(start).transpose().map_err(StartError::Telemetry)
}

/// The queue comes first: its lock keeps a second relay out of the data directory.
fn services(config: Config) -> Result<Services, StartError> {
    let data_dir = &config.data_dir;
    let options = Options { quarantine: config.quarantine.limits, ..Options::default() };
    let spool = Embedded::open_with(&data_dir.join("spool"), options).map_err(StartError::Spool)?;
    let audience = config.admin.is_some().then(|| admin::audience::read(data_dir));
    let observer = Observer::open(data_dir, audience)
        .map_err(|error| StartError::DecisionLog(data_dir.clone(), error))?;
    let names = NameSystem::new(&config.dns);
    let resolver = names.clone().map(|names| names.resolver());
    let authenticator = Authenticator::new(resolver, &config.hostname, config.authentication.timeout);
    let names = names.map(|names| Arc::new(names) as Arc<dyn Names>);
    let plugins = plugins(&config, RelayOutside::new(names.clone(), observer.clone()))?;
    let (tls, warnings) = Tls::load(&config).map_err(StartError::Tls)?;
    let signing = Signing::load(&config).map_err(StartError::SigningKeys)?;
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    let live = Live::load(source(&config, plugins.clone())).map_err(StartError::Policies)?;
    Ok(Services {
        config,
        live,
        shadow: Shadow::default(),
        tls,
        certificates: Certificates::new(warnings),
        authenticator,
        signing,
        spool: Arc::new(spool),
        observer,
        names,
        plugins,
        sessions: Sessions::default(),
        stopping: CancellationToken::new(),
        tasks: TaskTracker::new(),
    })
}

/// What plugins remember is read again at the next start: the directory is the relay's own, like the one
/// that it is in.
fn plugins(config: &Config, outside: RelayOutside) -> Result<Host, StartError> {
    let directory = config.data_dir.join("plugins");
    directories::private(&directory)?;
    Ok(Host::new(Some(directory), config.plugins.clone(), Arc::new(outside)))
}

/// What plugins remember is on the disk when this has ended.
async fn write(plugins: Host) {
    // A panic of the writer has been logged, and must not keep the relay from stopping.
    let _ = tokio::task::spawn_blocking(move || plugins.write()).await;
}

fn source(config: &Config, plugins: Host) -> Source {
    Source {
        directory: config.policies.clone(),
        last_good: config.data_dir.join(LAST_GOOD),
        settings: Settings { plugins, ..settings(config) },
    }
}

/// What the checks of policies must know of the configuration. Plugins have what the site grants them,
/// keep nothing, and reach nothing.
pub fn settings(config: &Config) -> Settings {
    let names = config.tls.identities.iter().filter_map(|identity| identity.names.first());
    Settings {
        tls_enabled: config.tls.enabled,
        identities: names.cloned().collect(),
        directory: config.file.parent().unwrap_or(&config.file).to_owned(),
        lists: Some(config.policies.join("lists")),
        transports: Some(config.transports.iter().map(|transport| transport.name.clone()).collect()),
        plugins: Host::new(None, config.plugins.clone(), Arc::new(Nowhere)),
        reader: Some(Arc::new(Imagined::of(config))),
    }
}

async fn watch_policies(services: Arc<Services>) {
    services.stopping.run_until_cancelled(services.live.watch()).await;
}
