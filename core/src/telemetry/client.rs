//! The way to the collector: HTTP/1.1, in TLS where its address says so.

use std::fmt;
use std::io;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::time::timeout;

/// The longest answer that is read: it says at most what the collector did not take.
const ANSWER: usize = 64 * 1024;

/// An HTTP client for the exporter.
pub(super) struct Collector {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience: Duration,
}

impl Collector {
    /// A client that waits so long for an answer. A collector in TLS must have a certificate that the
    /// system's roots vouch for.
    ///
    /// # Errors
    ///
    /// TLS is to be used, and there are no roots.
    pub(super) fn new(scheme: &str, patience: Duration) -> io::Result<Self> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let builder = HttpsConnectorBuilder::new();
        let connector = if scheme == "https" {
            builder.with_provider_and_native_roots(provider)?.https_only().enable_http1().build()
        } else {
            // No root is asked for what goes in clear.
            let builder = builder.with_provider_and_webpki_roots(provider).map_err(io::Error::other)?;
            builder.https_or_http().enable_http1().build()
        };
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), patience })
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let exchange = async {
            let answer = self.client.request(request.map(Full::from)).await?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
            Ok(Response::from_parts(head, body))
        };
        timeout(self.patience, exchange).await?
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").finish_non_exhaustive()
    }
}
