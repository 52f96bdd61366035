//! The decision log, read back.

use std::path::Path;

use serde_json::Value;

/// One line of the decision log.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision(Value);

impl Decision {
    /// A field's text; empty where the line has no such field or it is no text.
    pub fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// A field as it is; `Null` where the line has no such field.
    pub fn field(&self, name: &str) -> &Value {
        &self.0[name]
    }

    /// Which bundle was asked.
    pub fn generation(&self) -> u64 {
        self.0["generation"].as_u64().unwrap_or_default()
    }

    /// A fact, as in `fact("certificate", "expired")`; `Null` where it was left at its default.
    pub fn fact(&self, of: &str, name: &str) -> &Value {
        &self.0["facts"][of][name]
    }

    /// Whether it was taken at a hook in a direction, as in `is("outgoing", "mail")`.
    pub fn is(&self, direction: &str, hook: &str) -> bool {
        self.text("direction") == direction && self.text("hook") == hook
    }
}

/// Reads the decision log in a data directory; empty while there is none. A last line that is still
/// being written is left for the next time.
pub fn read(data_dir: &Path) -> Vec<Decision> {
    let text = std::fs::read_to_string(data_dir.join("decisions.ndjson")).unwrap_or_default();
    let complete = text.rsplit_once('\n').map_or("", |(complete, _)| complete);
    complete.lines().map(|line| Decision(parse(line))).collect()
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line)
        .unwrap_or_else(|error| panic!("a line of the decision log is no JSON: {error}: {line}"))
}
