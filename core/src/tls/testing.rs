//! CAs, certificates and configurations made for tests.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

use super::Tls;
use crate::config::{self, Config, IdentityFiles};

pub(super) const SOON: Duration = Duration::from_secs(10);

/// A CA, and the leaves that it signs.
pub(super) struct Ca(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, and what leads to it.
pub(super) struct Leaf {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) pem: String,
    pub(super) key: KeyPair,
}

pub(super) fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

pub(super) fn leaf_params(names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "leaf");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    params
}

pub(super) fn expired(mut params: CertificateParams) -> CertificateParams {
    (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    params
}

pub(super) fn not_yet_valid(mut params: CertificateParams) -> CertificateParams {
    (params.not_before, params.not_after) = (date_time_ymd(2190, 1, 1), date_time_ymd(2200, 1, 1));
    params
}

impl Ca {
    pub(super) fn new(name: &str) -> Self {
        Self(CertifiedIssuer::self_signed(ca_params(name), KeyPair::generate().unwrap()).unwrap())
    }

    /// A CA below this one.
    pub(super) fn below(&self, params: CertificateParams) -> Self {
        Self(CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    pub(super) fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub(super) fn leaf(&self, params: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Leaf { chain: vec![certificate.der().clone()], pem: certificate.pem(), key }
    }

    pub(super) fn write(&self, directory: &Path, name: &str) -> String {
        fs::write(directory.join(name), self.0.pem()).unwrap();
        name.to_owned()
    }
}

impl Leaf {
    pub(super) fn self_signed(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { chain: vec![certificate.der().clone()], pem: certificate.pem(), key }
    }

    pub(super) fn below(mut self, ca: &Ca) -> Self {
        self.chain.push(ca.der());
        self.pem.push_str(&ca.0.pem());
        self
    }

    pub(super) fn write(&self, directory: &Path, name: &str) -> IdentityFiles {
        let files = IdentityFiles {
            names: vec![name.to_owned()],
            certificate: directory.join(format!("{name}.pem")),
            key: directory.join(format!("{name}.key")),
        };
        fs::write(&files.certificate, &self.pem).unwrap();
        fs::write(&files.key, self.key.serialize_pem()).unwrap();
        files
    }
}

/// A relay's configuration in a directory of its own, as far as TLS goes.
pub(super) fn configuration(directory: &Path, identities: Vec<IdentityFiles>, roots: &[String]) -> Config {
    Config {
        file: directory.join("waxseal.toml"),
        hash: [0; 32],
        hostname: "mail.example.org".into(),
        data_dir: directory.join("data"),
        policies: directory.join("policies"),
        listeners: vec![],
        tls: config::Tls { enabled: true, roots: roots.to_vec(), client_roots: roots.to_vec(), identities },
        relay: config::RelayControl::default(),
        routes: vec![],
        delivery: config::Delivery {
            port: 25,
            retry: vec![],
            expire: Duration::ZERO,
            connections_total: 1,
            connections_per_host: 1,
        },
        dns: config::Dns::default(),
        limits: config::Limits { message_size: 1, recipients: 1, sessions: 1, sessions_per_client: 1 },
        timeouts: config::Timeouts {
            command: SOON,
            handshake: SOON,
            connect: SOON,
            reply: SOON,
            data_end: SOON,
            stop: SOON,
        },
        admin: None,
        log: config::Log::default(),
    }
}

/// A relay's TLS with one identity, `mail.example.org`, of a CA that it trusts itself.
pub(super) struct Fixture {
    pub(super) directory: TempDir,
    pub(super) ca: Ca,
    pub(super) tls: Tls,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let ca = Ca::new("Test CA");
        let roots = [ca.write(directory.path(), "roots.pem")];
        let identities = ["mail.example.org", "other.example.org"]
            .map(|name| ca.leaf(&leaf_params(&[name])).write(directory.path(), name));
        let config = configuration(directory.path(), identities.to_vec(), &roots);
        let (tls, warnings) = Tls::load(&config).unwrap();
        assert_eq!(warnings, []);
        Self { directory, ca, tls }
    }
}

/// Both ends of a connection.
pub(super) async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
    (client.unwrap(), server.unwrap().0)
}
