//! Keys made for the test, a zone that publishes them, and our own code with both.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use waxseal::authentication::sign::Keyring;
use waxseal::authentication::sign::key::{Key, Kind};
use waxseal::authentication::{Authenticator, Origin, Results, Wanted};
use waxseal::config::{Config, Dns};
use waxseal::names::NameSystem;
use waxseal_plugins::verdicts::Header;
use waxseal_tests::dns::{NameServer, Zone};

use super::cases::{self, Case};
use super::peer::Peer;

const CONFIGURATION: &str = r#"
hostname = "mx.example.net"
data_dir = "data"

[[listener]]
address = "127.0.0.1:0"

[relay]
networks = ["127.0.0.0/8"]

[[dkim]]
domain = "signed.example"
selector = "rsa"
key = "rsa.pem"

[[dkim]]
domain = "signed.example"
selector = "ed"
key = "ed.pem"

[arc]
domain = "forwarder.example"
selector = "rsa"
key = "rsa.pem"
"#;

/// Everything that a case needs.
pub(crate) struct Site {
    pub(crate) peer: Peer,
    pub(crate) keyring: Keyring,
    pub(crate) rsa: String,
    pub(crate) ed: String,
    pub(crate) other: String,
    authenticator: Authenticator,
    _server: NameServer,
    _directory: TempDir,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let make = |name: &str, kind| {
            let pem = Key::generate(kind).unwrap();
            std::fs::write(directory.path().join(name), &pem).unwrap();
            pem
        };
        let (rsa, other, ed) =
            (make("rsa.pem", Kind::Rsa), make("other.pem", Kind::Rsa), make("ed.pem", Kind::Ed25519));
        let file = directory.path().join("waxseal.toml");
        std::fs::write(&file, CONFIGURATION).unwrap();
        let (config, _) = Config::load(&file).unwrap_or_else(|findings| panic!("{findings:?}"));
        let server = NameServer::start(published(cases::zone(), directory.path())).await;
        let dns = Dns { servers: vec![server.address], trust_anchor: None };
        let resolver = NameSystem::new(&dns).map(|names| names.resolver());
        Self {
            peer: Peer { port: server.address.port() },
            keyring: Keyring::load(&config).unwrap(),
            rsa,
            ed,
            other,
            authenticator: Authenticator::new(resolver, "mx.example.net", Duration::from_secs(30)),
            _server: server,
            _directory: directory,
        }
    }

    pub(crate) async fn authenticate(&self, case: &Case, wanted: Wanted) -> Results {
        let origin = Origin { client: case.client, ehlo: &case.ehlo, sender: &case.sender };
        let content = Bytes::from(case.message.clone());
        self.authenticator.authenticate(wanted, &origin, &content, Results::default()).await
    }

    /// A message with our signatures.
    pub(crate) async fn sign(&self, message: &[u8]) -> Vec<u8> {
        let client: IpAddr = "127.0.0.1".parse().unwrap();
        let fields = self.keyring.sign(client, &Bytes::from(message.to_vec())).await.unwrap();
        assert_eq!(fields.len(), 2, "both keys sign");
        with(&fields, message)
    }

    /// A message with our seal.
    pub(crate) async fn seal(&self, message: &[u8]) -> Vec<u8> {
        let case = Case::message("sealed", super::Kind::Arc, message.to_vec());
        let results = self.authenticate(&case, Wanted::ALL).await;
        let fields = self.keyring.seal(case.client, &Bytes::from(message.to_vec()), &results).await.unwrap();
        with(&fields, message)
    }
}

/// A message with fields on top.
fn with(fields: &[Header], message: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    for field in fields {
        all.extend_from_slice(format!("{}: ", field.name).as_bytes());
        all.extend_from_slice(&field.value);
        all.extend_from_slice(b"\r\n");
    }
    all.extend_from_slice(message);
    all
}

/// The keys in the zone, and records that are no keys, or not any more.
fn published(zone: Zone, directory: &Path) -> Zone {
    let record = |name: &str| Key::read(&directory.join(name)).unwrap().record().to_owned();
    let (rsa, ed) = (record("rsa.pem"), record("ed.pem"));
    let in_strings = |text: &str| {
        text.as_bytes().chunks(200).map(|one| String::from_utf8(one.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    let put = |zone: Zone, name: &str, text: &str| {
        let strings = in_strings(text);
        zone.txt(name, &strings.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let mut zone = zone;
    for domain in
        ["signed.example", "sub.signed.example", "forwarder.example", "list.example", "strict.example"]
    {
        zone = put(zone, &format!("rsa._domainkey.{domain}"), &rsa);
        zone = put(zone, &format!("ed._domainkey.{domain}"), &ed);
    }
    zone = put(zone, "bare._domainkey.signed.example", &rsa.replace("v=DKIM1; k=rsa; ", ""));
    zone = put(zone, "tested._domainkey.signed.example", &rsa.replace("k=rsa", "t=y:s; k=rsa"));
    zone = put(zone, "swapped._domainkey.signed.example", &ed);
    zone = put(zone, "void._domainkey.signed.example", "no key at all");
    zone = put(zone, "odd._domainkey.signed.example", &rsa.replace("k=rsa", "k=gost"));
    zone = put(zone, "revoked._domainkey.signed.example", "v=DKIM1; k=rsa; p=");
    zone.fails("failing._domainkey.signed.example")
}
