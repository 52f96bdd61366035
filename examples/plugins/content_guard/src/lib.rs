//! filters/content_guard: Looks through messages.
//!
//! Programs are refused, card numbers are kept aside for an operator, and what comes from outside is marked.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ContentGuard {
    /// Media types that no attachment may have.
    refuse_types: Vec<String>,
    /// What the name of no attachment may end in, in small letters.
    refuse_names: Vec<String>,
    /// Texts that the body may not have, as it is on the wire.
    refuse_texts: Vec<String>,
    /// Whether mail with a card number in its text is kept aside.
    review_cards: bool,
    /// Mail from these, and from those below them, is not marked.
    own_domains: Vec<String>,
}

impl incoming::Message for ContentGuard {
    fn message(&self, _: &Client, message: &Message) -> incoming::message::Verdict {
        if let Some(name) = message.parts().iter().find_map(|part| self.objection(part)) {
            return refuse("5.7.1", format!("Attachments like this are not taken here: {name}"));
        }
        // The relay looks through the body, however large it is.
        let body = message.body();
        if self.refuse_texts.iter().any(|text| body.contains(text.as_bytes())) {
            return refuse("5.7.1", "The message has a text that is not taken here");
        }
        let card = if self.review_cards { texts::card_number(&message.text()) } else { String::new() };
        if !card.is_empty() {
            return quarantine(format!("a card number: {card}"));
        }
        if self.own_domains.iter().any(|domain| texts::is_within(&message.from_domain(), domain)) {
            return no_opinion();
        }
        accept_changed(Edits::new().insert_header(0, "X-External", "yes").tag("external", "yes"))
    }
}

export!(ContentGuard: incoming::Message);

impl ContentGuard {
    /// What is said of a part that is refused.
    fn objection(&self, part: &Part) -> Option<String> {
        let name = part.name();
        let small = name.to_lowercase();
        let of_type = |kind: &String| [part.content_type(), part.detected_type()].contains(kind);
        let refused = self.refuse_types.iter().any(of_type)
            || part.attachment() && self.refuse_names.iter().any(|end| small.ends_with(end.as_str()));
        refused.then(|| if name.is_empty() { part.content_type() } else { name })
    }
}

#[cfg(test)]
mod tests;
