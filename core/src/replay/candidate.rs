//! The policies in question: loaded and checked as live ones are, and merely tried.

use std::path::Path;

use waxseal_plugins::bundle::{Bundle, Rejected, Snapshot};
use waxseal_plugins::decider::Decider;
use waxseal_plugins::hooks::Direction;

use crate::config::Config;
use crate::relay;

/// Loads a directory of policies as the relay would, warnings aside. Its plugins keep nothing and reach
/// nothing. Blocks.
///
/// # Errors
///
/// What is wrong with them.
pub fn load(directory: &Path, config: &Config) -> Result<Bundle, Rejected> {
    let snapshot = Snapshot::stable(directory)?;
    Bundle::load(&snapshot, &relay::settings(config).for_directory(directory), 1).map(|(bundle, _)| bundle)
}

/// Those whose answers may rest on more than facts, as in `filters/ratchet.wasm (kv, clock)`: what
/// they remember, or look up, they do not have here.
pub fn with_grants(bundle: &Bundle) -> Vec<String> {
    let policies = [Direction::Incoming, Direction::Outgoing].into_iter();
    let policies = policies.flat_map(|direction| bundle.policies(direction).map(|(_, policy)| policy));
    let with_grants = |decider: &Decider| {
        let grants: Vec<_> = match decider {
            Decider::Plugin(plugin) => plugin.exports().asks().map(|grant| grant.to_string()).collect(),
            Decider::Script(script) => script.needs().map(str::to_owned).collect(),
        };
        (!grants.is_empty()).then(|| format!("{} ({})", decider.path(), grants.join(", ")))
    };
    policies.chain(bundle.filters()).filter_map(with_grants).collect()
}
