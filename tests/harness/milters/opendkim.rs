//! OpenDKIM.

use std::fs;
use std::path::Path;

use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};

use super::Milter;

/// However it is run.
const COMMON: &str = "Syslog no\nBackground no\nRequireSafeKeys no\nCanonicalization simple/simple\n";

/// Where it verifies: mail of every client, ours too.
const VERIFIER: &str = "Mode v\nInternalHosts 192.0.2.1\nAuthservID verifier.example\n";

/// A key for DKIM, made for a test.
pub struct DkimKey(KeyPair);

/// How OpenDKIM is run.
pub enum OpenDkim<'a> {
    /// It signs mail of this domain with this key.
    Sign(&'a str, &'a DkimKey),
    /// It verifies mail of this domain, and knows its key without asking DNS.
    Verify(&'a str, &'a DkimKey),
}

impl Milter {
    /// Starts OpenDKIM, and awaits that it listens. What verifies calls itself `verifier.example`.
    ///
    /// # Panics
    ///
    /// Where it is not installed.
    pub async fn opendkim(how: OpenDkim<'_>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let text = [COMMON.to_owned(), how.lines(folder.path())].concat();
        let text = format!("{text}Socket local:{}\n", folder.path().join("socket").display());
        let file = folder.path().join("opendkim.conf");
        fs::write(&file, text).expect("a configuration that can be written");
        let arguments = ["-f".to_owned(), "-x".to_owned(), file.display().to_string()];
        Self::start("opendkim", &arguments, folder).await
    }
}

impl OpenDkim<'_> {
    /// Lines of its configuration; files that they name are written into the folder.
    fn lines(&self, folder: &Path) -> String {
        let written = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).expect("a file that can be written");
            path.display().to_string()
        };
        match self {
            Self::Sign(domain, key) => {
                let key = written("key.pem", key.0.serialize_pem());
                format!("Mode s\nDomain {domain}\nSelector test\nKeyFile {key}\nInternalHosts 127.0.0.0/8\n")
            }
            Self::Verify(domain, key) => {
                let record = format!("test._domainkey.{domain} v=DKIM1; k=rsa; p={}\n", key.record());
                format!("{VERIFIER}TestPublicKeys {}\n", written("keys", record))
            }
        }
    }
}

impl DkimKey {
    /// A new key.
    pub fn new() -> Self {
        Self(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key"))
    }

    /// The public key as its DNS record has it.
    fn record(&self) -> String {
        let pem = self.0.public_key_pem();
        pem.lines().filter(|line| !line.starts_with('-')).collect()
    }
}

impl Default for DkimKey {
    fn default() -> Self {
        Self::new()
    }
}
