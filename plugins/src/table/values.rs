//! The values of clauses: from what a script may say to what a row may hold.

use std::collections::BTreeMap;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use jiff::civil::Date;
use rhai::Dynamic;

use super::pattern::a_labels;
use crate::facts::{Parameter, Parameters, Version};
use crate::hooks::Direction;
use crate::suggest;
use crate::verdicts::{Group, Suite};

/// A text, not empty.
pub(super) fn text(value: &Dynamic) -> Result<String, String> {
    match value.clone().into_string() {
        Ok(text) if !text.trim().is_empty() => Ok(text),
        Ok(_) => Err("it is empty".into()),
        Err(kind) => Err(format!("it wants a text, not a value of type {kind}")),
    }
}

/// A list of texts, not empty; one text alone is a list of one.
fn texts(value: &Dynamic) -> Result<Vec<String>, String> {
    if value.is_string() {
        return text(value).map(|one| vec![one]);
    }
    match value.as_array_ref() {
        Ok(list) if list.is_empty() => Err("the list is empty: leave the clause out".into()),
        Ok(list) => list.iter().map(text).collect(),
        Err(kind) => Err(format!("it wants a list of texts, not a value of type {kind}")),
    }
}

/// A TLS version that can be negotiated: what is older than 1.2 is forbidden (RFC 8996).
pub(super) fn version(value: &Dynamic) -> Result<Version, String> {
    let text = text(value)?;
    match text.parse() {
        Ok(version) if version >= Version::Tls12 => Ok(version),
        _ => Err(format!("`{text}` is no TLS version that can be required: write \"1.2\" or \"1.3\"")),
    }
}

/// Cipher suites, by IANA name.
pub(super) fn suites(value: &Dynamic) -> Result<Vec<String>, String> {
    known::<Suite>(value, "cipher suite", Suite::ALL, Suite::name)
}

/// Key exchange groups, by IANA name.
pub(super) fn groups(value: &Dynamic) -> Result<Vec<String>, String> {
    known::<Group>(value, "key exchange group", Group::ALL, Group::name)
}

