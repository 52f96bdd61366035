//! Everything that is reloaded together: table, policies, filters; immutable, with a generation.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::decision::Decision;
use crate::diagnostic::Diagnostic;
use crate::hooks::Hook;
use crate::table::Table;

/// What the configuration says that the bundle's checks must know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The global TLS switch. Off: a row whose policy does not accept clear mail is an error.
    pub tls_enabled: bool,
    /// The names of the configured identities: what a row's `identity` may name.
    pub identities: BTreeSet<String>,
    /// The sets of roots that a row's `roots` may name besides `webpki` and `system`: PEM files,
    /// as written, relative to the configuration.
    pub directory: std::path::PathBuf,
}

/// The bundle.
#[derive(Debug)]
pub struct Bundle {}

/// Why a candidate was not taken.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the policies were rejected")]
pub struct Rejected {
    /// What is wrong: at least one error.
    pub diagnostics: Vec<Diagnostic>,
}

impl Bundle {
    /// Its generation: 1 for the first, one more for each that is swapped in.
    pub fn generation(&self) -> u64 {
        todo!()
    }

    /// The domain table.
    pub fn table(&self) -> &Table {
        todo!()
    }

    /// Whether a client certificate is to be requested: a policy of the incoming table, or a
    /// filter, has an incoming `certificate` function.
    pub fn wants_client_certificates(&self) -> bool {
        todo!()
    }

    /// Asks a hook: all filters, and the policy of the row that the peer's facts carry; their
    /// answers joined and settled.
    pub fn ask<H: Hook>(&self, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) -> Decision<H::Verdict> {
        let _ = (peer, subject);
        todo!()
    }
}
