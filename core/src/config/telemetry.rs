//! `[telemetry]`: where what happens is sent as spans of OpenTelemetry.

use url::Url;

use super::Telemetry;
use super::findings::Problem;
use super::section::Section;

/// Where OTLP over HTTP takes traces, below the address of a collector.
const TRACES: &str = "/v1/traces";

/// `None` where nothing is sent.
pub(super) fn telemetry(section: Section<'_>) -> Option<Telemetry> {
    let otlp = section.entry("otlp");
    let service_name = section.read("service_name", service_name, "waxseal".to_owned());
    let sample = section.entry("sample").and_then(|entry| entry.share()).unwrap_or(1.0);
    section.finish();
    Some(Telemetry { otlp: otlp?.read(collector)?, service_name, sample })
}

fn collector(text: &str) -> Result<Url, Problem> {
    let problem = || {
        let message = format!("cannot be \"{text}\"");
        Problem::new(message, "write the address of a collector, as in \"http://127.0.0.1:4318\"")
    };
    let mut url = Url::parse(text).map_err(|_| problem())?;
    let is_usable = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none();
    if !is_usable {
        return Err(problem());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with(TRACES) {
        url.set_path(&format!("{path}{TRACES}"));
    }
    Ok(url)
}

fn service_name(text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() {
        return Err(Problem::new("is empty", "write what the service is called there, as in \"waxseal\""));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_takes_traces_below_its_address() {
        let read = |text: &str| collector(text).map(String::from);
        assert_eq!(read("http://127.0.0.1:4318").unwrap(), "http://127.0.0.1:4318/v1/traces");
        assert_eq!(read("https://otel.example/a/").unwrap(), "https://otel.example/a/v1/traces");
        assert_eq!(read("http://[::1]:4318/v1/traces").unwrap(), "http://[::1]:4318/v1/traces");
        for wrong in
            ["127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://me:secret@otel.example", "http://", ""]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
