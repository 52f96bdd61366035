//! The verdict functions of scripts, and what may be chained to them.

mod edits;
mod route;

use std::str::FromStr;

use ::rhai::{Array, Engine, EvalAltResult, FuncRegistration, NativeCallContext};

use crate::facts::UnknownVersion;
use crate::spoken::{Setter, Spoken, Word, clean, parse_all};
use crate::verdicts::edit;
use crate::verdicts::{ClientCertificate, EnhancedCode, Floor, InvalidCode, Reply};

type Said = Result<Spoken, Box<EvalAltResult>>;

/// Registers them. They are volatile: a verdict folded by the optimizer would have lost its place.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Spoken>("verdict");
    for word in [Word::Accept, Word::Advertise, Word::Withhold, Word::StartTls, Word::StayClear] {
        let speak = move |ctx: NativeCallContext| Spoken::new(word, ctx.call_position());
        volatile(word.word()).register_into_engine(engine, speak);
    }
    for word in [Word::Refuse, Word::Defer] {
        let reply = move |ctx: NativeCallContext, text: &str| replying(&ctx, word, Reply::text(clean(text)));
        volatile(word.word()).register_into_engine(engine, reply);
        let reply = move |ctx: NativeCallContext, code: &str, text: &str| -> Said {
            let code = EnhancedCode::from_str(code).map_err(|invalid: InvalidCode| invalid.to_string())?;
            Ok(replying(&ctx, word, Reply::new(code, clean(text))))
        };
        volatile(word.word()).register_into_engine(engine, reply);
    }
    volatile(Word::Require.word()).register_into_engine(engine, require);
    volatile(Word::Redirect.word()).register_into_engine(engine, redirect);
    for word in [Word::Quarantine, Word::Discard] {
        let reason = move |ctx: NativeCallContext, text: &str| replying(&ctx, word, Reply::text(clean(text)));
        volatile(word.word()).register_into_engine(engine, reason);
    }
    register_setters(engine);
    edits::register(engine);
    route::register(engine);
}

fn register_setters(engine: &mut Engine) {
    set(engine, Setter::MinVersion, |spoken, value: &str| {
        spoken.terms.min_version = value.parse().map_err(|unknown: UnknownVersion| unknown.to_string())?;
        Ok(())
    });
    set(engine, Setter::ClientCertificate, |spoken, value: &str| {
        spoken.client_certificate = client_certificate(value)?;
        Ok(())
    });
    set(engine, Setter::Identity, |spoken, value: &str| {
        spoken.identity = Some(value.to_owned());
        Ok(())
    });
    set(engine, Setter::ServerName, |spoken, value: &str| {
        spoken.server_name = Some(value.to_owned());
        Ok(())
    });
    set_list(engine, Setter::Suites, |spoken, names| {
        spoken.terms.suites = Some(parse_all(names)?);
        Ok(())
    });
    set_list(engine, Setter::Groups, |spoken, names| {
        spoken.terms.groups = Some(parse_all(names)?);
        Ok(())
    });
    set_list(engine, Setter::Roots, |spoken, names| {
        spoken.terms.roots = Some(names.into_iter().collect());
        Ok(())
    });
}

#[expect(clippy::needless_pass_by_value, reason = "the engine calls it so")]
fn redirect(ctx: NativeCallContext, address: &str) -> Said {
    edit::check_address(address)?;
    Ok(Spoken { address: address.to_owned(), ..Spoken::new(Word::Redirect, ctx.call_position()) })
}

fn volatile(name: &str) -> FuncRegistration {
    FuncRegistration::new(name).with_volatility(true)
}

fn replying(ctx: &NativeCallContext, word: Word, reply: Reply) -> Spoken {
    Spoken { reply, ..Spoken::new(word, ctx.call_position()) }
}

#[expect(clippy::needless_pass_by_value, reason = "the engine calls it so")]
fn require(ctx: NativeCallContext, level: &str) -> Said {
    Ok(Spoken { floor: floor(level)?, ..Spoken::new(Word::Require, ctx.call_position()) })
}

fn set(engine: &mut Engine, setter: Setter, apply: fn(&mut Spoken, &str) -> Result<(), String>) {
    let chained = move |ctx: NativeCallContext, mut spoken: Spoken, value: &str| -> Said {
        apply(&mut spoken, value)?;
        spoken.set.push((setter, ctx.call_position()));
        Ok(spoken)
    };
    volatile(setter.word()).register_into_engine(engine, chained);
}

fn set_list(engine: &mut Engine, setter: Setter, apply: fn(&mut Spoken, Vec<String>) -> Result<(), String>) {
    let chained = move |ctx: NativeCallContext, mut spoken: Spoken, values: Array| -> Said {
        let texts = values.into_iter().map(::rhai::Dynamic::into_string).collect::<Result<Vec<_>, _>>();
        let texts = texts.map_err(|found| format!("`{}` takes texts, not {found}", setter.word()))?;
        if texts.is_empty() {
            return Err(format!("`{}` with an empty list would allow nothing", setter.word()).into());
        }
        apply(&mut spoken, texts)?;
        spoken.set.push((setter, ctx.call_position()));
        Ok(spoken)
    };
    volatile(setter.word()).register_into_engine(engine, chained);
}

pub(crate) use route::source;

pub(super) fn floor(level: &str) -> Result<Floor, String> {
    match level {
        "encrypted" => Ok(Floor::Encrypted),
        "verified" => Ok(Floor::Verified),
        _ => Err(format!("`{level}` cannot be required: write \"encrypted\" or \"verified\"")),
    }
}

pub(super) fn client_certificate(value: &str) -> Result<ClientCertificate, String> {
    match value {
        "none" => Ok(ClientCertificate::None),
        "request" => Ok(ClientCertificate::Request),
        "require" => Ok(ClientCertificate::Require),
        _ => Err(format!("`{value}` is unknown: write \"none\", \"request\" or \"require\"")),
    }
}
