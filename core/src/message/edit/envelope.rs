//! Edits of the envelope: checked here, done by who holds it.

use waxseal_plugins::verdicts::Edit;

use crate::smtp::address::{InvalidMailbox, Mailbox, ReversePath};

/// A change of the envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvelopeChange {
    /// Another reverse-path.
    Sender(ReversePath),
    /// One more recipient.
    AddRecipient(Mailbox),
    /// A recipient less; the text, as it is no error to remove what is none.
    RemoveRecipient(String),
}

impl EnvelopeChange {
    /// What an edit does to the envelope; `None` if it is another edit. Addresses may stand in angle brackets, as milters write them.
    pub(super) fn of(edit: &Edit) -> Option<Result<Self, InvalidMailbox>> {
        Some(match edit {
            Edit::ReplaceSender(text) => match bare(text) {
                "" => Ok(Self::Sender(ReversePath::Null)),
                text => Mailbox::parse(text).map(|mailbox| Self::Sender(ReversePath::Mailbox(mailbox))),
            },
            Edit::AddRecipient(text) => Mailbox::parse(bare(text)).map(Self::AddRecipient),
            Edit::RemoveRecipient(text) => Ok(Self::RemoveRecipient(bare(text).to_owned())),
            _ => return None,
        })
    }
}

fn bare(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text)
}