fn known<T: FromStr + Copy>(
    value: &Dynamic,
    what: &str,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<Vec<String>, String> {
    let read = |text: String| match text.parse::<T>() {
        Ok(one) => Ok(name(one).to_owned()),
        Err(_) => {
            let names = all.iter().map(|one| name(*one));
            Err(format!("no {what} `{text}`{}", suggest::did_you_mean(&text, names)))
        }
    };
    texts(value)?.into_iter().map(read).collect()
}

/// Names of hosts: A-labels, with a leading `.` for any name below; outgoing also `mx`, which
/// stands for the names of the MX records.
pub(super) fn names(value: &Dynamic, direction: Direction) -> Result<Vec<String>, String> {
    let read = |name: String| match (name.as_str(), direction) {
        ("mx", Direction::Outgoing) => Ok(name),
        ("mx", Direction::Incoming) => Err("`mx` is for hosts that we send to: name the clients".into()),
        _ => {
            let (dot, domain) = match name.strip_prefix('.') {
                Some(domain) => (".", domain),
                None => ("", name.as_str()),
            };
            let domain = a_labels(domain).map_err(|problem| format!("`{name}` is no name: {problem}"))?;
            Ok(format!("{dot}{domain}"))
        }
    };
    texts(value)?.into_iter().map(read).collect()
}

/// Pins of public keys, as `sha256:` and 64 lower-case hexadecimal digits.
pub(super) fn pins(value: &Dynamic) -> Result<Vec<String>, String> {
    texts(value)?.iter().map(|pin| pin_of(pin)).collect()
}

fn pin_of(pin: &str) -> Result<String, String> {
    let digest = pin.strip_prefix("sha256:").and_then(|digest| {
        let hexadecimal = HEXLOWER_PERMISSIVE.decode(digest.as_bytes()).ok();
        let base64 = || BASE64.decode(digest.as_bytes()).ok();
        hexadecimal.filter(|bytes| bytes.len() == 32).or_else(base64).filter(|bytes| bytes.len() == 32)
    });
    digest.map(|bytes| format!("sha256:{}", HEXLOWER.encode(&bytes))).ok_or_else(|| {
        format!(
            "`{pin}` is no pin: write `sha256:` and the SHA-256 of the public key, 64 hexadecimal digits or base64"
        )
    })
}

/// Sets of roots. Whether they exist is the bundle's to check.
pub(super) fn roots(value: &Dynamic) -> Result<Vec<String>, String> {
    texts(value)
}

/// A day.
pub(super) fn day(value: &Dynamic) -> Result<Date, String> {
    let text = text(value)?;
    // `Date` reads more than days, times among them: what is meant then would be a guess.
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    date.ok_or_else(|| format!("`{text}` is no day: write year-month-day, as in \"2027-06-30\""))
}

/// A policy's own parameters.
pub(super) fn parameters(value: &Dynamic) -> Result<Parameters, String> {
    let map =
        value.as_map_ref().map_err(|kind| format!("it wants `#{{...}}`, not a value of type {kind}"))?;
    map.iter().map(|(key, value)| Ok((key.to_string(), parameter(value)?))).collect()
}

fn parameter(value: &Dynamic) -> Result<Parameter, String> {
    if let Ok(flag) = value.as_bool() {
        Ok(Parameter::Flag(flag))
    } else if let Ok(number) = value.as_int() {
        Ok(Parameter::Number(number))
    } else if let Ok(text) = value.clone().into_string() {
        Ok(Parameter::Text(text))
    } else if let Ok(list) = value.as_array_ref() {
        list.iter().map(parameter).collect::<Result<_, _>>().map(Parameter::List)
    } else if value.is_map() {
        parameters(value).map(BTreeMap::from_iter).map(Parameter::Map)
    } else {
        Err(format!("a parameter is a flag, a number, a text, a list or a map, not {}", value.type_name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_hexadecimal_or_base64() {
        let hexadecimal = format!("sha256:{}", "AB".repeat(32));
        let normal = hexadecimal.to_lowercase();
        assert_eq!(pin_of(&hexadecimal), Ok(normal.clone()));
        let base64 = format!("sha256:{}", BASE64.encode(&[0xab; 32]));
        assert_eq!(pin_of(&base64), Ok(normal));
        for bad in ["sha256:abcd", "md5:00", "", "sha256:"] {
            assert!(pin_of(bad).is_err_and(|problem| problem.contains("64 hexadecimal digits")));
        }
    }

    #[test]
    fn unknown_suites_get_a_suggestion() {
        let problem = suites(&"TLS_AES_256_GCM_SHA348".into()).unwrap_err();
        assert!(problem.contains("did you mean `TLS_AES_256_GCM_SHA384`?"), "{problem}");
        assert_eq!(groups(&"X25519".into()).as_deref(), Ok(&["x25519".to_owned()][..]));
    }

    #[test]
    fn old_versions_cannot_be_required() {
        assert_eq!(version(&"1.3".into()), Ok(Version::Tls13));
        assert!(version(&"1.1".into()).is_err());
        assert!(version(&Dynamic::from(1.3_f64)).is_err_and(|problem| problem.contains("a text")));
    }

    #[test]
    fn only_whole_days_are_days() {
        assert!(day(&"2027-06-30".into()).is_ok());
        for bad in ["2027-02-29", "30.06.2027", "2027-06-30T10:00", "soon"] {
            assert!(day(&bad.into()).is_err(), "{bad}");
        }
    }

    #[test]
    fn parameters_nest() {
        let mut map = rhai::Map::new();
        map.insert("list".into(), Dynamic::from(vec![Dynamic::from(1_i64), Dynamic::from("a".to_owned())]));
        let parameters = parameters(&map.into()).expect("good");
        let list = Parameter::List(vec![Parameter::Number(1), Parameter::Text("a".into())]);
        assert_eq!(parameters.get("list"), Some(&list));
    }
}
