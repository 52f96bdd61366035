//! `count`, `allows`, `recall`, `remember`, `remember_first`, `remember_sum` and `forget`.

use std::time::Duration;

use ::rhai::{Dynamic, Engine, NativeCallContext};
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;

use super::{Native, call};
use crate::rhai::compare;
use crate::state::{Rate, Span};

/// Octets of a key that is kept as it is; a longer one is kept as its digest.
const PLAIN_KEY: usize = 200;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("count", |ctx: NativeCallContext, counter: &str| count(&ctx, counter, 1));
    engine.register_fn("count", |ctx: NativeCallContext, counter: &str, amount: i64| {
        count(&ctx, counter, amount)
    });
    engine.register_fn("allows", |ctx: NativeCallContext, rate: &str, key: &str| allows(&ctx, rate, key, 1));
    engine.register_fn("allows", |ctx: NativeCallContext, rate: &str, key: &str, tokens: i64| {
        allows(&ctx, rate, key, tokens)
    });
    engine.register_fn("recall", |ctx: NativeCallContext, key: &str| recall(&ctx, key, Dynamic::UNIT));
    engine.register_fn("recall", |ctx: NativeCallContext, key: &str, default: Dynamic| {
        recall(&ctx, key, default)
    });
    engine.register_fn(
        "remember",
        |ctx: NativeCallContext, key: &str, value: Dynamic, time: &str| -> Native<()> {
            Ok(call(&ctx)?.reach.remember(&short(key), octets(&value)?, span(time)?)?)
        },
    );
    engine.register_fn(
        "remember_first",
        |ctx: NativeCallContext, key: &str, value: Dynamic, time: &str| -> Native<bool> {
            Ok(call(&ctx)?.reach.remember_first(&short(key), octets(&value)?, span(time)?)?)
        },
    );
    engine.register_fn(
        "remember_sum",
        |ctx: NativeCallContext, key: &str, amount: i64, time: &str| -> Native<i64> {
            Ok(call(&ctx)?.reach.add(&short(key), amount, span(time)?)?)
        },
    );
    engine.register_fn("forget", |ctx: NativeCallContext, key: &str| -> Native<()> {
        call(&ctx)?.reach.kv().remove(&short(key));
        Ok(())
    });
}

fn count(ctx: &NativeCallContext<'_>, counter: &str, amount: i64) -> Native<()> {
    call(ctx)?.reach.count(counter, amount);
    Ok(())
}

fn allows(ctx: &NativeCallContext<'_>, rate: &str, key: &str, tokens: i64) -> Native<bool> {
    let rate: Rate = rate.parse().map_err(|bad: crate::state::BadRate| bad.to_string())?;
    let tokens = u32::try_from(tokens).map_err(|_| format!("{tokens} is no number of times"))?;
    Ok(call(ctx)?.reach.allows(&rate, key, tokens)?)
}

fn recall(ctx: &NativeCallContext<'_>, key: &str, default: Dynamic) -> Native<Dynamic> {
    match call(ctx)?.reach.kv().get(&short(key)) {
        Some(octets) => value(&octets),
        None => Ok(default),
    }
}

pub(super) fn span(text: &str) -> Result<Duration, String> {
    text.parse::<Span>().map(Span::duration).map_err(|bad| bad.to_string())
}

/// A key of any length as one that fits.
fn short(key: &str) -> String {
    if key.len() <= PLAIN_KEY {
        return key.to_owned();
    }
    format!("sha256:{}", HEXLOWER.encode(digest(&SHA256, key.as_bytes()).as_ref()))
}

/// A value as it is kept: JSON, so that plugins of the same name can read it too.
fn octets(value: &Dynamic) -> Result<Vec<u8>, String> {
    let json = if let Ok(text) = value.as_immutable_string_ref() {
        serde_json::Value::from(text.as_str())
    } else if let Ok(number) = value.as_int() {
        number.into()
    } else if let Ok(flag) = value.as_bool() {
        flag.into()
    } else {
        return Err(format!(
            "only texts, numbers, true and false can be remembered, not {}",
            compare::name(value)
        ));
    };
    Ok(json.to_string().into_bytes())
}

fn value(octets: &[u8]) -> Native<Dynamic> {
    match serde_json::from_slice(octets) {
        Ok(serde_json::Value::String(text)) => Ok(text.into()),
        Ok(serde_json::Value::Bool(flag)) => Ok(flag.into()),
        Ok(serde_json::Value::Number(number)) if number.is_i64() => {
            Ok(number.as_i64().unwrap_or_default().into())
        }
        _ => Err("what is remembered is neither a text, nor a number, nor true or false: a plugin of this name has put it".into()),
    }
}
