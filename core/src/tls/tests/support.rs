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
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::Tls;
use super::super::client::{ClientPlan, Connected};
use super::super::failure::{FailureKind, HandshakeFailure};
use super::super::server::{Accepted, AtHello, ServerPlan};
use crate::config::{Config, IdentityFiles};

pub(in super::super) const SOON: Duration = Duration::from_secs(10);

/// A CA, and the leaves that it signs.
pub(in super::super) struct Ca(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, and what leads to it.
pub(in super::super) struct Leaf {
    pub(in super::super) chain: Vec<CertificateDer<'static>>,
    pub(in super::super) pem: String,
    pub(in super::super) key: KeyPair,
}

pub(in super::super) fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

pub(in super::super) fn leaf_params(names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "leaf");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    params
}

pub(in super::super) fn expired(mut params: CertificateParams) -> CertificateParams {
    (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    params
}

pub(in super::super) fn not_yet_valid(mut params: CertificateParams) -> CertificateParams {
    (params.not_before, params.not_after) = (date_time_ymd(2190, 1, 1), date_time_ymd(2200, 1, 1));
    params
}

impl Ca {
    pub(in super::super) fn new(name: &str) -> Self {
        Self(CertifiedIssuer::self_signed(ca_params(name), KeyPair::generate().unwrap()).unwrap())
    }

    /// A CA below this one.
    pub(in super::super) fn below(&self, params: CertificateParams) -> Self {
        Self(CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    /// This CA's certificate as another CA signs it: the same name and key.
    pub(in super::super) fn cross_signed(
        &self,
        by: &Self,
        params: &CertificateParams,
    ) -> CertificateDer<'static> {
        params.signed_by(self.0.key(), &by.0).unwrap().into()
    }

    pub(in super::super) fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub(in super::super) fn leaf(&self, params: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Leaf { chain: vec![certificate.der().clone()], pem: certificate.pem(), key }
    }

    pub(in super::super) fn write(&self, directory: &Path, name: &str) -> String {
        fs::write(directory.join(name), self.0.pem()).unwrap();
        name.to_owned()
    }
}

impl Leaf {
    pub(in super::super) fn self_signed(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { chain: vec![certificate.der().clone()], pem: certificate.pem(), key }
    }

    pub(in super::super) fn below(mut self, ca: &Ca) -> Self {
        self.chain.push(ca.der());
        self.pem.push_str(&ca.0.pem());
        self
    }

    pub(in super::super) fn write(&self, directory: &Path, name: &str) -> IdentityFiles {
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

/// A relay's configuration in a directory of its own.
pub(in super::super) fn configuration(
    directory: &Path,
    identities: &[IdentityFiles],
    roots: &[String],
) -> Config {
    let mut text = format!(
        "hostname = \"mail.example.org\"\ndata_dir = \"data\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n\
         [tls]\nenabled = true\nroots = {roots:?}\nclient_roots = {roots:?}\n"
    );
    for IdentityFiles { names, certificate, key } in identities {
        text +=
            &format!("[[tls.identity]]\nnames = {names:?}\ncertificate = {certificate:?}\nkey = {key:?}\n");
    }
    let file = directory.join("waxseal.toml");
    fs::write(&file, text).unwrap();
    fs::create_dir_all(directory.join("policies")).unwrap();
    Config::load(&file).unwrap().0
}

/// A relay's TLS with two identities, `mail.example.org` and `other.example.org`, of a CA that it
/// trusts itself.
pub(in super::super) struct Fixture {
    pub(in super::super) directory: TempDir,
    pub(in super::super) ca: Ca,
    pub(in super::super) tls: Tls,
}

impl Fixture {
    pub(in super::super) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let ca = Ca::new("Test CA");
        let roots = [ca.write(directory.path(), "roots.pem")];
        let identities = ["mail.example.org", "other.example.org"]
            .map(|name| ca.leaf(&leaf_params(&[name])).write(directory.path(), name));
        let config = configuration(directory.path(), &identities, &roots);
        let (tls, warnings) = Tls::load(&config).unwrap();
        assert_eq!(warnings, []);
        Self { directory, ca, tls }
    }
}

/// Both ends of a connection.
pub(in super::super) async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
    (client.unwrap(), server.unwrap().0)
}

pub(in super::super) type Handshake =
    (Result<Accepted, HandshakeFailure>, Result<Connected, HandshakeFailure>);

pub(in super::super) fn client_plan(server_name: &str) -> ClientPlan {
    ClientPlan { server_name: server_name.into(), generation: 1, ..ClientPlan::default() }
}

/// A handshake of the relay with itself; then an octet each way, so that tickets and late alerts
/// arrive.
pub(in super::super) async fn handshake(tls: &Tls, server: &ServerPlan, client: &ClientPlan) -> Handshake {
    let (near, far) = sockets().await;
    let plan = server.clone();
    let (mut accepted, mut connected) = tokio::join!(
        tls.accept(far, SOON, async |_| AtHello::Proceed(plan)),
        tls.connect(near, SOON, client)
    );
    if let (Ok(accepted), Ok(connected)) = (&mut accepted, &mut connected) {
        accepted.stream.write_all(b"!").await.unwrap();
        connected.stream.read_exact(&mut [0]).await.unwrap();
    }
    (accepted, connected)
}

/// What the client sees resumed.
pub(in super::super) async fn resumes(tls: &Tls, server: &ServerPlan, client: &ClientPlan) -> bool {
    let (accepted, connected) = handshake(tls, server, client).await;
    let (server, client) = (accepted.unwrap().handshake, connected.unwrap().handshake);
    assert_eq!(server, client);
    client.resumed
}

pub(in super::super) fn kind(failed: Result<impl Sized, HandshakeFailure>) -> FailureKind {
    failed.map(|_| ()).unwrap_err().kind
}
