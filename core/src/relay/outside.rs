//! What scripts and plugins reach of the relay: its resolver and its metrics.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use waxseal_plugins::outside::{Forgotten, Health, LookingUp, LookupFailure, OfList, Outside, Query};
use waxseal_plugins::wasm::failure::Kind;

use crate::names::{LookupError, Names, NoResolver};
use crate::observe::Observer;

/// How long a lookup may take: a hook waits for it, and behind the hook a session.
const PATIENCE: Duration = Duration::from_secs(5);

/// The relay, as far as scripts and plugins may reach it.
pub struct RelayOutside {
    names: Result<Arc<dyn Names>, NoResolver>,
    observer: Observer,
}

impl RelayOutside {
    /// With the relay's resolver, or why there is none, and its metrics.
    pub fn new(names: Result<Arc<dyn Names>, NoResolver>, observer: Observer) -> Self {
        Self { names, observer }
    }
}

impl Outside for RelayOutside {
    fn look_up(&self, query: Query) -> LookingUp {
        let names = self.names.clone();
        Box::pin(async move {
            let names = names.map_err(|error| LookupFailure::Unavailable(error.to_string()))?;
            match tokio::time::timeout(PATIENCE, answer(&*names, query)).await {
                Ok(Ok(found)) if found.is_empty() => Err(LookupFailure::NoRecord),
                Ok(answer) => answer,
                Err(_) => {
                    let why = format!("there was no answer within {} s", PATIENCE.as_secs());
                    Err(LookupFailure::Unavailable(why))
                }
            }
        })
    }

    fn count(&self, who: &str, counter: &str, amount: u64) {
        self.observer.metrics().plugins().count(who, counter, amount);
    }

    fn forgot(&self, who: &str, what: Forgotten, count: u64) {
        self.observer.metrics().state().forgot(who, what, count);
    }

    fn list(&self, list: &str, state: OfList) {
        self.observer.metrics().state().list(list, state);
    }

    fn failed(&self, plugin: &str, kind: Kind) {
        self.observer.metrics().plugins().failed(plugin, kind);
    }

    fn health(&self, plugin: &str, health: Health) {
        self.observer.metrics().plugins().health(plugin, health);
    }
}

impl fmt::Debug for RelayOutside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayOutside").finish_non_exhaustive()
    }
}

async fn answer(names: &dyn Names, query: Query) -> Result<Vec<String>, LookupFailure> {
    let answer = match query {
        Query::Addresses(host) => {
            names.addresses(&host).await.map(|found| found.iter().map(ToString::to_string).collect())
        }
        Query::Mx(domain) => names.mx(&domain).await.map(|mut found| {
            found.sort_by_key(|mx| mx.preference);
            // A null MX (RFC 7505) is no host.
            found.into_iter().map(|mx| mx.host).filter(|host| !host.is_empty()).collect()
        }),
        Query::Txt(name) => names.txt(&name).await,
        Query::Names(address) => match address.parse() {
            Ok(address) => names.pointers(address).await,
            Err(_) => return Err(LookupFailure::Unavailable(format!("`{address}` is no IP address"))),
        },
    };
    answer.map_err(|error| match error {
        LookupError::NoName(_) | LookupError::NoRecord(_) => LookupFailure::NoRecord,
        LookupError::Unavailable { .. } => LookupFailure::Unavailable(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use async_trait::async_trait;

    use super::*;
    use crate::names::Mx;

    /// Knows a little of `example.org`, and never answers for `slow.example`.
    struct Fake;

    #[async_trait]
    impl Names for Fake {
        async fn mx(&self, domain: &str) -> Result<Vec<Mx>, LookupError> {
            let mx = |preference, host: &str| Mx { preference, host: host.to_owned() };
            match domain {
                "example.org" => {
                    Ok(vec![mx(20, "b.example.org"), mx(5, "z.example.org"), mx(10, "a.example.org")])
                }
                "slow.example" => std::future::pending().await,
                _ => Err(LookupError::NoName(domain.to_owned())),
            }
        }

        async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, LookupError> {
            Ok(vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()])
        }

        async fn txt(&self, name: &str) -> Result<Vec<String>, LookupError> {
            Err(LookupError::Unavailable { name: name.to_owned(), detail: "SERVFAIL".to_owned() })
        }

        async fn pointers(&self, address: IpAddr) -> Result<Vec<String>, LookupError> {
            if address.is_ipv4() { Ok(vec![]) } else { Err(LookupError::NoRecord(address.to_string())) }
        }
    }

    async fn look_up(query: Query) -> Result<Vec<String>, LookupFailure> {
        RelayOutside::new(Ok(Arc::new(Fake)), Observer::off()).look_up(query).await
    }

    fn unavailable(answer: Result<Vec<String>, LookupFailure>) -> String {
        let Err(LookupFailure::Unavailable(why)) = answer else { panic!("{answer:?}") };
        why
    }

    #[tokio::test]
    async fn what_is_known_is_answered_in_words() {
        let mx = look_up(Query::Mx("example.org".to_owned())).await;
        assert_eq!(mx.unwrap(), ["z.example.org", "a.example.org", "b.example.org"], "by preference");
        let addresses = look_up(Query::Addresses("example.org".to_owned())).await;
        assert_eq!(addresses.unwrap(), ["192.0.2.1", "2001:db8::1"]);
    }

    #[tokio::test]
    async fn what_does_not_exist_is_told_from_what_cannot_be_found_out() {
        for none in [
            Query::Mx("nowhere.example".to_owned()),
            Query::Names("192.0.2.1".to_owned()),
            Query::Names("2001:db8::1".to_owned()),
        ] {
            assert_eq!(look_up(none.clone()).await, Err(LookupFailure::NoRecord), "{none:?}");
        }
        let failed = unavailable(look_up(Query::Txt("example.org".to_owned())).await);
        assert!(failed.contains("`example.org`") && failed.contains("SERVFAIL"), "{failed}");
        let nonsense = unavailable(look_up(Query::Names("example.org".to_owned())).await);
        assert_eq!(nonsense, "`example.org` is no IP address");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_name_server_is_not_waited_for_long() {
        let begun = tokio::time::Instant::now();
        let late = unavailable(look_up(Query::Mx("slow.example".to_owned())).await);
        assert_eq!(late, "there was no answer within 5 s");
        assert_eq!(begun.elapsed(), PATIENCE);
    }

    #[tokio::test]
    async fn without_a_resolver_nothing_can_be_found_out() {
        let outside = RelayOutside::new(Err(NoResolver("no such file".to_owned())), Observer::off());
        let why = unavailable(outside.look_up(Query::Txt("example.org".to_owned())).await);
        assert!(why.contains("no such file") && why.contains("[dns] servers"), "{why}");
    }
}
