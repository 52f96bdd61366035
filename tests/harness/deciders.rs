//! Who decides in a relay under test: the shipped scripts, or plugins that decide the same.

use crate::guests;
use crate::site::Site;

/// The shipped policies: each is a script, and in `examples/plugins/policies` a plugin.
const POLICIES: [&str; 7] = [
    "incoming/attempt",
    "incoming/require",
    "incoming/require_verified",
    "outgoing/attempt",
    "outgoing/prevent",
    "outgoing/require",
    "outgoing/require_verified",
];

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deciders {
    /// The shipped policies.
    Scripts,
    /// Plugins in their places.
    Plugins,
}

impl Deciders {
    /// Where a policy decides, as the decision log has it, up to the line.
    pub fn place(self, policy: &str) -> String {
        match self {
            Self::Scripts => format!("{policy}.rhai:"),
            // The file of the site, then that of the source, as the plugin's compiler names it.
            Self::Plugins => format!("{policy}.wasm:policies/{policy}.rs:"),
        }
    }
}

impl Site {
    /// With these in the place of the shipped policies.
    pub async fn decided_by(self, deciders: Deciders) -> Self {
        let mut site = self;
        if deciders == Deciders::Plugins {
            for policy in POLICIES {
                let component = guests::example(&policy.replace('/', "_")).await;
                site = site.policy(&format!("{policy}.wasm"), component);
            }
        }
        site
    }
}
