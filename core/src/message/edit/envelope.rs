//! Edits of the envelope: checked here, done by who holds it.

use waxseal_plugins::facts::Message;
use waxseal_plugins::verdicts::Edit;
use waxseal_plugins::verdicts::incoming::Message as Verdict;

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
    pub fn of(edit: &Edit) -> Option<Result<Self, InvalidMailbox>> {
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

    /// Does it to what filters are told of the envelope.
    pub fn tell(self, message: &mut Message) {
        match self {
            Self::Sender(sender) => {
                message.sender_domain = sender.lookup_domain().unwrap_or_default();
                message.sender = sender.to_string();
            }
            Self::AddRecipient(mailbox, _) => {
                let address = mailbox.to_string();
                if !message.recipients.contains(&address) {
                    message.recipients.push(address);
                }
            }
            Self::RemoveRecipient(address) => {
                message.recipients.retain(|recipient| !recipient.eq_ignore_ascii_case(&address));
            }
        }
    }
}

/// Whether a verdict can be followed, whatever the message.
///
/// # Errors
///
/// It redirects to what is no address, in words: whoever said it has failed.
pub fn possible(verdict: &Verdict) -> Result<(), String> {
    let Verdict::Redirect(to) = verdict else { return Ok(()) };
    let parsed = Mailbox::parse(to).map(drop);
    parsed.map_err(|error| format!("it redirects to `{to}`, which is no address: {error}"))
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
