//! What a plugin may ask of the relay besides facts: the interfaces of `grants.wit`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use wasmtime::component::{ComponentType, Lift, Linker, LinkerInstance, Lower};
use wasmtime::{Result, StoreContextMut};

use super::contract::interface;
use super::guest::{Guest, Manner, Spot};
use super::outside::{LookupFailure, Query};
use crate::spoken::clean;

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
}

/// A text that names no grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that can be granted: write \"kv\", \"counters\", \"clock\" or \"dns\"")]
pub struct UnknownGrant(pub String);

impl Grant {
    /// All that can be granted.
    pub const ALL: [Self; 4] = [Self::Kv, Self::Counters, Self::Clock, Self::Dns];

    /// The word for it, and the name of its interface.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kv => "kv",
            Self::Counters => "counters",
            Self::Clock => "clock",
            Self::Dns => "dns",
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
        |mut store: StoreContextMut<'_, Guest>, (name, amount): (String, u64)| {
            store.data_mut().count(&name, amount);
            Ok(())
        },
    )?;
    linker
        .instance(&interface("clock"))?
        .func_wrap("now", |_: StoreContextMut<'_, Guest>, (): ()| Ok((Timestamp::now().as_second(),)))?;
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
    interface.func_wrap("get", |store: Store<'_>, (key,): (String,)| Ok((store.data().kv.get(&key),)))?;
    interface.func_wrap(
        "set",
        |store: Store<'_>, (key, value, seconds): (String, Vec<u8>, Option<u64>)| {
            Ok((store.data().kv.set(&key, value, time(seconds)),))
        },
    )?;
    interface.func_wrap(
        "replace",
        |store: Store<'_>,
         (key, expected, value, seconds): (String, Option<Vec<u8>>, Vec<u8>, Option<u64>)| {
            Ok((store.data().kv.replace(&key, expected.as_deref(), value, time(seconds)),))
        },
    )?;
    interface.func_wrap("remove", |store: Store<'_>, (key,): (String,)| {
        store.data().kv.remove(&key);
        Ok(())
    })
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
    // Nobody is asked while a plugin is only tried: nothing is published then, as for most names.
    if guest.manner == Manner::Tried {
        return Err(Failure::NoRecord);
    }
    if !guest.call.may_look_up() {
        return Err(Failure::Unavailable("this call has made all the lookups that it may make".to_owned()));
    }
    guest.outside.look_up(query).await.map_err(|failure| match failure {
        LookupFailure::NoRecord => Failure::NoRecord,
        LookupFailure::Unavailable(why) => Failure::Unavailable(why),
    })
}

impl Guest {
    fn say(&mut self, tone: Tone, text: &str) {
        if self.manner == Manner::Tried || !self.call.may_speak() {
            return;
        }
        let (plugin, text) = (&self.about.path, clean(text));
        match tone {
            Tone::Debug => tracing::debug!(target: "waxseal::plugin", %plugin, "{text}"),
            Tone::Info => tracing::info!(target: "waxseal::plugin", %plugin, "{text}"),
            Tone::Alarm => tracing::warn!(target: "waxseal::plugin", %plugin, "ALARM: {text}"),
        }
    }

    fn count(&mut self, counter: &str, amount: u64) {
        if self.manner == Manner::Tried {
            return;
        }
        match self.about.counters.admit(counter) {
            Ok(()) => self.outside.count(&self.about.name, counter, amount),
            Err(Some(why)) => tracing::warn!(plugin = %self.about.path, "{why}"),
            Err(None) => {}
        }
    }
}
