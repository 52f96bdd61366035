//! The policies for commands that ask them without a running relay.

use std::sync::Arc;

use anyhow::bail;
use serde::Serialize;
use waxseal_plugins::bundle::{Bundle, Rejected, Settings, Snapshot};
use waxseal_plugins::reload;

use super::output;
use super::setting::{errors, listed};
use crate::config::Config;
use crate::relay;

/// Which policies are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    /// Those of the directory.
    Current,
    /// Those of the directory do not load: the last ones that did, which a relay goes on with.
    LastGood,
}

/// The policies of the directory. Where they do not load, what is wrong is said on standard error, and
/// the last good ones are taken, as the relay does.
///
/// # Errors
///
/// Neither can be used.
pub(super) fn load(config: &Config, settings: &Settings) -> anyhow::Result<(Arc<Bundle>, Standing)> {
    let loaded = Snapshot::stable(&config.policies).and_then(|snapshot| compiled(&snapshot, settings));
    let rejected = match loaded {
        Ok(bundle) => return Ok((bundle, Standing::Current)),
        Err(rejected) => listed(&errors(rejected.diagnostics)),
    };
    let kept = reload::last_good(&config.data_dir.join(relay::LAST_GOOD));
    let Some(bundle) = kept.and_then(|snapshot| compiled(&snapshot, settings).ok()) else {
        bail!("the policies do not load\n{rejected}");
    };
    output::complain(rejected);
    output::complain(
        "These policies do not load. What follows is of the last ones that did: a relay goes on with them.\n",
    );
    Ok((bundle, Standing::LastGood))
}

fn compiled(snapshot: &Snapshot, settings: &Settings) -> Result<Arc<Bundle>, Rejected> {
    Bundle::load(snapshot, settings, 1).map(|(bundle, _)| Arc::new(bundle))
}
