//! Mail that we send.
//!
//! # Layout, in the order of a mail
//!
//! - `dispatch`: takes what is due from the spool
//! - `hosts`: where a domain's mail goes
//! - `attempt`: one message, the recipients of one domain, over its hosts in order; `panics` keeps
//!   a defect from losing it
//! - `reach`: one host made ready: the hooks in their order; `fallback` says when clear text
//!   may follow
//! - `session`, `dialogue`, `starttls`: the connection; `grounds`: what it rests on
//! - `mail`: may this envelope cross this connection? `facts` are what the hooks are told
//! - `transaction`, `commands`: MAIL, RCPT, DATA
//! - `problem`, `outcome`, `settle`, `report`: what came of it; `unattempted` where nothing was tried
//! - `notice`, `returned`: what the sender is told of it, and gets back
//! - `pool`, `limits`: connections kept for a moment, and how many there may be

mod attempt;
mod commands;
mod dialogue;
mod dispatch;
mod facts;
mod fallback;
mod grounds;
mod hosts;
mod limits;
mod mail;
mod notice;
mod outcome;
mod panics;
#[cfg(test)]
mod peer;
mod pool;
mod problem;
mod reach;
mod report;
mod returned;
mod session;
mod settle;
mod starttls;
mod transaction;
mod unattempted;

use std::sync::Arc;

use self::limits::Limits;
use self::pool::Pool;
use crate::names::Names;
use crate::relay::Services;

/// What attempts share.
struct Outbound {
    services: Arc<Services>,
    names: Arc<dyn Names>,
    limits: Limits,
    pool: Pool,
}

/// Takes what is due from the spool and delivers it, until the relay is stopping. Attempts run as
/// tasks of the relay's tracker.
pub async fn run(services: Arc<Services>) {
    match services.names.clone() {
        Ok(names) => dispatch::run(services, names).await,
        Err(error) => tracing::error!("mail is kept, but not delivered: {error}"),
    }
}
