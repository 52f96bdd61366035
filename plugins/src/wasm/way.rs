//! Where plugins send a message: a resource with setters.

use wasmtime::component::{ComponentType, Lift, LinkerInstance, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut};

use super::guest::Guest;
use crate::verdicts::outgoing::Way;

/// A way in the making.
#[derive(Default)]
pub struct NextHop(pub(super) Way);

/// What a setter says of a value: what is wrong with it.
type Said = std::result::Result<(), String>;

/// Links the resource.
pub(super) fn link(verdicts: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    verdicts.resource("next-hop", ResourceType::host::<NextHop>(), |mut store, handle| {
        store.data_mut().table.delete(Resource::<NextHop>::new_own(handle))?;
        Ok(())
    })?;
    verdicts.func_wrap("[constructor]next-hop", |mut store: StoreContextMut<'_, Guest>, (): ()| {
        Ok((store.data_mut().table.push(NextHop::default())?,))
    })?;
    link_setter(verdicts, "to", |way, hosts: Vec<String>| {
        way.to = Some(hosts);
        Ok(())
    })?;
    link_setter(verdicts, "source", |way, address: String| {
        way.source = Some(crate::rhai::source(&address)?);
        Ok(())
    })?;
    link_setter(verdicts, "helo-name", |way, name: String| {
        way.helo_name = Some(name);
        Ok(())
    })?;
    link_setter(verdicts, "transport", |way, name: String| {
        way.transport = Some(name);
        Ok(())
    })
}

fn link_setter<V: ComponentType + Lift + 'static>(
    verdicts: &mut LinkerInstance<'_, Guest>,
    name: &str,
    set: fn(&mut Way, V) -> Said,
) -> Result<()> {
    verdicts.func_wrap(
        &format!("[method]next-hop.set-{name}"),
        move |mut store: StoreContextMut<'_, Guest>, (this, value): (Resource<NextHop>, V)| {
            Ok((set(&mut store.data_mut().table.get_mut(&this)?.0, value),))
        },
    )
}
