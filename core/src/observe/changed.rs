//! A change of a message as it is logged: of texts only how long they are, so that who keeps it keeps none.

use serde::Serialize;
use waxseal_plugins::decision::Edited;

/// What a filter has changed of a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// Where it was said, as in `filters/marks.rhai:12:5`.
    pub by: String,
    /// What was changed, by its word.
    pub edit: serde_json::Value,
    /// Likewise in words, as in `add_header X-Spam: yes`.
    #[serde(skip)]
    pub words: String,
}

impl Changed {
    /// What was changed, and where that was said.
    pub fn of(Edited { by, edit }: &Edited) -> Self {
        // Every edit can be written; what could not be would be none.
        let written = serde_json::to_value(edit).unwrap_or_default();
        Self { by: by.to_string(), edit: written, words: edit.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::place::Place;
    use waxseal_plugins::verdicts::Edit;

    use super::*;

    #[test]
    fn of_a_text_only_its_length_is_kept() {
        let edit = Edit::ReplaceBody("a secret".into());
        let changed = Changed::of(&Edited { by: Place::new("filters/a.rhai", 2, 5), edit });
        let written = serde_json::to_value(&changed).unwrap();
        assert_eq!(
            written,
            serde_json::json!({"by": "filters/a.rhai:2:5", "edit": {"replace_body": "8 octets"}})
        );
        assert_eq!(changed.words, "replace_body 8 octets");
    }
}
