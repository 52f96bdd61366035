//! What those who only observe answer: nothing.

use serde::Serialize;

use super::{Reply, Strictness, Verdict};

/// They have heard of it. Nothing comes of what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Heard;

impl Verdict for Heard {
    fn strictness(&self) -> Strictness {
        Strictness::Lax
    }

    fn merge(self, _: Self) -> Self {
        self
    }

    fn word(&self) -> &'static str {
        "heard"
    }

    fn reply(&self) -> Option<&Reply> {
        None
    }
}
