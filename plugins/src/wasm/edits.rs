//! What plugins change of a message: a resource with a function for each kind of change.

use bytes::Bytes;
use wasmtime::component::{ComponentNamedList, Lift, LinkerInstance, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut};

use super::guest::Guest;
use crate::verdicts::{Edit, Header};

/// Changes in the making, in the order in which they were said.
#[derive(Default)]
pub struct Edits(pub(super) Vec<Edit>);

type Of = Resource<Edits>;

/// Links the resource.
pub(super) fn link(verdicts: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    verdicts.resource("edits", ResourceType::host::<Edits>(), |mut store, handle| {
        store.data_mut().table.delete(Of::new_own(handle))?;
        Ok(())
    })?;
    verdicts.func_wrap("[constructor]edits", |mut store: StoreContextMut<'_, Guest>, (): ()| {
        Ok((store.data_mut().table.push(Edits::default())?,))
    })?;
    link_headers(verdicts)?;
    link_envelope(verdicts)?;
    link_body(verdicts)
}

fn link_headers(verdicts: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    link_edit(verdicts, "add-header", |(this, name, value): (Of, String, String)| {
        (this, Edit::AddHeader(Header::new(name, value)))
    })?;
    link_edit(verdicts, "insert-header", |(this, position, name, value): (Of, u32, String, String)| {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        (this, Edit::InsertHeader { position, header: Header::new(name, value) })
    })?;
    link_edit(verdicts, "replace-header", |(this, name, value): (Of, String, String)| {
        (this, Edit::ReplaceHeader { occurrence: 1, header: Header::new(name, value) })
    })?;
    link_edit(verdicts, "remove-header", |(this, name): (Of, String)| {
        (this, Edit::RemoveHeader { name, occurrence: None })
    })
}

fn link_envelope(verdicts: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    link_edit(verdicts, "add-recipient", |(this, address): (Of, String)| {
        (this, Edit::AddRecipient(address))
    })?;
    link_edit(verdicts, "remove-recipient", |(this, address): (Of, String)| {
        (this, Edit::RemoveRecipient(address))
    })?;
    link_edit(verdicts, "tag", |(this, name, value): (Of, String, String)| (this, Edit::Tag { name, value }))
}

fn link_body(verdicts: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    link_edit(verdicts, "replace-body", |(this, body): (Of, Vec<u8>)| {
        (this, Edit::ReplaceBody(Bytes::from(body)))
    })?;
    link_edit(
        verdicts,
        "replace-part",
        |(this, part, text, content_type): (Of, String, String, Option<String>)| {
            (this, Edit::ReplacePart { part, content_type, text })
        },
    )?;
    link_edit(verdicts, "remove-part", |(this, part): (Of, String)| (this, Edit::RemovePart { part }))?;
    link_edit(verdicts, "append-text", |(this, plain, html): (Of, String, Option<String>)| {
        (this, Edit::AppendText { plain, html })
    })
}

fn link_edit<P: ComponentNamedList + Lift + 'static>(
    verdicts: &mut LinkerInstance<'_, Guest>,
    name: &str,
    edit: fn(P) -> (Of, Edit),
) -> Result<()> {
    verdicts.func_wrap(
        &format!("[method]edits.{name}"),
        move |mut store: StoreContextMut<'_, Guest>, said: P| {
            let (this, edit) = edit(said);
            Ok((edit.put(&mut store.data_mut().table.get_mut(&this)?.0),))
        },
    )
}
