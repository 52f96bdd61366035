//! How our own certificate looks to others: the same for every connection, so it is judged once a
//! minute.

use std::convert::Infallible;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use waxseal_plugins::facts;

use super::Tls;
use super::cache::{Cache, Key};
use super::judgement::{Expected, Usage};

/// The judgements of our certificates.
pub(super) type Judgements = Cache<JudgementKey, Arc<facts::Certificate>>;

/// All that a judgement depends on; the minute, because certificates expire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct JudgementKey {
    leaf: Option<CertificateDer<'static>>,
    names: Vec<String>,
    epoch: u64,
    minute: i64,
}

impl Key for JudgementKey {
    fn supersedes(&self, other: &Self) -> bool {
        self.epoch > other.epoch || self.minute > other.minute
    }
}

impl Tls {
    /// Judges the identity of this name, else the default one, as a host that trusts the public roots sees
    /// it; `None` where we have none.
    pub fn judge_identity(
        &self,
        name: &str,
        names: Vec<String>,
        now: Timestamp,
    ) -> Option<facts::Certificate> {
        let materials = self.materials.load();
        let identity = materials.identities.named(name).or_else(|| materials.identities.default())?;
        Some(facts::Certificate::clone(&self.judge_own(&identity.key, names, now)))
    }

    /// Judges a certificate of ours as a host that trusts the public roots sees it: what was found
    /// within the same minute.
    pub fn judge_own(
        &self,
        own: &CertifiedKey,
        names: Vec<String>,
        now: Timestamp,
    ) -> Arc<facts::Certificate> {
        let leaf = own.cert.first().cloned();
        let key = JudgementKey { leaf, names, epoch: self.epoch(), minute: now.as_second().div_euclid(60) };
        let made = self.own.take_or_make(&key, || {
            let names = &key.names;
            let expected = Expected { usage: Usage::Own, names, roots: None, pins: &[], possession: true };
            Ok::<_, Infallible>(Arc::new(self.judge(&own.cert, &expected, now)))
        });
        let Ok(judged) = made;
        judged
    }
}
