//! Identities and roots for commands that need them without a running relay.

use anyhow::anyhow;

use super::setting::listed;
use crate::config::Config;
use crate::tls::Tls;

/// Those of the configuration. Where no identity is configured, loading makes one: nothing is left of it.
///
/// # Errors
///
/// What is wrong with them.
pub(super) fn load(config: &Config) -> anyhow::Result<Tls> {
    let elsewhere = tempfile::tempdir()?;
    let trial = Config { data_dir: elsewhere.path().to_owned(), ..config.clone() };
    let loaded = Tls::load(&trial);
    let (tls, _) =
        loaded.map_err(|errors| anyhow!("certificates or roots are wrong\n{}", listed(&errors)))?;
    Ok(tls)
}
