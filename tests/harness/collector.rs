//! A collector of OpenTelemetry that takes traces by OTLP over HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1 as otlp;
use prost::Message as _;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::wait::until;

/// A collector. It takes what comes until it is dropped.
pub struct Collector {
    /// Where it listens.
    pub address: SocketAddr,
    spans: Arc<Mutex<Vec<Span>>>,
    serving: tokio::task::JoinHandle<()>,
}

/// A span that has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// What it is called.
    pub name: String,
    /// Its trace, in hexadecimal.
    pub trace: String,
    /// Its id, in hexadecimal.
    pub id: String,
    /// Its parent's id; empty for none.
    pub parent: String,
    /// What it says, the values as text.
    pub attributes: BTreeMap<String, String>,
    /// The ids of the spans that it is linked with.
    pub links: Vec<String>,
    /// Whether it says that something failed.
    pub failed: bool,
    /// What is said of who has sent it.
    pub resource: BTreeMap<String, String>,
}

impl Collector {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let spans = Arc::<Mutex<Vec<Span>>>::default();
        let taken = Arc::clone(&spans);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&taken)));
            }
        });
        Self { address, spans, serving }
    }

    /// Where traces are sent, as TOML writes it.
    pub fn otlp(&self) -> String {
        format!("\"http://{}\"", self.address)
    }

    /// What has come so far.
    pub fn spans(&self) -> Vec<Span> {
        self.spans.lock().expect("nobody has panicked").clone()
    }

    /// Awaits a span.
    pub async fn span(&self, awaited: &str, matches: impl Fn(&Span) -> bool) -> Span {
        until(format!("the span of {awaited}"), || self.spans().into_iter().find(|span| matches(span))).await
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Requests over one connection, until it ends.
async fn serve(stream: TcpStream, spans: Arc<Mutex<Vec<Span>>>) {
    let mut stream = BufReader::new(stream);
    while let Some(body) = request(&mut stream).await {
        let request = ExportTraceServiceRequest::decode(body.as_slice()).expect("what OTLP says");
        spans.lock().expect("nobody has panicked").extend(request.resource_spans.into_iter().flat_map(read));
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}

/// The body of the next request; it must be for traces.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let (mut line, mut length) = (String::new(), 0);
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    assert!(line.starts_with("POST /v1/traces "), "{line}");
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}

fn read(of_resource: otlp::ResourceSpans) -> Vec<Span> {
    let resource = texts(of_resource.resource.unwrap_or_default().attributes);
    let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
    spans.map(|span| one(span, resource.clone())).collect()
}

fn one(span: otlp::Span, resource: BTreeMap<String, String>) -> Span {
    Span {
        name: span.name,
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        attributes: texts(span.attributes),
        links: span.links.iter().map(|link| hex(&link.span_id)).collect(),
        failed: span.status.is_some_and(|status| status.code == otlp::status::StatusCode::Error as i32),
        resource,
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        other => format!("{other:?}"),
    };
    attributes.into_iter().map(|one| (one.key, text(one.value))).collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
