//! What the relay hands over as a JSON object: the plugin's configuration, and a row's parameters.
//!
//! Both are read field by field, without a tree of values in between: that keeps plugins small.

use std::marker::PhantomData;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Error;
use serde_json::de::StrRead;

type Json<'de> = serde_json::Deserializer<StrRead<'de>>;

/// What a configuration makes, or why it does not.
pub(crate) fn configured<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    T::deserialize(Configuration(&mut Json::from_str(json))).map_err(|error| in_words(&error))
}

/// One field of an object; none where it does not have it.
pub(crate) fn field<T: DeserializeOwned>(json: &str, name: &str) -> Result<Option<T>, String> {
    let found = Json::from_str(json).deserialize_map(Field(name, PhantomData));
    found.map_err(|error| in_words(&error))
}

/// Without the line and column, which are those of a text that nobody has seen.
pub(crate) fn in_words(error: &Error) -> String {
    let mut text = error.to_string();
    if let Some(end) = text.rfind(" at line ") {
        text.truncate(end);
    }
    text
}

/// An object, of which a struct without fields can be made too.
struct Configuration<'a, 'de>(&'a mut Json<'de>);

impl<'de> Deserializer<'de> for Configuration<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_map(Named(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_map(Empty)?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// No field.
struct Empty;

impl<'de> Visitor<'de> for Empty {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        match fields.next_key::<String>()? {
            Some(name) => {
                Err(A::Error::custom(format!("unknown field `{name}`: there is nothing to configure")))
            }
            None => Ok(()),
        }
    }
}

/// One field of all.
struct Field<'a, T>(&'a str, PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Field<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Option<T>, A::Error> {
        let mut found = None;
        while let Some(name) = fields.next_key::<String>()? {
            if name == self.0 {
                found = Some(fields.next_value()?);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Fields whose errors begin with their name.
struct Named<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Named<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(NamedFields { fields, name: String::new() })
    }
}

struct NamedFields<A> {
    fields: A,
    name: String,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for NamedFields<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(name) = self.fields.next_key::<String>()? else { return Ok(None) };
        self.name.clone_from(&name);
        seed.deserialize(StringDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        let value = self.fields.next_value_seed(seed);
        value.map_err(|error| A::Error::custom(format!("`{}`: {error}", self.name)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Unit;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Pins(BTreeMap<String, Vec<String>>);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct PinnedKey {
        pins: Vec<String>,
        #[serde(default)]
        grace_days: u32,
    }

    #[test]
    fn a_plugin_is_made_of_its_configuration() {
        assert_eq!(configured("{}"), Ok(Unit));
        let pinned = PinnedKey { pins: vec!["a1".into()], grace_days: 14 };
        assert_eq!(configured(r#"{"grace_days": 14, "pins": ["a1"]}"#), Ok(pinned));
        let pins = BTreeMap::from([("example.org".into(), vec!["a1".into()])]);
        assert_eq!(configured(r#"{"example.org": ["a1"]}"#), Ok(Pins(pins)));
    }

    #[test]
    fn what_it_does_not_take_is_said_in_clear_words() {
        let problem = |json: &str| configured::<PinnedKey>(json).unwrap_err();
        assert_eq!(problem("{}"), "missing field `pins`");
        assert_eq!(problem(r#"{"pin": []}"#), "unknown field `pin`, expected `pins` or `grace_days`");
        assert_eq!(
            problem(r#"{"pins": [], "grace_days": "many"}"#),
            "`grace_days`: invalid type: string \"many\", expected u32"
        );
        assert_eq!(
            configured::<Unit>(r#"{"pins": []}"#).unwrap_err(),
            "unknown field `pins`: there is nothing to configure"
        );
    }

    #[test]
    fn a_field_is_found_among_others() {
        let json = r#"{"a": {"b": 1}, "b": 2, "c": [3]}"#;
        assert_eq!(field(json, "b"), Ok(Some(2)));
        assert_eq!(field::<u8>(json, "d"), Ok(None));
        assert_eq!(field::<u8>(json, "c").unwrap_err(), "invalid type: sequence, expected u8");
    }
}
