//! A row's clauses, in the words of the table. No I/O.

use waxseal_plugins::facts::{Parameter, Row, Version};

/// Those that the row has, each with its value.
pub(super) fn of(row: &Row) -> impl Iterator<Item = (&'static str, String)> {
    let version = if row.min_version > Version::None { row.min_version.to_string() } else { String::new() };
    let terms = [
        ("min_version", version),
        ("suites", row.suites.join(", ")),
        ("groups", row.groups.join(", ")),
        ("names", row.names.join(", ")),
        ("pins", row.pins.join(", ")),
        ("roots", row.roots.join(", ")),
        ("identity", row.identity.clone()),
        ("because", quoted(&row.because)),
        ("until", row.valid_until.clone()),
        ("with", parameters(row)),
    ];
    terms.into_iter().filter(|(_, value)| !value.is_empty())
}

fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text:?}") }
}

fn parameters(row: &Row) -> String {
    let written = |(name, value): (&String, &Parameter)| {
        format!("{name}: {}", serde_json::to_string(value).unwrap_or_default())
    };
    row.parameters.iter().map(written).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_row_does_not_say_is_left_out() {
        let parameters = [("limit".to_owned(), Parameter::Number(3))].into_iter().collect();
        let row = Row { min_version: Version::Tls13, parameters, ..Row::default() };
        let terms: Vec<_> = of(&row).collect();
        assert_eq!(terms, [("min_version", "1.3".to_owned()), ("with", "limit: 3".to_owned())]);
    }
}
