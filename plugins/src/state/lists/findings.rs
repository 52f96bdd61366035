//! What an operator is told of lists that are not as their files are.

use std::sync::PoisonError;

use super::{List, Lists};
use crate::diagnostic::Diagnostic;
use crate::place::Place;

impl Lists {
    /// What is wrong with the files as they are now: each list stays as it was.
    pub(crate) fn findings(&self) -> Vec<Diagnostic> {
        let lists = self.lists.read().unwrap_or_else(PoisonError::into_inner);
        lists.iter().filter_map(|(name, list)| finding(name, list)).collect()
    }
}

fn finding(name: &str, list: &List) -> Option<Diagnostic> {
    let broken = list.broken.as_ref()?;
    let place = Place::new(format!("lists/{name}.txt"), broken.line, 0);
    let comes_to = match list.entries {
        Some(_) => "stays as it was",
        None => "cannot be used",
    };
    let help = if list.is_lost() {
        "put the file back; if it is meant to be gone, take what asks for it out of the policies, and run \
         `waxseal reload --accept-removals`"
    } else {
        "mend the file: it is read again as soon as it changes"
    };
    let message = format!("the list `{name}` {comes_to}: {}", broken.why);
    Some(Diagnostic::error("B013", place, message).helped(help))
}
