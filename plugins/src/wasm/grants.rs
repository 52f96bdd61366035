//! What a plugin may ask of the relay besides facts: the interfaces of `grants.wit`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use wasmtime::component::{ComponentType, Lift, Linker, LinkerInstance, Lower};
use wasmtime::{Result, StoreContextMut};

use super::contract::interface;
use super::guest::{Guest, Spot};
use crate::outside::{LookupFailure, Query};
use crate::rhai::{Hearing, LINES};
use crate::spoken::clean;
use crate::state::{Manner, Rate};

/// What a site grants a plugin: `[plugin.NAME] grant = ["kv"]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// To remember: key and value.
    Kv,
    /// To count: metrics of its own.
    Counters,
    /// To know the time.
    Clock,
    /// To look names up.
    Dns,
    /// To hold rates.
    Rates,
    /// To look into the site's lists.
    Lists,
}

/// A text that names no grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is nothing that can be granted: write \"kv\", \"counters\", \"clock\", \"dns\", \"rates\" or \"lists\""
)]
pub struct UnknownGrant(pub String);

impl Grant {
    /// All that can be granted.
    pub const ALL: [Self; 6] = [Self::Kv, Self::Counters, Self::Clock, Self::Dns, Self::Rates, Self::Lists];

    /// The word for it, and the name of its interface.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kv => "kv",
            Self::Counters => "counters",
            Self::Clock => "clock",
            Self::Dns => "dns",
            Self::Rates => "rates",
            Self::Lists => "lists",
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Grant {
    type Err = UnknownGrant;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownGrant> {
        let found = Self::ALL.into_iter().find(|grant| grant.word() == text);
        found.ok_or_else(|| UnknownGrant(text.to_owned()))
    }
}

/// Links all of them. What a plugin imports without a grant is refused before it is linked.
pub(super) fn link(linker: &mut Linker<Guest>) -> Result<()> {
    log(&mut linker.instance(&interface("log"))?)?;
    trace(&mut linker.instance(&interface("trace"))?)?;
    linker
        .instance(&interface("config"))?
        .func_wrap("json", |store: StoreContextMut<'_, Guest>, (): ()| {
            Ok((store.data().about.config.to_string(),))
        })?;
    kv(&mut linker.instance(&interface("kv"))?)?;
    linker.instance(&interface("counters"))?.func_wrap(
        "add",
        |store: StoreContextMut<'_, Guest>, (name, amount): (String, u64)| {
            store.data().reach.count_up(&name, amount);
            Ok(())
        },
    )?;
    linker
        .instance(&interface("clock"))?
        .func_wrap("now", |store: StoreContextMut<'_, Guest>, (): ()| Ok((store.data().reach.now(),)))?;
    rates(&mut linker.instance(&interface("rates"))?)?;
    linker.instance(&interface("lists"))?.func_wrap(
        "contains",
        |store: StoreContextMut<'_, Guest>, (list, text): (String, String)| {
            Ok((store.data().reach.is_in_list(&list, &text),))
        },
    )?;
    dns(&mut linker.instance(&interface("dns"))?)
}

/// How loudly a plugin speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Debug,
    Info,
    Alarm,
}

fn log(interface: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    for (name, tone) in [("debug", Tone::Debug), ("info", Tone::Info), ("alarm", Tone::Alarm)] {
        interface.func_wrap(name, move |mut store: StoreContextMut<'_, Guest>, (text,): (String,)| {
            store.data_mut().say(tone, &text);
            Ok(())
        })?;
    }
    Ok(())
}

fn trace(interface: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    interface.func_wrap(
        "decided-at",
        |mut store: StoreContextMut<'_, Guest>, (file, line, column): (String, u32, u32)| {
            store.data_mut().call.decided_at = Some(Spot { file: clean(&file), line, column });
            Ok(())
        },
    )?;
    interface.func_wrap("panicked", |mut store: StoreContextMut<'_, Guest>, (message,): (String,)| {
        store.data_mut().call.panicked = Some(clean(&message));
        Ok(())
    })
}

/// A time to live, in seconds.
fn time(seconds: Option<u64>) -> Option<Duration> {
    seconds.map(Duration::from_secs)
}

fn kv(interface: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    type Store<'a> = StoreContextMut<'a, Guest>;
    interface
        .func_wrap("get", |store: Store<'_>, (key,): (String,)| Ok((store.data().reach.kv().get(&key),)))?;
    interface.func_wrap(
        "set",
        |store: Store<'_>, (key, value, seconds): (String, Vec<u8>, Option<u64>)| {
            Ok((store.data().reach.kv().set(&key, value, time(seconds)),))
        },
    )?;
    interface.func_wrap(
        "replace",
        |store: Store<'_>,
         (key, expected, value, seconds): (String, Option<Vec<u8>>, Vec<u8>, Option<u64>)| {
            Ok((store.data().reach.kv().replace(&key, expected.as_deref(), value, time(seconds)),))
        },
    )?;
    interface.func_wrap("remove", |store: Store<'_>, (key,): (String,)| {
        store.data().reach.kv().remove(&key);
        Ok(())
    })
}

fn rates(interface: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    interface.func_wrap(
        "allows",
        |store: StoreContextMut<'_, Guest>, (rate, key, tokens): (String, String, u32)| {
            let rate = rate.parse::<Rate>().map_err(|bad| bad.to_string());
            Ok((rate.and_then(|rate| store.data().reach.allows(&rate, &key, tokens)),))
        },
    )
}

/// `failure` of the interface `dns`.
#[derive(Clone, Debug, ComponentType, Lower, Lift)]
#[component(variant)]
enum Failure {
    #[component(name = "no-record")]
    NoRecord,
    #[component(name = "unavailable")]
    Unavailable(String),
}

type Found = std::result::Result<Vec<String>, Failure>;

fn dns(interface: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    type Asked = fn(String) -> Query;
    let queries: [(&str, Asked); 4] =
        [("addresses", Query::Addresses), ("mx", Query::Mx), ("txt", Query::Txt), ("names", Query::Names)];
    for (name, query) in queries {
        interface.func_wrap_async(
            name,
            move |mut store: StoreContextMut<'_, Guest>, (asked,): (String,)| {
                Box::new(async move { Ok((look_up(store.data_mut(), query(asked)).await,)) })
            },
        )?;
    }
    Ok(())
}

async fn look_up(guest: &mut Guest, query: Query) -> Found {
    if !guest.reach.may_look_up(&mut guest.call.lookups) {
        return Err(Failure::Unavailable("this call has made all the lookups that it may make".to_owned()));
    }
    guest.reach.look_up(query).await.map_err(|failure| match failure {
        LookupFailure::NoRecord => Failure::NoRecord,
        LookupFailure::Unavailable(why) => Failure::Unavailable(why),
    })
}

impl Guest {
    fn say(&mut self, tone: Tone, text: &str) {
        if self.reach.manner() == Manner::Tried {
            return;
        }
        let (plugin, text) = (&self.about.path, clean(text));
        match self.call.speaks() {
            Hearing::Heard => {}
            Hearing::FirstLeftOut => {
                tracing::warn!(target: "waxseal::plugin", %plugin, "says more than {LINES} lines in a call: the rest is left out");
                return;
            }
            Hearing::LeftOut => return,
        }
        match tone {
            Tone::Debug => tracing::debug!(target: "waxseal::plugin", %plugin, "{text}"),
            Tone::Info => tracing::info!(target: "waxseal::plugin", %plugin, "{text}"),
            Tone::Alarm => tracing::warn!(target: "waxseal::plugin", %plugin, "ALARM: {text}"),
        }
    }
}
