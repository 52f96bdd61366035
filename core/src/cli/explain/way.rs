//! The way that filters choose for mail to a domain.

use serde::Serialize;
use serde_json::Value;
use waxseal_plugins::explain::Explanation;
use waxseal_plugins::hooks::HookName;

use crate::config::{Config, NextHop, Transport};

/// A way, and who chose it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Way {
    /// What was chosen, as in `transport "branch", helo_name "out.example.org"`.
    pub(super) chosen: String,
    /// The next hops, the preferred first; none where they are those of the domain.
    pub(super) hosts: Vec<String>,
    /// Who chose it.
    pub(super) by: String,
}

/// The way that mail like this goes; `None` where no filter chooses one.
pub(super) fn chosen(explanation: &Explanation, config: &Config) -> Option<Way> {
    let conversation = &explanation.cases.first()?.conversation;
    let question = conversation.questions().find(|question| question.hook == HookName::Route)?;
    let parts = question.answer.get("accept").and_then(Value::as_object).filter(|parts| !parts.is_empty())?;
    let chosen: Vec<_> = parts.iter().map(|(part, value)| format!("{part} {value}")).collect();
    let to = parts.get("to").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut hosts: Vec<String> = to.map(str::to_owned).collect();
    if hosts.is_empty() {
        let name = parts.get("transport").and_then(Value::as_str);
        let transport = config.transports.iter().find(|transport| Some(&*transport.name) == name);
        hosts = transport.map(of_transport).unwrap_or_default();
    }
    Some(Way { chosen: chosen.join(", "), hosts, by: question.place.to_string() })
}

fn of_transport(transport: &Transport) -> Vec<String> {
    let written = |NextHop { host, port }: &NextHop| {
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    };
    transport.to.iter().flatten().map(written).collect()
}

impl Way {
    /// In lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let hosts = match self.hosts.as_slice() {
            [] => "over the hosts of the domain".to_owned(),
            hosts => format!("over {}", hosts.join(", ")),
        };
        vec![format!("{hosts}: {}", self.chosen), format!("  chosen at {}, for each message anew", self.by)]
    }
}
