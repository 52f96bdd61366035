//! What `deliver` and `receive` are given: texts, words, and facts by their type.

use ::rhai::{Array, Dynamic, Map};

use super::builders::{Made, override_all};
use super::value::json;
use crate::conversation::{Overrides, Presented, Switch};
use crate::facts::{Certificate, Facts, Handshake, Hello, Mail, Recipient, Report, Row};
use crate::suggest;

/// What a function is given.
pub(super) struct Given<'a> {
    pub(super) function: &'static str,
    pub(super) known: &'static [&'static str],
    pub(super) map: &'a Map,
}

impl Given<'_> {
    /// Whether all that is given is known.
    pub(super) fn check(&self) -> Result<(), String> {
        let unknown = self.map.keys().find(|name| !self.known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| {
            Err(format!("`{}` does not take `{name}`; {}", self.function, suggest::help(name, self.known)))
        })
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, String> {
        let value = self.map.get(name).cloned().map(Dynamic::into_string).transpose();
        value.map_err(|kind| format!("`{name}` is a text, not a {kind}"))
    }

    /// A text, or several.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, String> {
        let list = self.map.get(name).and_then(|value| value.read_lock::<Array>().map(|list| list.clone()));
        let Some(list) = list else { return Ok(self.text(name)?.map(|text| vec![text])) };
        let texts = list.into_iter().map(Dynamic::into_string).collect::<Result<Vec<_>, _>>();
        match texts.map_err(|kind| format!("`{name}` is a text or a list of texts; this one has a {kind}"))? {
            texts if texts.is_empty() => Err(format!("`{name}` is an empty list: it names nobody")),
            texts => Ok(Some(texts)),
        }
    }

    /// The facts that are given by type, and the certificate where it is given by a word.
    pub(super) fn facts(&self, facts: &mut Overrides) -> Made<Option<Presented>> {
        let mut presented = None;
        for (name, value) in self.map {
            match name.as_str() {
                Certificate::WORD => match value.clone().into_string() {
                    Ok(word) => presented = Some(Presented::from_word(&word)?),
                    Err(_) => differing::<Certificate>(facts, value)?,
                },
                Handshake::WORD => differing::<Handshake>(facts, value)?,
                Hello::WORD => differing::<Hello>(facts, value)?,
                Mail::WORD => differing::<Mail>(facts, value)?,
                Recipient::WORD => differing::<Recipient>(facts, value)?,
                Report::WORD => differing::<Report>(facts, value)?,
                Row::WORD => differing::<Row>(facts, value)?,
                _ => {}
            }
        }
        Ok(presented)
    }

    pub(super) fn switch(&self) -> Result<Switch, String> {
        match self.text("tls")?.as_deref() {
            None | Some("on") => Ok(Switch::On),
            Some("off") => Ok(Switch::Off),
            Some(other) => Err(format!("`tls` is \"on\" or \"off\", not \"{other}\"")),
        }
    }
}

/// Facts that differ, by a map or as another function made them.
fn differing<T: Facts>(facts: &mut Overrides, value: &Dynamic) -> Made<()> {
    if let Some(map) = value.read_lock::<Map>() {
        return override_all::<T>(facts, &map);
    }
    let serde_json::Value::Object(told) = json(value)? else {
        return Err(format!("`{}` is a map here", T::WORD).into());
    };
    for (name, value) in told {
        facts.set(T::WORD, &name, value).map_err(|bad| bad.to_string())?;
    }
    Ok(())
}
