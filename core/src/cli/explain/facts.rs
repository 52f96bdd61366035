//! `--fact KEY=VALUE`: facts that differ from those of a situation.

use anyhow::{anyhow, bail};
use serde_json::Value;
use waxseal_plugins::conversation::Overrides;

/// Reads them, as in `host.recent_failures=3` or `certificate.names=mx.example.org,mx.example.net`.
///
/// # Errors
///
/// What is no fact, or no value for it.
pub(super) fn read(written: &[String]) -> anyhow::Result<Overrides> {
    let mut facts = Overrides::default();
    for one in written {
        let Some((key, value)) = one.split_once('=') else {
            bail!("--fact {one}: write a fact and its value, as in host.version=1.2");
        };
        let Some((word, fact)) = key.trim().split_once('.') else {
            bail!("--fact {one}: write what the fact is of, as in certificate.{}={value}", key.trim());
        };
        set(&mut facts, word, fact, value.trim()).map_err(|why| anyhow!("--fact {one}: {why}"))?;
    }
    Ok(facts)
}

/// The fact's type says what the value is: a number or `true` as such, `1.2` as a version, else a text, else a
/// list of texts.
fn set(facts: &mut Overrides, word: &str, fact: &str, value: &str) -> Result<(), String> {
    let text = Value::String(value.to_owned());
    let list = value.split(',').map(|one| Value::String(one.trim().to_owned())).collect();
    let json = serde_json::from_str(value).ok();
    let mut wrong = String::new();
    for value in json.into_iter().chain([text, Value::Array(list)]) {
        match facts.set(word, fact, value) {
            Ok(()) => return Ok(()),
            // The first says it best: the others are guesses.
            Err(error) if wrong.is_empty() => wrong = error.to_string(),
            Err(_) => {}
        }
    }
    Err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(written: &str) -> String {
        read(&[written.to_owned()]).unwrap_err().to_string()
    }

    #[test]
    fn values_are_of_the_facts_type() {
        let written = [
            "host.recent_failures=3",
            "host.version=1.2",
            "certificate.expired=true",
            "certificate.names=a.example, b.example",
            "host.ehlo=true",
            "mail.sender=",
        ];
        let facts = read(&written.map(str::to_owned)).unwrap();
        let told = serde_json::to_value(&facts).unwrap();
        assert_eq!(told["host"]["recent_failures"], 3);
        assert_eq!(told["host"]["version"], "1.2");
        assert_eq!(told["certificate"]["expired"], true);
        assert_eq!(told["certificate"]["names"][1], "b.example");
        assert_eq!(told["host"]["ehlo"], "true");
        assert_eq!(told["mail"]["sender"], "");
    }

    #[test]
    fn what_is_no_fact_is_said() {
        assert!(
            wrong("host.versoin=1.2").contains("did you mean `version`"),
            "{}",
            wrong("host.versoin=1.2")
        );
        assert!(wrong("expired=true").contains("as in certificate.expired=true"));
        assert!(wrong("host.version").contains("as in host.version=1.2"));
        assert!(wrong("host.port=many").contains("host.port"), "{}", wrong("host.port=many"));
    }
}
