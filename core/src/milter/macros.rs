//! Macros: what a milter is told beside a command. The names are Sendmail's; what they stand for is as
//! Postfix has it, since that is what milters are mostly tried with.

use std::net::SocketAddr;

use super::command::Event;
use super::negotiation::Agreement;

/// What is known of a connection.
#[derive(Clone, Debug)]
pub struct Client {
    /// Our name.
    pub hostname: String,
    /// Our address that the client connected to.
    pub listener: SocketAddr,
    /// The client's address.
    pub address: SocketAddr,
    /// The client's name, looked up and confirmed; `None` where it was not.
    pub name: Option<String>,
    /// The name that the client gave in EHLO or HELO; empty before it.
    pub ehlo: String,
    /// The encryption, if there is any.
    pub tls: Option<Tls>,
}

/// What is known of the encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The version as in `1.3`.
    pub version: String,
    /// The suite's IANA name.
    pub suite: String,
    /// The name that the client asked for; empty for none.
    pub server_name: String,
    /// The subject of the client's certificate; empty where there was none.
    pub subject: String,
    /// Its issuer, likewise.
    pub issuer: String,
}

/// What is known of the command that the macros go with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Situation<'a> {
    /// The message's id, once it has one.
    pub(super) id: &'a str,
    /// The sender's address without brackets; `None` before MAIL.
    pub(super) sender: Option<&'a str>,
    /// The recipient of this RCPT, likewise; or why it was refused.
    pub(super) recipient: Option<Recipient<'a>>,
}

/// A recipient, as macros know it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Recipient<'a> {
    /// It may be accepted.
    Asked(&'a str),
    /// It was refused: with which code and text.
    Refused(&'a str, &'a str),
}

/// What goes with the commands of one connection to a milter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Macros<'a> {
    pub(super) client: &'a Client,
    /// What `{daemon_name}` is.
    pub(super) daemon: &'a str,
    pub(super) situation: Situation<'a>,
}

impl Macros<'_> {
    /// Those that this milter is to be told of with this event; those without a value are left out.
    pub(super) fn of<'n>(&self, event: Event, agreement: &'n Agreement) -> Vec<(&'n str, String)> {
        let Some((stage, usual)) = stage(event) else { return Vec::new() };
        let chosen = agreement.macros.iter().find(|(number, _)| *number == stage);
        let names = chosen.map_or(usual, |(_, names)| names.as_str());
        let names = names.split([' ', ',', '\t']).filter(|name| !name.is_empty());
        names.filter_map(|name| Some((name, self.value(bare(name))?))).collect()
    }

    fn value(&self, name: &str) -> Option<String> {
        let Client { hostname, listener, address, name: client, ehlo, .. } = self.client;
        let client = client.as_deref().unwrap_or("unknown");
        let told = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        match name {
            "j" => told(hostname),
            "v" => Some(concat!("Waxseal ", env!("CARGO_PKG_VERSION")).to_owned()),
            "_" => Some(format!("{client} [{}]", address.ip())),
            "i" => told(self.situation.id),
            "s" => told(ehlo),
            "daemon_name" => told(self.daemon),
            "daemon_addr" | "if_addr" => Some(listener.ip().to_string()),
            "daemon_port" => Some(listener.port().to_string()),
            "if_name" => told(hostname),
            "client_addr" => Some(address.ip().to_string()),
            "client_port" => Some(address.port().to_string()),
            "client_name" | "client_ptr" => told(client),
            "mail_addr" | "f" => self.situation.sender.map(str::to_owned),
            "mail_host" => told(domain(self.situation.sender?)),
            "mail_mailer" => self.situation.sender.map(|_| "smtp".to_owned()),
            "rcpt_addr" | "rcpt_host" | "rcpt_mailer" => self.recipient(name),
            _ => self.tls(name),
        }
    }

    /// Of a recipient that was refused Sendmail tells the mailer `error`, with code and text.
    fn recipient(&self, name: &str) -> Option<String> {
        let (address, host, mailer) = match self.situation.recipient? {
            Recipient::Asked(address) => (address, domain(address), "smtp"),
            Recipient::Refused(code, text) => (text, code, "error"),
        };
        let value = match name {
            "rcpt_addr" => address,
            "rcpt_host" => host,
            _ => mailer,
        };
        Some(value.to_owned())
    }

    fn tls(&self, name: &str) -> Option<String> {
        let tls = self.client.tls.as_ref()?;
        let value = match name {
            "tls_version" => format!("TLSv{}", tls.version),
            "cipher" => tls.suite.clone(),
            "cipher_bits" => bits(&tls.suite).to_owned(),
            "tls_sni" => tls.server_name.clone(),
            "cert_subject" => tls.subject.clone(),
            "cert_issuer" => tls.issuer.clone(),
            _ => return None,
        };
        Some(value).filter(|value| !value.is_empty())
    }
}

