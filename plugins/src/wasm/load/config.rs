//! The `.toml` beside a plugin, as the JSON that the plugin is given.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use toml::Value as Toml;

use crate::diagnostic::Diagnostic;
use crate::place::Place;

/// The configuration as a JSON object. Dates become texts.
///
/// # Errors
///
/// It is no TOML: where, and why.
pub(super) fn json(path: &Arc<str>, text: &Arc<str>) -> Result<Arc<str>, Vec<Diagnostic>> {
    match toml::from_str::<toml::Table>(text) {
        Ok(table) => Ok(object(table).to_string().into()),
        Err(error) => {
            let (line, column) = position(text, error.span().map_or(0, |span| span.start));
            let place = Place::new(Arc::clone(path), line, column);
            Err(vec![Diagnostic::error("W004", place, error.message().trim()).within(Arc::clone(text))])
        }
    }
}

fn object(table: toml::Table) -> Json {
    Json::Object(table.into_iter().map(|(key, value)| (key, of(value))).collect::<Map<_, _>>())
}

fn of(value: Toml) -> Json {
    match value {
        Toml::String(text) => text.into(),
        Toml::Integer(number) => number.into(),
        Toml::Float(number) => number.into(),
        Toml::Boolean(flag) => flag.into(),
        Toml::Datetime(date) => date.to_string().into(),
        Toml::Array(list) => list.into_iter().map(of).collect::<Vec<_>>().into(),
        Toml::Table(table) => object(table),
    }
}

/// Line and column of an offset, from 1.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_becomes_json() {
        let text: Arc<str> = "pins = [\"a\"]\ndays = 3\nsince = 2026-11-27\n[deep]\nx = true\n".into();
        let json = json(&"p.toml".into(), &text).unwrap();
        assert_eq!(&*json, r#"{"days":3,"deep":{"x":true},"pins":["a"],"since":"2026-11-27"}"#);
    }

    #[test]
    fn a_slip_is_shown_at_its_place() {
        let findings = json(&"outgoing/p.toml".into(), &"a = 1\nb = = 2\n".into()).unwrap_err();
        let finding = &findings[0];
        assert_eq!((finding.code, finding.place.to_string().as_str()), ("W004", "outgoing/p.toml:2:5"));
    }
}
