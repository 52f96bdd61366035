//! Mail that we send.
//!
//! # Layout, in the order of a mail
//!
//! - `dispatch`: takes what is due from the spool; `schedule` says how much, for whom
//! - `worker`: delivers to one destination, lease after lease, over one connection where it can
//! - `route`: which way a message goes, if filters have a word in it; `way` is what they say
//! - `hosts`: where a domain's mail goes; `ourselves`: and where it must not
//! - `attempt`: one message, the recipients of one domain, over its hosts in order; `trip` is how it
//!   went so far
//! - `race`: the addresses of a host, one of which is to answer
//! - `reach`: one host made ready: the hooks in their order; `fallback` says when clear text
//!   may follow
//! - `session`, `dialogue`, `starttls`: the connection; `grounds`: what it rests on
//! - `mail`: may this envelope cross this connection? `facts` are what the hooks are told
//! - `transaction`, `commands`: MAIL, RCPT, DATA or BDAT
//! - `problem`, `outcome`, `settle`, `report`: what came of it; `unattempted` where nothing was tried
//! - `observers`: filters are told of it
//! - `notice`, `returned`: what the sender is told of it, and gets back
//! - `pool`: connections kept for a moment
//! - [`mail_hosts`]: where mail would go, for somebody who asks
//! - [`probe`]: all of it up to MAIL, for somebody who wants to know; `witness` is how it looks on

mod attempt;
mod commands;
mod dialogue;
mod dispatch;
mod facts;
mod fallback;
mod grounds;
mod hosts;
mod mail;
pub mod mail_hosts;
mod notice;
mod observers;
mod ourselves;
mod outcome;
#[cfg(test)]
mod peer;
mod pool;
pub mod probe;
mod problem;
mod race;
mod reach;
mod report;
mod returned;
mod route;
mod schedule;
mod session;
mod settle;
mod starttls;
mod transaction;
mod trip;
mod unattempted;
mod way;
mod ways;
mod witness;
mod worker;

use std::sync::Arc;

use tokio::sync::Semaphore;

use self::observers::Observers;
use self::ourselves::Ourselves;
use self::pool::Pool;
use self::schedule::Scheduler;
pub use self::ways::Ways;
use crate::names::Names;
use crate::relay::Services;

/// How many outcomes may be on their way to the disk: while it stands still, no more is delivered. After
/// a crash so many messages at most would be sent twice, of a destination no more than it may have
/// leases, and those that are under way (RFC 5321 section 4.5.4.1 leaves no way around these).
const UNRECORDED: usize = 128;

/// What workers share.
struct Outbound {
    services: Arc<Services>,
    names: Arc<dyn Names>,
    scheduler: Arc<Scheduler>,
    /// A permit for each worker that there may be.
    places: Arc<Semaphore>,
    /// A permit for each outcome that may be on its way to the disk.
    unrecorded: Arc<Semaphore>,
    pool: Pool,
    observers: Observers,
    ourselves: Ourselves,
}

impl Outbound {
    fn new(services: Arc<Services>, names: Arc<dyn Names>) -> Self {
        let scheduler = Scheduler::new(&services.config.delivery, services.observer.clone());
        let ourselves = Ourselves::new(&services.config.listeners);
        let places = Arc::new(Semaphore::new(services.config.delivery.connections_total.max(1)));
        let unrecorded = Arc::new(Semaphore::new(UNRECORDED));
        Self {
            services,
            names,
            scheduler,
            places,
            unrecorded,
            pool: Pool::default(),
            observers: Observers::default(),
            ourselves,
        }
    }
}

/// Takes what is due from the spool and delivers it, until the relay is stopping. Attempts run as
/// tasks of the relay's tracker.
pub async fn run(services: Arc<Services>) {
    match services.names.clone() {
        Ok(names) => dispatch::run(services, names).await,
        Err(error) => tracing::error!("mail is kept, but not delivered: {error}"),
    }
}
