//! Who looks at the relay: administrators, and collectors of spans.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

/// Spans of OpenTelemetry.
#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    /// Where they are sent, by OTLP over HTTP.
    pub otlp: Url,
    /// What the relay is called there.
    pub service_name: String,
    /// Which share of all traces is kept, from 0 to 1.
    pub sample: f64,
}

/// The relay's side for its administrators, over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Where it is served.
    pub address: SocketAddr,
    /// The file of the token; `None` for the one in `data_dir`.
    pub token_file: Option<PathBuf>,
    /// The names, beside our own and `localhost`, by which browsers reach it.
    pub names: Vec<String>,
    /// How it is reached.
    pub transport: AdminFront,
    /// Who may read the metrics.
    pub metrics: MetricsAccess,
}

/// How the admin address is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminFront {
    /// As it is: HTTP in clear.
    Clear,
    /// Through a proxy that speaks TLS: cookies are for TLS only.
    BehindTls,
}

/// Who may read the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsAccess {
    /// Whoever reaches the address.
    #[default]
    Open,
    /// Whoever has the token.
    Token,
}
