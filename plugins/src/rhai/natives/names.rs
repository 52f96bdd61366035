//! `dns_addresses`, `dns_mx`, `dns_txt`, `dns_names`, `dnsbl` and `reverse_name`.
//!
//! They wait: a script that names one of them is asked on a thread of its own. Where nothing can be
//! found out the script fails, unless it says what it takes then.

use std::net::IpAddr;

use ::rhai::{Array, Dynamic, Engine, ImmutableString, NativeCallContext};

use super::{Call, Native, call};
use crate::outside::{LookupFailure, Query};
use crate::state::Manner;

// Plugins ask as scripts do.
#[path = "../../../../sdk/src/texts/listed.rs"]
mod listed;

use listed::listed_name;

/// What was found; an error where it cannot be found out.
type Found = Result<Vec<String>, String>;

/// The question about a name.
type Asked = fn(String) -> Query;

pub(super) fn register(engine: &mut Engine) {
    let queries: [(&str, Asked); 4] = [
        ("dns_addresses", Query::Addresses),
        ("dns_mx", Query::Mx),
        ("dns_txt", Query::Txt),
        ("dns_names", Query::Names),
    ];
    for (function, query) in queries {
        let ask = move |ctx: &NativeCallContext<'_>, name: &str| -> Native<Found> {
            Ok(call(ctx)?.look_up(query(name.to_owned())))
        };
        engine.register_fn(function, move |ctx: NativeCallContext, name: &str| -> Native<Array> {
            Ok(list(ask(&ctx, name)??))
        });
        engine.register_fn(
            function,
            move |ctx: NativeCallContext, name: &str, default: Dynamic| -> Native<Dynamic> {
                Ok(ask(&ctx, name)?.map_or(default, |found| list(found).into()))
            },
        );
    }
    engine.register_fn("dnsbl", |ctx: NativeCallContext, address: &str, zone: &str| -> Native<Array> {
        Ok(list(dnsbl(&*call(&ctx)?, address, zone)?))
    });
    engine.register_fn(
        "dnsbl",
        |ctx: NativeCallContext, address: &str, zone: &str, default: Dynamic| -> Native<Dynamic> {
            Ok(dnsbl(&*call(&ctx)?, address, zone).map_or(default, |found| list(found).into()))
        },
    );
    engine.register_fn("reverse_name", |ctx: NativeCallContext, address: &str| -> Native<ImmutableString> {
        Ok(reverse_name(&*call(&ctx)?, address)?.into())
    });
    engine.register_fn(
        "reverse_name",
        |ctx: NativeCallContext, address: &str, default: Dynamic| -> Native<Dynamic> {
            Ok(reverse_name(&*call(&ctx)?, address).map_or(default, Dynamic::from))
        },
    );
}

fn list(found: Vec<String>) -> Array {
    found.into_iter().map(Dynamic::from).collect()
}

/// What a DNS block list answers about an address (RFC 5782 section 2.1); nothing where it is not listed.
fn dnsbl(call: &Call, address: &str, zone: &str) -> Found {
    call.look_up(Query::Addresses(listed_name(address_of(address)?, zone)))
}

/// The first name of an address that leads back to it; empty where none does.
fn reverse_name(call: &Call, address: &str) -> Result<String, String> {
    let address = address_of(address)?;
    for name in call.look_up(Query::Names(address.to_string()))? {
        let addresses = call.look_up(Query::Addresses(name.clone()))?;
        if addresses.iter().any(|one| one.parse::<IpAddr>().is_ok_and(|one| one.to_canonical() == address)) {
            return Ok(name);
        }
    }
    Ok(String::new())
}

fn address_of(text: &str) -> Result<IpAddr, String> {
    text.parse::<IpAddr>()
        .map(|address| address.to_canonical())
        .map_err(|_| format!("`{text}` is no IP address"))
}

impl Call {
    /// Looks a name up; what does not exist is an empty answer.
    fn look_up(&self, query: Query) -> Found {
        if !self.reach.may_look_up(&mut self.lookups()) {
            return Err("this call has made all the lookups that it may make".to_owned());
        }
        let asking = self.reach.look_up(query);
        // What is imagined is there at once, on whatever thread this is.
        let answer = match (self.reach.manner(), tokio::runtime::Handle::try_current()) {
            (Manner::Asked, Ok(runtime)) => runtime.block_on(asking),
            _ => pollster::block_on(asking),
        };
        match answer {
            Ok(found) => Ok(found),
            Err(LookupFailure::NoRecord) => Ok(Vec::new()),
            Err(LookupFailure::Unavailable(why)) => Err(why),
        }
    }
}
