//! Mail that we send: dispatch, hosts, attempt, outcome, bounce.

use std::sync::Arc;

use crate::relay::Services;

/// Takes what is due from the spool and delivers it, until the relay is stopping. Attempts run as
/// tasks of the relay's tracker.
pub async fn run(services: Arc<Services>) {
    let _ = services;
    todo!()
}
