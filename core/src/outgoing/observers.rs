//! Filters are told what came of mail: the hooks `delivered`, `deferred` and `failed`.
//!
//! They are told once it is settled, aside from the way of all mail, and nothing comes of what they
//! answer. So that slow ones use up no memory, those that are not told in time are not told at all.

mod news;

use std::sync::Arc;

use tokio::sync::Semaphore;
use waxseal_plugins::hooks::outgoing::{Deferred, Delivered, Failed};

pub(super) use self::news::Settled;
use self::news::{Kind, News};
use crate::panics::unpanicking;
use crate::relay::Services;
use crate::tls::ask::Asker;

/// How many outcomes may wait to be told.
const WAITING: usize = 1024;

/// How many are told at once: one that waits for a lookup holds up few others.
const AT_ONCE: usize = 4;

/// Those who are told.
#[derive(Debug)]
pub(super) struct Observers {
    waiting: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
}

impl Default for Observers {
    fn default() -> Self {
        Self { waiting: Arc::new(Semaphore::new(WAITING)), at_once: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Observers {
    /// Tells filters what came of an attempt, those that have a hook for it. Waits for nobody.
    pub(super) fn tell(&self, services: &Services, asker: &Asker, settled: &Settled<'_>) {
        if !Kind::ALL.into_iter().any(|kind| kind.is_heard(asker)) {
            return;
        }
        for news in settled.news().into_iter().filter(|news| news.kind.is_heard(asker)) {
            let Ok(waiting) = Arc::clone(&self.waiting).try_acquire_owned() else {
                asker.observer.metrics().untold();
                continue;
            };
            let (at_once, asker) = (Arc::clone(&self.at_once), asker.clone());
            services.tasks.spawn(async move {
                let _turn = at_once.acquire_owned().await;
                if unpanicking(news.tell(&asker)).await.is_err() {
                    tracing::error!(session = %asker.session, "telling filters of an outcome panicked: a defect of Waxseal; no mail is concerned");
                }
                drop(waiting);
            });
        }
    }
}

impl Kind {
    fn is_heard(self, asker: &Asker) -> bool {
        match self {
            Self::Delivered => asker.bundle.is_filtered::<Delivered>(),
            Self::Deferred => asker.bundle.is_filtered::<Deferred>(),
            Self::Failed => asker.bundle.is_filtered::<Failed>(),
        }
    }
}

impl News {
    async fn tell(&self, asker: &Asker) {
        match self.kind {
            Kind::Delivered => asker.tell::<Delivered>(&self.host, &self.report).await,
            Kind::Deferred => asker.tell::<Deferred>(&self.host, &self.report).await,
            Kind::Failed => asker.tell::<Failed>(&self.host, &self.report).await,
        }
    }
}
