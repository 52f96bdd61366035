//! A signing key: read from its file, made anew, and what is published of it.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::KeyPair as _;
use data_encoding::BASE64;
use mail_auth::common::crypto::{Algorithm, DkimKey, Ed25519Key, RsaKey, Sha256, SigningKey};
use mail_auth::common::headers::Writable;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use waxseal_plugins::diagnostic::Diagnostic;
use waxseal_plugins::place::Place;

/// The most octets of one string of a TXT record (RFC 1035 section 3.3.14).
const STRING: usize = 255;

/// A private key, and its public half as it is published. Cloning shares it.
#[derive(Clone)]
pub struct Key {
    secret: Arc<DkimKey>,
    record: String,
}

/// The kinds of keys that can be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// RSA, 2048 bits: everybody can verify it.
    #[default]
    Rsa,
    /// Ed25519, RFC 8463: short, and not verified everywhere yet. Use it beside one of RSA.
    Ed25519,
}

impl Key {
    /// Reads a PEM file.
    ///
    /// # Errors
    ///
    /// K001, K003 or K011, with what would be right.
    pub fn read(path: &Path) -> Result<Self, Box<Diagnostic>> {
        let problem = |code, message: String, help: &str| {
            Box::new(Diagnostic::error(code, Place::file(path.display().to_string()), message).helped(help))
        };
        let pem = fs::read(path).map_err(|error| {
            let help =
                "make it readable for the user as whom the relay runs, or mend the path in the configuration";
            problem("K001", format!("the file cannot be read: {error}"), help)
        })?;
        let der = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| {
            let help =
                "an unencrypted PEM file with `-----BEGIN PRIVATE KEY-----`; `waxseal dkim new` makes one";
            problem("K003", format!("there is no private key that can be read: {error}"), help)
        })?;
        Self::new(&der).map_err(|error| {
            let help = "RSA from 2048 to 8192 bits, or Ed25519; `waxseal dkim new` makes one";
            problem("K011", format!("the key cannot be used to sign mail: {error}"), help)
        })
    }

    fn new(der: &PrivateKeyDer<'_>) -> Result<Self, String> {
        if let PrivateKeyDer::Pkcs8(pkcs8) = der
            && let Ok(key) = Ed25519Key::from_pkcs8_maybe_unchecked_der(pkcs8.secret_pkcs8_der())
        {
            let record = format!("v=DKIM1; k=ed25519; p={}", BASE64.encode(&key.public_key()));
            return Ok(Self { secret: Arc::new(DkimKey::Ed25519(key)), record });
        }
        let pair = match der {
            PrivateKeyDer::Pkcs8(pkcs8) => RsaKeyPair::from_pkcs8(pkcs8.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(pkcs1) => RsaKeyPair::from_der(pkcs1.secret_pkcs1_der()),
            _ => return Err("it is of no kind that DKIM has".to_owned()),
        };
        let pair = pair.map_err(|error| error.to_string())?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|error| error.to_string())?;
        let record = format!("v=DKIM1; k=rsa; p={}", BASE64.encode(public.as_ref()));
        let key = RsaKey::<Sha256>::from_key_der(der.clone_key()).map_err(|error| error.to_string())?;
        Ok(Self { secret: Arc::new(DkimKey::Rsa(key)), record })
    }

    /// A new key, as PEM (PKCS #8).
    ///
    /// # Errors
    ///
    /// The system has no randomness.
    pub fn generate(kind: Kind) -> Result<String, rcgen::Error> {
        let pair = match kind {
            Kind::Rsa => rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)?,
            Kind::Ed25519 => rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519)?,
        };
        Ok(pair.serialize_pem())
    }

    /// What is published of it in the name system, RFC 6376 section 3.6.1.
    pub fn record(&self) -> &str {
        &self.record
    }

    /// As `a=` writes it.
    pub(super) fn algorithm_name(&self) -> &'static str {
        match *self.secret {
            DkimKey::Rsa(_) => "rsa-sha256",
            DkimKey::Ed25519(_) => "ed25519-sha256",
        }
    }
}

/// Without the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("record", &self.record).finish_non_exhaustive()
    }
}

/// So that one key can be used by many signers.
impl SigningKey for Key {
    type Hasher = Sha256;

    fn sign(&self, input: impl Writable) -> mail_auth::Result<Vec<u8>> {
        self.secret.sign(input)
    }

    fn algorithm(&self) -> Algorithm {
        self.secret.algorithm()
    }
}

/// A record as a zone file has it: strings of at most 255 octets.
pub fn zone_line(selector: &str, domain: &str, record: &str) -> String {
    let mut line = format!("{selector}._domainkey.{domain}. IN TXT (");
    let mut rest = record;
    while !rest.is_empty() {
        // A record is ASCII: no letter is cut.
        let (string, behind) = rest.split_at_checked(STRING).unwrap_or((rest, ""));
        let _ = write!(line, " \"{string}\"");
        rest = behind;
    }
    line.push_str(" )");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pem: &str) -> Result<Key, Box<Diagnostic>> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        fs::write(&path, pem).unwrap();
        Key::read(&path)
    }

    #[test]
    fn keys_that_are_made_can_be_read() {
        let rsa = read(&Key::generate(Kind::Rsa).unwrap()).unwrap();
        assert!(rsa.record().starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), "{rsa:?}");
        let ed25519 = read(&Key::generate(Kind::Ed25519).unwrap()).unwrap();
        assert_eq!(ed25519.record().len(), "v=DKIM1; k=ed25519; p=".len() + 44);
        assert_eq!((rsa.algorithm_name(), ed25519.algorithm_name()), ("rsa-sha256", "ed25519-sha256"));
    }

    #[test]
    fn other_files_are_refused_with_what_would_be_right() {
        let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
        for (pem, code) in [("no key", "K003"), (other.as_str(), "K011")] {
            let finding = read(pem).unwrap_err();
            assert_eq!(finding.code, code);
            assert!(finding.help.unwrap().contains("waxseal dkim new"));
        }
        assert_eq!(Key::read(Path::new("/nonexistent/key.pem")).unwrap_err().code, "K001");
    }

    #[test]
    fn a_record_is_cut_into_strings() {
        let line = zone_line("s1", "example.org", &"x".repeat(300));
        let strings: Vec<_> = line.split('"').skip(1).step_by(2).map(str::len).collect();
        assert_eq!(strings, [255, 45]);
        assert!(line.starts_with("s1._domainkey.example.org. IN TXT ( \"x"));
    }
}
