//! Batches of spans go to the collector, one after the other.

use std::io;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::sync::mpsc;

use super::client::Collector;
use crate::config::{Config, Telemetry};
use crate::observe::Observer;

/// How long the collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(10);

/// Spans that go out together.
pub(super) type Batch = Vec<SpanData>;

/// Why nothing can be exported.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There are no roots.
    #[error(
        "the certificate of `telemetry.otlp` cannot be verified, since the system has no roots: {0}; install the package ca-certificates"
    )]
    Roots(#[source] io::Error),
    /// The library does not take the address, or what its own variables say.
    #[error("`telemetry.otlp` cannot be used: {0}")]
    Build(#[source] ExporterBuildError),
}

/// Sends batches.
pub(super) struct Exporter {
    exporter: SpanExporter,
    observer: Observer,
    /// Whether the last batch was lost: said once, not for each.
    failing: bool,
}

impl Exporter {
    pub(super) fn new(
        telemetry: &Telemetry,
        config: &Config,
        observer: Observer,
    ) -> Result<Self, SetupError> {
        let client = Collector::new(telemetry.otlp.scheme(), PATIENCE).map_err(SetupError::Roots)?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(telemetry.otlp.as_str())
            .with_timeout(PATIENCE)
            .build();
        let mut exporter = exporter.map_err(SetupError::Build)?;
        exporter.set_resource(
            &Resource::builder()
                .with_service_name(telemetry.service_name.clone())
                .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
                .with_attribute(KeyValue::new("host.name", config.hostname.clone()))
                .build(),
        );
        Ok(Self { exporter, observer, failing: false })
    }

    /// Sends what comes, until nothing more can come.
    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Batch>) {
        while let Some(batch) = waiting.recv().await {
            let count = batch.len() as u64;
            let sent = self.exporter.export(batch).await;
            let telemetry = self.observer.metrics().telemetry();
            match &sent {
                Ok(()) => telemetry.exported(count),
                Err(_) => telemetry.dropped(count),
            }
            self.note(&sent);
        }
    }

    /// Says that nothing is taken, or that it is again; once, and not for each batch.
    fn note(&mut self, sent: &OTelSdkResult) {
        match sent {
            Err(error) if !self.failing => tracing::warn!(
                %error,
                "the collector of `telemetry.otlp` does not take what is exported: it is dropped; mail goes on"
            ),
            Ok(()) if self.failing => tracing::info!("the collector of `telemetry.otlp` takes spans again"),
            _ => {}
        }
        self.failing = sent.is_err();
    }
}
