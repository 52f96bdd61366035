//! Sessions and attempts as they go: each step is told to who follows.
//!
//! Where nobody follows, telling costs the look at one number. Nobody's mail waits for a follower: what
//! finds his queue full is dropped, and he is told how much it was.

mod event;
mod followers;
mod selection;
mod subject;
mod teller;
mod voice;

pub use self::event::{Attempt, Decided, Event, Facts, Handshake, Settled, What};
pub(super) use self::followers::Followers;
pub use self::followers::{Following, Interest};
pub use self::selection::{Selection, Wanted};
pub use self::subject::Subject;
pub use self::teller::Teller;
pub use self::voice::{Change, Said, Voice};
