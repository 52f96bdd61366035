//! Functions on texts and names that policies need.

use ::rhai::{Engine, EvalAltResult, ImmutableString, NativeCallContext, Position};

use super::engine::STRING_SIZE;
use super::voice::{self, Tone};

// Plugins ask as scripts do.
#[allow(unreachable_pub, reason = "in the SDK it is public")]
#[path = "../../../sdk/src/texts/names.rs"]
mod names;

use names::{is_below, is_within};

/// Registers them. `contains`, `starts_with` and `ends_with` come with the language.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("is_below", |name: &str, domain: &str| is_below(name, domain));
    engine.register_fn("is_within", |name: &str, domain: &str| is_within(name, domain));
    engine.register_fn("replace", |text: &mut ImmutableString, old: &str, new: &str| replace(text, old, new));
    engine.register_fn("replace", |text: &mut ImmutableString, old: char, new: &str| {
        replace(text, old.encode_utf8(&mut [0; 4]), new)
    });
    engine.register_fn("network", network);
    engine.register_fn("log", |ctx: NativeCallContext, text: &str| voice::say(Tone::Log, &ctx, text));
    engine.register_fn("alarm", |ctx: NativeCallContext, text: &str| voice::say(Tone::Alarm, &ctx, text));
}

fn network(address: &str) -> Result<String, Box<EvalAltResult>> {
    Ok(names::network(address)?)
}

/// The language's own makes the whole text before it looks at its size, which is the product of
/// those of two texts.
fn replace(text: &mut ImmutableString, old: &str, new: &str) -> Result<(), Box<EvalAltResult>> {
    let added = text.matches(old).count().saturating_mul(new.len());
    if text.len().saturating_add(added) > STRING_SIZE {
        return Err(EvalAltResult::ErrorDataTooLarge("Length of string".to_owned(), Position::NONE).into());
    }
    *text = text.replace(old, new).into();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_below_a_domain_at_a_dot_only() {
        assert!(is_below("mx.Example.org", "example.ORG."));
        assert!(is_below("a.b.example.org", "example.org"));
        assert!(!is_below("example.org", "example.org"));
        assert!(!is_below("badexample.org", "example.org"));
        assert!(!is_below(".example.org", "example.org"));
        assert!(!is_below("example.org", ""));
    }

    #[test]
    fn an_address_lies_in_a_network() {
        let of = |address: &str| network(address).map_err(|error| error.to_string());
        assert_eq!(of("192.0.2.77").as_deref(), Ok("192.0.2.0/24"));
        assert_eq!(of("::ffff:192.0.2.77").as_deref(), Ok("192.0.2.0/24"));
        assert_eq!(of("2001:db8:1:2:3::4").as_deref(), Ok("2001:db8:1:2::/64"));
        assert!(of("mx.example.org").unwrap_err().contains("no IP address"));
    }

    #[test]
    fn an_empty_name_is_within_nothing() {
        assert!(!is_within("", ""));
        assert!(!is_within(".", "."));
    }
}
