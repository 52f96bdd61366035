//! Why a relay did not start: what is wrong, where, and what would be right.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use waxseal_plugins::bundle::Rejected;
use waxseal_plugins::diagnostic::{Diagnostic, Severity};

use crate::spool::OpenError;
use crate::telemetry::SetupError;

/// Why a relay did not start. Nothing runs, and nothing was changed but directories made.
///
/// The texts say all there is; there is no source beneath that would say it again.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `data_dir` cannot be made or used.
    #[error("`data_dir` {} cannot be used: {}; it must be a directory of this user", .0.display(), .1)]
    DataDir(PathBuf, io::Error),
    /// The decision log cannot be opened.
    #[error("the decision log in {} cannot be opened: {}", .0.display(), .1)]
    DecisionLog(PathBuf, io::Error),
    /// An identity or a file of roots is broken.
    #[error("certificates or roots are broken:\n{}", listed(.0))]
    Tls(Vec<Diagnostic>),
    /// A key that signs mail is broken.
    #[error("signing keys are broken:\n{}", listed(.0))]
    SigningKeys(Vec<Diagnostic>),
    /// The policies are broken, and there is no last good bundle.
    #[error("the policies are broken, and no last good ones were kept:\n{}", listed(&.0.diagnostics))]
    Policies(Rejected),
    /// The queue cannot be opened.
    #[error("the queue cannot be opened: {0}")]
    Spool(OpenError),
    /// A listener's address cannot be bound.
    #[error("cannot listen on {}: {}{}", .0, .1, hint(.1))]
    Listen(SocketAddr, io::Error),
    /// The admin address cannot be bound.
    #[error("cannot serve the admin side on {} (`admin.address`): {}{}", .0, .1, hint(.1))]
    Admin(SocketAddr, io::Error),
    /// Nothing can be sent to the collector of spans.
    #[error("{0}")]
    Telemetry(SetupError),
    /// The file of the admin side's token can neither be read nor made.
    #[error("the token of the admin side in {} cannot be used: {}; `admin.token_file` must be a file that only this user may read", .0.display(), .1)]
    Token(PathBuf, io::Error),
    /// The control socket cannot be made.
    #[error("the control socket {} cannot be made: {}", .0.display(), .1)]
    Control(PathBuf, io::Error),
}

/// The errors; warnings are for `waxseal check`.
fn listed(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.fold(String::new(), |mut text, diagnostic| {
        let _ = writeln!(text, "{diagnostic}");
        text
    })
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another program listens there: stop it, or choose another port",
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 are for root, or for a program with CAP_NET_BIND_SERVICE"
        }
        io::ErrorKind::AddrNotAvailable => "; no interface of this machine has that address",
        _ => "",
    }
}
