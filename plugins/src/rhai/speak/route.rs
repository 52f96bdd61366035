//! Where scripts send a message, as in `accept().to("relay.example.org:25")`.

use std::net::IpAddr;

use ::rhai::{Array, Dynamic, Engine, EvalAltResult, NativeCallContext};

use super::{Said, set, set_list, volatile};
use crate::spoken::{Setter, Spoken};

/// Registers it.
pub(super) fn register(engine: &mut Engine) {
    let to = |ctx: NativeCallContext, spoken: Spoken, host: &str| -> Said {
        send_to(&ctx, spoken, vec![host.into()])
    };
    volatile(Setter::To.word()).register_into_engine(engine, to);
    set_list(engine, Setter::To, |spoken, hosts| {
        spoken.way.to = Some(hosts);
        Ok(())
    });
    set(engine, Setter::Source, |spoken, address| {
        spoken.way.source = Some(source(address)?);
        Ok(())
    });
    set(engine, Setter::HeloName, |spoken, name| {
        spoken.way.helo_name = Some(name.to_owned());
        Ok(())
    });
    set(engine, Setter::Transport, |spoken, name| {
        spoken.way.transport = Some(name.to_owned());
        Ok(())
    });
}

fn send_to(ctx: &NativeCallContext, mut spoken: Spoken, hosts: Array) -> Said {
    let hosts = hosts.into_iter().map(Dynamic::into_string).collect::<Result<Vec<_>, _>>();
    spoken.way.to =
        Some(hosts.map_err(|found| Box::<EvalAltResult>::from(format!("`to` takes texts, not {found}")))?);
    spoken.set.push((Setter::To, ctx.call_position()));
    Ok(spoken)
}

/// An address of ours.
pub(crate) fn source(address: &str) -> Result<IpAddr, String> {
    address.parse().map_err(|_| format!("`{address}` is no IP address of ours"))
}
