//! Edits of the envelope: checked here, done by who holds it.

use waxseal_plugins::verdicts::Edit;

use crate::smtp::address::{InvalidMailbox, Mailbox, ReversePath};
use crate::smtp::dsn::{Notify, RecipientDsn};
use crate::smtp::parameters;

/// A change of the envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvelopeChange {
    /// Another reverse-path.
    Sender(ReversePath),
    /// One more recipient, and what the sender is told of it.
    AddRecipient(Mailbox, RecipientDsn),
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
            Edit::AddRecipient(text) => added(text, RecipientDsn::unnamed()),
            Edit::AddRecipientWith { address, parameters } => added(address, asked(parameters)),
            Edit::RemoveRecipient(text) => Ok(Self::RemoveRecipient(bare(text).to_owned())),
            _ => return None,
        })
    }
}

fn added(text: &str, dsn: RecipientDsn) -> Result<EnvelopeChange, InvalidMailbox> {
    Mailbox::parse(bare(text)).map(|mailbox| EnvelopeChange::AddRecipient(mailbox, dsn))
}

/// What parameters ask for. The sender has not named this recipient: he is told what they say expressly, and nothing else.
fn asked(parameters: &str) -> RecipientDsn {
    let mut dsn = parameters::read_rcpt(parameters).unwrap_or_default();
    if dsn.notify == Notify::Unspecified {
        dsn.notify = Notify::Never;
    }
    dsn
}

fn bare(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text)
}
