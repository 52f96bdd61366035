//! What ways there are, as the configuration says: for whoever must know whether one can be gone, and goes none.

use waxseal_plugins::verdicts::outgoing::Route;

use super::way::Way;
use crate::config::{Config, Transport};

/// The ways that filters may choose.
#[derive(Clone, Debug)]
pub struct Ways {
    transports: Vec<Transport>,
    /// The port of a next hop that names none.
    port: u16,
}

impl Ways {
    /// Those of a configuration.
    pub fn of(config: &Config) -> Self {
        Self { transports: config.transports.clone(), port: config.delivery.port }
    }

    /// Whether what was answered can be followed.
    ///
    /// # Errors
    ///
    /// Why the way that it says cannot be gone, in words.
    pub fn follow(&self, said: &Route) -> Result<(), String> {
        match said {
            Route::Accept(way) => Way::of(way, &self.transports, self.port).map(drop),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
impl Default for Ways {
    fn default() -> Self {
        Self { transports: Vec::new(), port: 25 }
    }
}
