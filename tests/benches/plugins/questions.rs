//! The same decision of a script, of a plugin, of a plugin that has a new instance for each call, and of
//! a function of Rust. The first three are asked as the relay asks them: facts, filters, policy, join.

use std::fs;
use std::hint::black_box;
use std::sync::Arc;

use criterion::Criterion;
use pollster::block_on;
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::facts::{Certificate, Client, Host, Nothing, canonical};
use waxseal_plugins::hooks::{Hook, incoming, outgoing};
use waxseal_plugins::reload::Removals;
use waxseal_plugins::verdicts::{self, EnhancedCode, Floor, Passage, Reply};
use waxseal_plugins::wasm;
use waxseal_tests::deciders::Deciders;
use waxseal_tests::site::Site;

use super::{live, row, runtime};

pub(crate) fn run(criterion: &mut Criterion) {
    let asked = Asked::new();
    let host = |policy| Arc::new(canonical::encrypted_host(row(policy)));
    let client = Arc::new(canonical::encrypted_client(row("require_verified")));
    let certificate = Arc::new(canonical::valid_certificate());
    let nothing = Arc::new(Nothing {});
    asked.question::<outgoing::Offer>(criterion, &host("require"), &nothing, offer);
    asked.question::<outgoing::Certificate>(criterion, &host("require_verified"), &certificate, of_host);
    asked.question::<incoming::Certificate>(criterion, &client, &certificate, of_client);
    // Nobody has it.
    asked.silence::<outgoing::Start>(criterion, &host("attempt"), &nothing);
}

/// Who is asked.
struct Asked {
    scripts: Arc<Bundle>,
    plugins: Arc<Bundle>,
    /// Plugins in the place of which there are others: they keep no instances.
    retired: Arc<Bundle>,
}

impl Asked {
    fn new() -> Self {
        let runtime = runtime();
        let site = || runtime.block_on(Site::new().decided_by(Deciders::Plugins));
        let plugins = live(&site(), wasm::Host::default()).current();
        let site = site();
        let live = live(&site, wasm::Host::default());
        let retired = live.current();
        for folder in ["incoming", "outgoing"] {
            fs::remove_dir_all(site.policies().join(folder)).unwrap();
        }
        runtime.block_on(live.reload(Removals::Accept));
        assert_eq!(live.current().generation(), 2);
        Self { scripts: live.current(), plugins, retired }
    }

    fn question<H: Hook>(
        &self,
        criterion: &mut Criterion,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
        native: fn(&H::Peer, &H::Subject) -> H::Verdict,
    ) {
        let mut group = criterion.benchmark_group(name::<H>(peer));
        let deciders =
            [("script", &self.scripts), ("plugin", &self.plugins), ("plugin, a new instance", &self.retired)];
        for (decider, bundle) in deciders {
            group.bench_function(decider, |bencher| {
                bencher.iter(|| block_on(bundle.ask::<H>(black_box(peer), black_box(subject))));
            });
        }
        group.bench_function("native", |bencher| {
            bencher.iter(|| black_box(native)(black_box(peer), black_box(subject)));
        });
    }

    fn silence<H: Hook>(&self, criterion: &mut Criterion, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) {
        let mut group = criterion.benchmark_group(format!("{}, that nobody has", name::<H>(peer)));
        for (decider, bundle) in [("script", &self.scripts), ("plugin", &self.plugins)] {
            group.bench_function(decider, |bencher| {
                bencher.iter(|| block_on(bundle.ask::<H>(black_box(peer), black_box(subject))));
            });
        }
    }
}

fn name<H: Hook>(peer: &Arc<H::Peer>) -> String {
    use waxseal_plugins::hooks::Peer;
    format!("{}/{} {}", H::DIRECTION, peer.row().policy, H::NAME)
}

/// outgoing/require
fn offer(host: &Host, _: &Nothing) -> verdicts::outgoing::Offer {
    if host.offers_tls {
        verdicts::outgoing::Offer::StartTls { floor: Floor::None }
    } else {
        verdicts::outgoing::Offer::Defer(reply((4, 7, 4), "TLS is required, but was not offered"))
    }
}

/// outgoing/require_verified
fn of_host(_: &Host, certificate: &Certificate) -> Passage {
    if certificate.verified {
        Passage::Accept
    } else {
        Passage::Defer(reply((4, 7, 5), &format!("It cannot be validated: {}", certificate.problem)))
    }
}

/// incoming/require_verified
fn of_client(client: &Client, certificate: &Certificate) -> verdicts::incoming::Certificate {
    let refuse = |text: &str| verdicts::incoming::Certificate::Refuse(reply((5, 7, 5), text));
    let sound = certificate.presented
        && certificate.possession
        && certificate.trusted
        && !certificate.expired
        && !certificate.not_yet_valid;
    if !sound {
        return refuse(&format!("It cannot be validated: {}", certificate.problem));
    }
    if !client.at_mail {
        return verdicts::incoming::Certificate::Accept;
    }
    if client.sender_domain.is_empty() && client.row.names.is_empty() {
        return refuse("The empty sender has no domain that it could name");
    }
    if !certificate.name_matches || !certificate.verified {
        return refuse("It does not name the domain of the sender");
    }
    verdicts::incoming::Certificate::Accept
}

fn reply((class, subject, detail): (u8, u16, u16), text: &str) -> Reply {
    Reply::new(EnhancedCode::new(class, subject, detail), text)
}
