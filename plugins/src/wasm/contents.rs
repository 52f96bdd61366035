//! How plugins read what is too large to be handed over as a whole: headers by name, a body piece by piece.

use std::io;
use std::sync::Arc;

use wasmtime::component::{LinkerInstance, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut, format_err};

use super::fuel;
use super::guest::Guest;
use crate::facts::{Body, Fields};

type Store<'a> = StoreContextMut<'a, Guest>;
type OfFields = Resource<Arc<Fields>>;
type OfBody = Resource<Arc<Body>>;

/// Links both resources.
pub(super) fn link(contents: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    link_fields(contents)?;
    link_body(contents)
}

fn link_fields(contents: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    contents.resource("fields", ResourceType::host::<Arc<Fields>>(), |mut store, handle| {
        store.data_mut().table.delete(OfFields::new_own(handle))?;
        Ok(())
    })?;
    contents.func_wrap("[method]fields.first", |store: Store<'_>, (this, name): (OfFields, String)| {
        let fields = store.data().table.get(&this)?;
        Ok((fields.first(&name).map(str::to_owned),))
    })?;
    contents.func_wrap("[method]fields.all", |store: Store<'_>, (this, name): (OfFields, String)| {
        let fields = store.data().table.get(&this)?;
        Ok((fields.all(&name).map(str::to_owned).collect::<Vec<_>>(),))
    })?;
    contents.func_wrap("[method]fields.names", |store: Store<'_>, (this,): (OfFields,)| {
        let fields = store.data().table.get(&this)?;
        Ok((fields.names().map(str::to_owned).collect::<Vec<_>>(),))
    })
}

fn link_body(contents: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    contents.resource("body", ResourceType::host::<Arc<Body>>(), |mut store, handle| {
        store.data_mut().table.delete(OfBody::new_own(handle))?;
        Ok(())
    })?;
    contents.func_wrap("[method]body.size", |store: Store<'_>, (this,): (OfBody,)| {
        Ok((store.data().table.get(&this)?.size(),))
    })?;
    contents.func_wrap(
        "[method]body.read",
        |mut store: Store<'_>, (this, offset, length): (OfBody, u64, u32)| {
            let body = Arc::clone(store.data().table.get(&this)?);
            let piece = body
                .read(offset, usize::try_from(length).unwrap_or(usize::MAX))
                .map_err(|error| unreadable(&error))?;
            fuel::has_read(&mut store, piece.len() as u64, body.size())?;
            Ok((piece,))
        },
    )?;
    contents.func_wrap_async(
        "[method]body.contains",
        |mut store: Store<'_>, (this, wanted): (OfBody, Vec<u8>)| {
            Box::new(async move {
                let body = Arc::clone(store.data().table.get(&this)?);
                fuel::searches(&mut store, body.size())?;
                Ok((contains(&body, &wanted).await.map_err(|error| unreadable(&error))?,))
            })
        },
    )
}

/// Looks through a body; others have their turn between its pieces.
async fn contains(body: &Body, wanted: &[u8]) -> io::Result<bool> {
    let mut search = body.search(wanted);
    loop {
        if let Some(found) = search.step()? {
            return Ok(found);
        }
        tokio::task::yield_now().await;
    }
}

fn unreadable(error: &io::Error) -> wasmtime::Error {
    format_err!("the message cannot be read: {error}")
}
