//! The whole message has come: what becomes of it?

use crate::facts::{self, Client};
use crate::verdict;

/// `accept` with changes, `redirect`, `quarantine`, `discard`, `defer` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::IncomingMessage>;

/// The whole message has come, and is not accepted yet. Asked of filters, one after the other in the order of
/// their file names: each sees what those before it have changed.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// /// No programs.
/// struct NoPrograms;
///
/// impl incoming::Message for NoPrograms {
///     fn message(&self, _: &Client, message: &Message) -> incoming::message::Verdict {
///         match message.parts().iter().find(|part| part.name().ends_with(".exe")) {
///             Some(part) => accept_changed(Edits::new().remove_part(part.number()).tag("removed", part.name())),
///             None => no_opinion(),
///         }
///     }
/// }
///
/// let (client, message) = (testing::clear_client(), testing::message());
/// assert_eq!(NoPrograms.message(&client, &message), no_opinion());
/// let program = testing::part().number("2").name("setup.exe");
/// let verdict = NoPrograms.message(&client, &message.parts([program]));
/// assert_eq!(verdict, accept_changed(Edits::new().remove_part("2").tag("removed", "setup.exe")));
/// ```
pub trait Message {
    /// What becomes of it?
    fn message(&self, client: &Client, message: &facts::Message) -> Verdict;
}
