//! One span, while it is open.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// A span: all but its trace, and mostly its parent, which are known when it ends.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) id: SpanId,
    /// Its parent, where that is not the one of all that end with it.
    pub(super) parent: Option<SpanId>,
    pub(super) name: Cow<'static, str>,
    kind: SpanKind,
    start: SystemTime,
    end: SystemTime,
    pub(super) attributes: Vec<KeyValue>,
    links: SpanLinks,
    status: Status,
}

impl Span {
    /// A span that begins now.
    pub(super) fn begun(id: SpanId, name: impl Into<Cow<'static, str>>, at: Timestamp) -> Self {
        let start = system_time(at);
        Self {
            id,
            parent: None,
            name: name.into(),
            kind: SpanKind::Internal,
            start,
            end: start,
            attributes: vec![],
            links: SpanLinks::default(),
            status: Status::Unset,
        }
    }

    /// A span that has ended, and took so many microseconds.
    pub(super) fn ended(
        id: SpanId,
        name: impl Into<Cow<'static, str>>,
        (at, took): (Timestamp, u64),
    ) -> Self {
        let span = Self::begun(id, name, at);
        let start = span.end.checked_sub(Duration::from_micros(took)).unwrap_or(span.end);
        Self { start, ..span }
    }

    /// Of a kind.
    pub(super) fn of(self, kind: SpanKind) -> Self {
        Self { kind, ..self }
    }

    /// With further attributes.
    pub(super) fn with(mut self, attributes: Vec<KeyValue>) -> Self {
        self.attributes.extend(attributes);
        self
    }

    /// It failed: the word for it, and why.
    pub(super) fn fail(&mut self, kind: impl Into<Cow<'static, str>>, why: String) {
        let kind: Cow<'static, str> = kind.into();
        self.attributes.push(KeyValue::new("error.type", kind));
        self.status = Status::error(why);
    }

    /// Another span belongs to it, in another trace.
    pub(super) fn link(&mut self, to: SpanContext) {
        self.links.links.push(Link::new(to, vec![], 0));
    }

    /// How many it is linked with.
    pub(super) fn links(&self) -> usize {
        self.links.links.len()
    }

    /// It ends.
    pub(super) fn end(&mut self, at: Timestamp) {
        self.end = system_time(at).max(self.start);
    }

    /// As it is exported.
    pub(super) fn into_data(self, trace: TraceId, parent: SpanId, scope: &InstrumentationScope) -> SpanData {
        SpanData {
            span_context: context(trace, self.id),
            parent_span_id: self.parent.unwrap_or(parent),
            parent_span_is_remote: false,
            span_kind: self.kind,
            name: self.name,
            start_time: self.start,
            end_time: self.end,
            attributes: self.attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: self.links,
            status: self.status,
            instrumentation_scope: scope.clone(),
        }
    }
}

/// Where a span is.
pub(super) fn context(trace: TraceId, span: SpanId) -> SpanContext {
    SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE)
}

/// A machine's clock holds every time that ours has shown.
fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::try_from(at).unwrap_or(SystemTime::UNIX_EPOCH)
}
