//! The certificate hook: is this certificate the peer's?

use std::sync::Arc;

use waxseal_plugins::decision::Outcome;
use waxseal_plugins::facts::{Certificate, Client, Host};
use waxseal_plugins::hooks;
pub use waxseal_plugins::names::{client_names, host_names};
use waxseal_plugins::verdicts::incoming::Certificate as Answer;
use waxseal_plugins::verdicts::outgoing::Certificate as HostAnswer;
use waxseal_plugins::verdicts::{ClientCertificate, EnhancedCode, Reply as Said};

use super::ask::Asker;
pub use super::cipher::Outgoing;
use super::denied::{self, Denied};
use super::names;
use super::server::ServerPlan;
use crate::config::Config;
use crate::smtp::reply::Reply;

/// The client's certificate will not do: RFC 3463, X.7.5.
const UNACCEPTABLE: EnhancedCode = EnhancedCode::new(5, 7, 5);

/// What follows an incoming handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The certificate, or its absence, will do.
    Accept,
    /// This is the reply to all but QUIT, inside TLS.
    Refuse(Reply),
    /// The policy failed: this is the reply to every MAIL of the connection.
    Fail(Reply),
}

/// The handshake is done. Where the plan requires a client certificate, the relay itself holds
/// that.
pub async fn incoming(
    asker: &Asker,
    client: &Arc<Client>,
    certificate: &Arc<Certificate>,
    plan: &ServerPlan,
) -> Incoming {
    let answer = ask(asker, client, certificate).await;
    let required = plan.client_certificate == ClientCertificate::Require;
    if answer == Incoming::Accept && required && !certificate.presented {
        let said = Said::text("a client certificate is required, but none was presented");
        return Incoming::Refuse(denied::reply(554, UNACCEPTABLE, &said));
    }
    answer
}

/// The handshake is done, no SMTP octet has crossed it. The relay holds pins and floors before mail:
/// [`terms::hold`](super::terms::hold).
pub async fn outgoing(asker: &Asker, host: &Arc<Host>, certificate: &Arc<Certificate>) -> Outgoing {
    let decision = asker.ask::<hooks::outgoing::Certificate>(&host.domain, host, certificate).await;
    match decision.outcome() {
        Outcome::Verdict(HostAnswer::Accept) => Outgoing::Accept,
        Outcome::Verdict(HostAnswer::Defer(said)) => {
            Outgoing::Defer(Denied::by(&decision, said, UNACCEPTABLE.in_class(4)))
        }
        Outcome::Verdict(HostAnswer::Refuse(said)) => {
            Outgoing::Refuse(Denied::by(&decision, said, UNACCEPTABLE))
        }
        Outcome::Failure(_) => Outgoing::Defer(Denied::failed(&decision)),
    }
}

/// The names of which our own certificate must have one: the relay's, or the one that the client
/// asked for if an identity of ours has it. Another name that a client makes up says nothing of our
/// certificate.
pub fn own_names(config: &Config, server_name: &str) -> Vec<String> {
    let mut ours = config.tls.identities.iter().flat_map(|identity| &identity.names);
    // A leading dot would stand for any name below.
    let is_ours = !server_name.starts_with('.') && ours.any(|own| names::matches(server_name, own));
    let asked = is_ours.then(|| server_name.to_owned());
    [config.hostname.clone()].into_iter().chain(asked).collect()
}

async fn ask(asker: &Asker, client: &Arc<Client>, certificate: &Arc<Certificate>) -> Incoming {
    let domain = &client.sender_domain;
    match asker.ask::<hooks::incoming::Certificate>(domain, client, certificate).await.outcome() {
        Outcome::Verdict(Answer::Accept) => Incoming::Accept,
        Outcome::Verdict(Answer::Refuse(said)) => Incoming::Refuse(denied::reply(554, UNACCEPTABLE, said)),
        Outcome::Failure(_) => Incoming::Fail(denied::failed(451, EnhancedCode::new(4, 3, 0))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::support::{Leaf, configuration, leaf_params};
    use super::*;

    #[test]
    fn our_names_are_the_hostname_and_what_was_asked_for_of_ours() {
        let directory = tempfile::TempDir::new().unwrap();
        let mut identity = Leaf::self_signed(&leaf_params(&["x.example"])).write(directory.path(), "x");
        identity.names = vec!["mx.example.net".into(), "*.example.com".into()];
        let config = configuration(directory.path(), &[identity], &[]);
        let asked = |name: &str| own_names(&config, name).split_off(1);
        assert_eq!(own_names(&config, ""), ["mail.example.org"]);
        assert_eq!(asked("MX.example.net."), ["MX.example.net."]);
        assert_eq!(asked("a.example.com"), ["a.example.com"]);
        assert!(asked("made-up.example").is_empty() && asked(".example.com").is_empty());
    }
}
