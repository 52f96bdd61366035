//! A certificate of our own making, for a relay that has none yet: TLS then keeps listeners out,
//! though it proves nothing to anyone who checks.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DnType, KeyPair};
use waxseal_plugins::diagnostic::Diagnostic;

use super::identities::place;
use crate::config::IdentityFiles;

/// The files of the self-made identity, made if they are not there. Kept, so that who pinned its
/// key finds it again after a restart.
pub(super) fn identity(
    hostname: &str,
    data_dir: &Path,
    findings: &mut Vec<Diagnostic>,
) -> Option<IdentityFiles> {
    let directory = data_dir.join("tls");
    let files = IdentityFiles {
        names: vec![hostname.to_owned()],
        certificate: directory.join(format!("{hostname}.self-made.pem")),
        key: directory.join(format!("{hostname}.self-made.key")),
    };
    let is_made = files.certificate.exists() && files.key.exists();
    if !is_made && let Err(error) = make(hostname, &directory, &files) {
        findings.push(
            Diagnostic::error("K020", place(&directory), format!("no certificate could be made: {error}"))
                .helped("make the directory writable, or configure a `[[tls.identity]]`"),
        );
        return None;
    }
    findings.push(warning(&files));
    Some(files)
}

/// What the operator is told as long as it is in use.
pub(super) fn warning(files: &IdentityFiles) -> Diagnostic {
    Diagnostic::warning(
        "K021",
        place(&files.certificate),
        "no `[[tls.identity]]` is configured: the relay uses a certificate that it made itself",
    )
    .helped(
        "get a certificate of a public CA for the hostname; hosts that check certificates refuse this one",
    )
}

/// A key and a self-signed certificate, P-256. No CA (its basic constraints say so), else strict
/// peers refuse it as a CA's.
fn make(hostname: &str, directory: &PathBuf, files: &IdentityFiles) -> io::Result<()> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut params = CertificateParams::new(vec![hostname.to_owned()]).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, hostname);
    params.is_ca = rcgen::IsCa::ExplicitNoCa;
    let certificate = params.self_signed(&key).map_err(io::Error::other)?;
    fs::create_dir_all(directory)?;
    write_private(&files.key, &key.serialize_pem())?;
    fs::write(&files.certificate, certificate.pem())
}

/// Nobody else may ever read it, not even between two system calls.
fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(content.as_bytes())
}
