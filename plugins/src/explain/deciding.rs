//! The lines that decide.

use serde::Serialize;

use super::Case;
use crate::bundle::Bundle;
use crate::conversation::Situation;
use crate::place::Place;

/// A place that decides, and what.
#[derive(Clone, Debug, Serialize)]
pub struct Deciding {
    /// The place.
    pub place: Place,
    /// The situations whose end it decides.
    pub situations: Vec<Situation>,
    /// The line with a caret beneath it; `None` where the place is no line of a text.
    pub excerpt: Option<String>,
}

/// The places that decide how these end, in the order in which they are met.
pub(super) fn lines(bundle: &Bundle, cases: &[Case]) -> Vec<Deciding> {
    let mut all: Vec<Deciding> = Vec::new();
    for case in cases {
        let Some(place) = &case.conversation.end.decided_by else { continue };
        match all.iter_mut().find(|known| known.place == *place) {
            Some(known) => known.situations.push(case.situation),
            None => all.push(Deciding {
                place: place.clone(),
                situations: vec![case.situation],
                excerpt: bundle.excerpt(place),
            }),
        }
    }
    all
}
