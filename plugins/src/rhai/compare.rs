//! Comparisons that do not lie.
//!
//! Rhai answers `"13" < 13` and `() < 13` with false, without a word. In a policy that is a door
//! left open: `if client.version < 1.2 { refuse(..) }` would never refuse. Here such a comparison
//! is an error; only `== ()` and `!= ()` may ask whether something is there.

use std::cmp::Ordering;

use ::rhai::{Dynamic, Engine, EvalAltResult};

use crate::facts::Version;

type Compared = Result<bool, Box<EvalAltResult>>;

/// Registers the six operators for all pairs of types that have none of their own.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("==", |one: Dynamic, other: Dynamic| equal(&one, &other));
    engine.register_fn("!=", |one: Dynamic, other: Dynamic| equal(&one, &other).map(|equal| !equal));
    engine.register_fn("<", |one: Dynamic, other: Dynamic| ordered(&one, &other, Ordering::is_lt));
    engine.register_fn("<=", |one: Dynamic, other: Dynamic| ordered(&one, &other, Ordering::is_le));
    engine.register_fn(">", |one: Dynamic, other: Dynamic| ordered(&one, &other, Ordering::is_gt));
    engine.register_fn(">=", |one: Dynamic, other: Dynamic| ordered(&one, &other, Ordering::is_ge));
}

fn equal(one: &Dynamic, other: &Dynamic) -> Compared {
    if one.is_unit() || other.is_unit() {
        return Ok(one.is_unit() && other.is_unit());
    }
    ordered(one, other, Ordering::is_eq)
}

fn ordered(one: &Dynamic, other: &Dynamic, holds: fn(Ordering) -> bool) -> Compared {
    order(one, other)?.map(holds).ok_or_else(|| {
        let (one, other) = (name(one), name(other));
        format!("{one} cannot be compared with {other}: the answer would always be false").into()
    })
}

/// The order of two values; `None` where they have none.
fn order(one: &Dynamic, other: &Dynamic) -> Result<Option<Ordering>, Box<EvalAltResult>> {
    if one.is::<Version>() || other.is::<Version>() {
        return Ok(version(one)?.zip(version(other)?).map(|(one, other)| one.cmp(&other)));
    }
    let numbers = one.as_int().ok().zip(other.as_int().ok()).map(|(one, other)| one.cmp(&other));
    let flags = || one.as_bool().ok().zip(other.as_bool().ok()).map(|(one, other)| one.cmp(&other));
    Ok(numbers
        .or_else(|| order_of_decimals(one, other))
        .or_else(flags)
        .or_else(|| order_of_texts(one, other)))
}

/// A whole number and a decimal one are both numbers.
fn order_of_decimals(one: &Dynamic, other: &Dynamic) -> Option<Ordering> {
    #[expect(clippy::cast_precision_loss, reason = "as Rhai itself compares them")]
    let decimal =
        |value: &Dynamic| value.as_float().or_else(|_| value.as_int().map(|whole| whole as f64)).ok();
    decimal(one)?.partial_cmp(&decimal(other)?)
}

fn order_of_texts(one: &Dynamic, other: &Dynamic) -> Option<Ordering> {
    let text = |value: &Dynamic| {
        let of_char = || value.as_char().ok().map(String::from);
        value.as_immutable_string_ref().ok().map(|text| text.to_string()).or_else(of_char)
    };
    Some(text(one)?.cmp(&text(other)?))
}

/// A version, or a text that names one.
fn version(value: &Dynamic) -> Result<Option<Version>, Box<EvalAltResult>> {
    if let Some(version) = value.read_lock::<Version>() {
        return Ok(Some(*version));
    }
    let Ok(text) = value.as_immutable_string_ref() else { return Ok(None) };
    // The fact itself is the empty text where there is no TLS, and may be compared with that.
    if text.is_empty() {
        return Ok(Some(Version::None));
    }
    text.parse().map(Some).map_err(|unknown: crate::facts::UnknownVersion| unknown.to_string().into())
}

/// What a value is, as people call it.
pub(super) fn name(value: &Dynamic) -> String {
    if value.is::<Version>() { "a TLS version".to_owned() } else { kind(value.type_name()) }
}

/// What a type is, as people call it.
pub(super) fn kind(type_name: &str) -> String {
    match type_name {
        "i64" => "a number".to_owned(),
        "f64" => "a decimal number".to_owned(),
        "bool" => "true or false".to_owned(),
        "()" => "nothing".to_owned(),
        "array" => "a list".to_owned(),
        "map" => "a map".to_owned(),
        "string" => "a text".to_owned(),
        other => {
            format!("a {}", other.rsplit("::").next().unwrap_or(other).trim_end_matches('>').to_lowercase())
        }
    }
}
