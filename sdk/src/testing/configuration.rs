//! A plugin made of its `.toml`, as the relay makes it.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The plugin that this text of a `.toml` makes, or why it does not take it.
///
/// ```
/// use serde::Deserialize;
/// use waxseal_sdk::testing;
///
/// #[derive(Debug, Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct PinnedKey {
///     pins: Vec<String>,
/// }
///
/// let plugin: PinnedKey = testing::configured(r#"pins = ["a1"]"#).unwrap();
/// assert_eq!(plugin.pins, ["a1"]);
/// let problem = testing::configured::<PinnedKey>("pin = []").unwrap_err();
/// assert_eq!(problem, "unknown field `pin`, expected `pins`");
/// ```
///
/// # Errors
/// The text is no TOML, or the plugin does not take it; said in the words that the relay's log has.
pub fn configured<P: DeserializeOwned>(text: &str) -> Result<P, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
    let json = json(toml::Value::Table(table));
    crate::json::configured(&json.to_string())
}

/// As JSON has it: dates are texts.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(values) => values.into_iter().map(json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn dates_are_texts() {
        let dates: BTreeMap<String, Vec<String>> = configured("until = [2027-06-30]").unwrap();
        assert_eq!(dates.get("until").unwrap(), &["2027-06-30"]);
    }

    #[test]
    fn what_is_no_toml_is_said_with_its_line() {
        let problem = configured::<BTreeMap<String, u8>>("pins = ").unwrap_err();
        assert!(problem.contains("line 1, column"), "{problem}");
    }
}
