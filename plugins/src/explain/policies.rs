//! What policies and filters are about, in the words of their files.

use std::sync::Arc;

use serde::Serialize;

use super::rows::Holding;
use crate::bundle::{Bundle, Level};
use crate::decider::Decider;
use crate::hooks::{Direction, HookName};

/// What a policy or filter is about.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    /// Its file.
    pub path: Arc<str>,
    /// The first paragraph of its head, without its name; empty where it has none, as a plugin.
    pub words: String,
    /// How much a policy asks of a connection under the row that names it; `None` for filters.
    pub level: Option<Level>,
    /// The hooks that it has in this direction.
    pub hooks: Vec<HookName>,
}

/// The policies of these rows, each once.
pub(super) fn of_rows(bundle: &Bundle, direction: Direction, rows: &[Holding]) -> Vec<About> {
    let mut policies: Vec<About> = Vec::new();
    for Holding { row, .. } in rows {
        let Some(policy) = bundle.policy(direction, &row.policy) else { continue };
        if policies.iter().all(|known| known.path != *policy.path()) {
            let level = Some(bundle.level(direction, row));
            policies.push(About { level, ..about(bundle, direction, policy) });
        }
    }
    policies
}

/// The filters that have a hook in this direction.
pub(super) fn filters(bundle: &Bundle, direction: Direction) -> Vec<About> {
    let all = bundle.filters().iter().map(|filter| about(bundle, direction, filter));
    all.filter(|filter| !filter.hooks.is_empty()).collect()
}

fn about(bundle: &Bundle, direction: Direction, decider: &Decider) -> About {
    let path = decider.path();
    let hooks = HookName::ALL.into_iter().filter(|hook| decider.has(direction, *hook)).collect();
    let words = bundle.files().get(path).map(|text| head(text, path)).unwrap_or_default();
    About { path: Arc::clone(path), words, level: None, hooks }
}

/// The first paragraph of the comments `//!` at the head of a script.
fn head(text: &str, path: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let paragraph: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    let named = paragraph.strip_prefix(path).and_then(|rest| rest.strip_prefix(':'));
    named.unwrap_or(&paragraph).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_script_is_its_first_paragraph() {
        let text = "//! outgoing/own.rhai: Send it\n//! anyhow.\n//!\n//! More.\n\nfn offer(host) {}\n";
        assert_eq!(head(text, "outgoing/own.rhai"), "Send it anyhow.");
        assert_eq!(head("//! Mine.\n", "outgoing/own.rhai"), "Mine.");
        assert_eq!(head("fn offer(host) {}\n//! No head.\n", "outgoing/own.rhai"), "");
    }
}
