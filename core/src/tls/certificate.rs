//! The certificate hook: is this certificate the peer's?

use std::net::IpAddr;
use std::sync::Arc;

use waxseal_plugins::decision::{Decision, Outcome};
use waxseal_plugins::facts::{Certificate, Client, Host, Row};
use waxseal_plugins::hooks;
use waxseal_plugins::verdicts::incoming::Certificate as Answer;
use waxseal_plugins::verdicts::outgoing::Certificate as HostAnswer;
use waxseal_plugins::verdicts::{ClientCertificate, EnhancedCode, Passage, Reply as Said};

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

/// Asked again at MAIL FROM, for a row that is known only then; `certificate` is the chain on
/// record, judged anew for the row and the sender's domain. What is against the mail, if anything.
pub async fn incoming_at_mail(
    asker: &Asker,
    client: &Arc<Client>,
    certificate: &Arc<Certificate>,
) -> Option<Decision<Passage>> {
    denied::mail(&decide(asker, client, certificate).await, UNACCEPTABLE)
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

/// The names of which a client's certificate must have one: the row's, the sender's domain (empty
/// before MAIL FROM), and any below it. EHLO names prove nothing and are never among them.
pub fn client_names(row: &Row, sender_domain: &str) -> Vec<String> {
    row.names.iter().cloned().chain(domain_and_below(sender_domain)).collect()
}

/// The names of which a host's certificate must have one: the row's; else a configured route's
/// host; else the recipients' domain or any below it. A plain MX name proves nothing, since
/// whoever forges the MX record chooses the name himself; `names "mx"` trusts it all the same.
pub fn host_names(host: &Host) -> Vec<String> {
    if !host.row.names.is_empty() {
        let trusted = |name: &String| if name == "mx" { host.name.clone() } else { name.clone() };
        return host.row.names.iter().map(trusted).collect();
    }
    if host.found_by == "route" {
        // An address is nobody's identity: a route to one needs `names`.
        let named = host.name.parse::<IpAddr>().is_err();
        return named.then(|| host.name.clone()).into_iter().collect();
    }
    domain_and_below(&host.domain)
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
    match decide(asker, client, certificate).await.outcome() {
        Outcome::Verdict(Answer::Accept) => Incoming::Accept,
        Outcome::Verdict(Answer::Refuse(said)) => Incoming::Refuse(denied::reply(554, UNACCEPTABLE, said)),
        Outcome::Failure(_) => Incoming::Fail(denied::failed(451, EnhancedCode::new(4, 3, 0))),
    }
}

async fn decide(asker: &Asker, client: &Arc<Client>, certificate: &Arc<Certificate>) -> Decision<Answer> {
    asker.ask::<hooks::incoming::Certificate>(&client.sender_domain, client, certificate).await
}

fn domain_and_below(domain: &str) -> Vec<String> {
    if domain.is_empty() { vec![] } else { vec![domain.to_owned(), format!(".{domain}")] }
}

#[cfg(test)]
mod tests {
    use super::super::tests::support::{Leaf, configuration, leaf_params};
    use super::*;

    fn host(found_by: &str, name: &str, names: &[&str]) -> Host {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Host {
            name: name.into(),
            domain: "example.org".into(),
            found_by: found_by.into(),
            row: Arc::new(Row { names, ..Row::default() }),
            ..Host::default()
        }
    }

    #[test]
    fn a_plain_mx_name_is_no_name_to_expect() {
        assert_eq!(host_names(&host("mx", "mx.evil.example", &[])), ["example.org", ".example.org"]);
        assert_eq!(host_names(&host("mx", "mx.host.example", &["mx"])), ["mx.host.example"]);
    }

    #[test]
    fn the_names_of_the_row_replace_all_others() {
        assert_eq!(host_names(&host("route", "relay.example", &["a.example"])), ["a.example"]);
        assert_eq!(host_names(&host("mx", "mx.example", &[".b.example"])), [".b.example"]);
    }

    #[test]
    fn a_route_names_its_host_but_an_address_is_no_name() {
        assert_eq!(host_names(&host("route", "relay.example", &[])), ["relay.example"]);
        assert!(host_names(&host("route", "192.0.2.1", &[])).is_empty());
        assert!(host_names(&host("route", "2001:db8::1", &[])).is_empty());
    }

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

    #[test]
    fn a_client_is_named_by_its_row_and_by_the_sender() {
        let row = Row { names: vec!["relay.example".into()], ..Row::default() };
        assert_eq!(client_names(&row, ""), ["relay.example"]);
        assert_eq!(client_names(&row, "a.example"), ["relay.example", "a.example", ".a.example"]);
        assert!(client_names(&Row::default(), "").is_empty());
    }
}