/// The number of the stage, `SMFIM_..`, and the macros that are told where the milter has no wish.
fn stage(event: Event) -> Option<(u32, &'static str)> {
    match event {
        Event::Connect => Some((
            0,
            "j {daemon_name} {daemon_addr} {daemon_port} v _ {client_addr} {client_name} {client_port} {client_ptr}",
        )),
        Event::Helo => {
            Some((1, "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer} {tls_sni}"))
        }
        Event::Mail => Some((2, "i {mail_addr} {mail_host} {mail_mailer}")),
        Event::Rcpt => Some((3, "i {rcpt_addr} {rcpt_host} {rcpt_mailer}")),
        Event::Data => Some((4, "i")),
        Event::EndOfMessage => Some((5, "i")),
        Event::EndOfHeaders => Some((6, "i")),
        Event::Header | Event::Body | Event::Unknown => None,
    }
}

/// A name of more than a letter has braces.
fn bare(name: &str) -> &str {
    name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name)
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// How long a suite's key is. The names of all suites that are spoken here say it.
fn bits(suite: &str) -> &'static str {
    match suite {
        suite if suite.contains("AES_128") => "128",
        suite if suite.contains("AES_256") || suite.contains("CHACHA20") => "256",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::milter::negotiation::{Choice, Offer};

    fn agreement(macros: Vec<(u32, String)>) -> Agreement {
        Offer::of(6).agree(Choice { version: 6, actions: 0, protocol: 0, macros }).unwrap()
    }

    fn client(tls: Option<Tls>) -> Client {
        Client {
            hostname: "mx.example".into(),
            listener: "192.0.2.25:25".parse().unwrap(),
            address: "203.0.113.9:1234".parse().unwrap(),
            name: None,
            ehlo: "client.example".into(),
            tls,
        }
    }

    fn told(client: &Client, situation: Situation<'_>, event: Event, agreement: &Agreement) -> String {
        let macros = Macros { client, daemon: "in", situation }.of(event, agreement);
        macros.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_milter_without_a_wish_gets_the_usual_ones() {
        let (client, usual) = (client(None), agreement(vec![]));
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            told(&client, Situation::default(), Event::Connect, &usual),
            format!(
                "j=mx.example {{daemon_name}}=in {{daemon_addr}}=192.0.2.25 {{daemon_port}}=25 v=Waxseal {version} \
                 _=unknown [203.0.113.9] {{client_addr}}=203.0.113.9 {{client_name}}=unknown {{client_port}}=1234 \
                 {{client_ptr}}=unknown"
            )
        );
        assert_eq!(
            told(&client, Situation::default(), Event::Helo, &usual),
            "",
            "in clear nothing is told of TLS"
        );
        let situation = Situation { sender: Some("a@b.example"), ..Situation::default() };
        assert_eq!(
            told(&client, situation, Event::Mail, &usual),
            "{mail_addr}=a@b.example {mail_host}=b.example {mail_mailer}=smtp"
        );
        let situation = Situation { id: "7", recipient: Some(Recipient::Asked("x@y.example")), ..situation };
        assert_eq!(
            told(&client, situation, Event::Rcpt, &usual),
            "i=7 {rcpt_addr}=x@y.example {rcpt_host}=y.example {rcpt_mailer}=smtp"
        );
    }

    #[test]
    fn a_milter_may_choose() {
        let chosen = agreement(vec![(5, "i,{client_addr} {nobody_knows}".into()), (4, String::new())]);
        let (client, situation) = (client(None), Situation { id: "7", ..Situation::default() });
        assert_eq!(told(&client, situation, Event::EndOfMessage, &chosen), "i=7 {client_addr}=203.0.113.9");
        assert_eq!(told(&client, situation, Event::Data, &chosen), "");
        assert_eq!(told(&client, situation, Event::EndOfHeaders, &chosen), "i=7");
    }

    #[test]
    fn the_encryption_is_told_of() {
        let tls = Tls {
            version: "1.3".into(),
            suite: "TLS_AES_256_GCM_SHA384".into(),
            server_name: "mx.example".into(),
            subject: "CN=client".into(),
            issuer: "CN=root".into(),
        };
        assert_eq!(
            told(&client(Some(tls)), Situation::default(), Event::Helo, &agreement(vec![])),
            "{tls_version}=TLSv1.3 {cipher}=TLS_AES_256_GCM_SHA384 {cipher_bits}=256 {cert_subject}=CN=client \
             {cert_issuer}=CN=root {tls_sni}=mx.example"
        );
    }

    #[test]
    fn a_refused_recipient_is_told_as_an_error() {
        let situation =
            Situation { recipient: Some(Recipient::Refused("5.7.1", "no relaying")), ..Situation::default() };
        assert_eq!(
            told(&client(None), situation, Event::Rcpt, &agreement(vec![])),
            "{rcpt_addr}=no relaying {rcpt_host}=5.7.1 {rcpt_mailer}=error"
        );
    }
}
