//! `[[listener]]`: where we listen.

use std::collections::BTreeSet;

use super::findings::{Findings, Problem};
use super::section::{Entry, Section};
use super::{Listener, ListenerMode, value};

/// The listeners. Implicit TLS needs the global switch: a listener that speaks only TLS, in a relay
/// that speaks none, would refuse everybody.
pub(super) fn read(root: &Section<'_>, tls_enabled: bool, findings: &Findings) -> Vec<Listener> {
    let sections = root.sections("listener");
    if sections.is_empty() {
        let help = "add [[listener]] with address = \"0.0.0.0:25\"";
        findings.error(
            0..0,
            "C003",
            "there is no `[[listener]]`: nobody could send mail here".to_owned(),
            help,
        );
    }
    let mut taken = BTreeSet::new();
    let mut listener = |section: Section<'_>| {
        let address = section.required("address", "\"0.0.0.0:25\"");
        let tls = section.entry("tls");
        section.finish();
        let mode = tls.map_or(Some(ListenerMode::StartTls), |entry| mode(&entry, tls_enabled));
        let entry = address?;
        let address = entry.read(value::socket_address)?;
        if address.port() != 0 && !taken.insert(address) {
            let message = format!("is {address} twice");
            entry.wrong(&Problem::new(message, "a listener each needs an own address or port").coded("C008"));
        }
        Some(Listener { address, mode: mode? })
    };
    sections.into_iter().filter_map(&mut listener).collect()
}

fn mode(entry: &Entry<'_>, tls_enabled: bool) -> Option<ListenerMode> {
    let words = [("starttls", ListenerMode::StartTls), ("implicit", ListenerMode::Implicit)];
    let mode = entry.read(|text| value::word(text, &words))?;
    if mode == ListenerMode::Implicit && !tls_enabled {
        let message = "cannot be \"implicit\" while `tls.enabled` is false";
        entry.wrong(
            &Problem::new(message, "set enabled = true under [tls], or tls = \"starttls\" here")
                .coded("C008"),
        );
    }
    Some(mode)
}
