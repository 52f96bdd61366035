//! From a plugin's `.toml`, which arrives as a JSON object, to the plugin.

use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value};

/// The plugin that this configuration makes, or why it does not take it.
pub(crate) fn read<P: DeserializeOwned>(json: &str) -> Result<P, String> {
    let object: Map<String, Value> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    P::deserialize(Configuration(object)).map_err(|error| error.to_string())
}

/// A JSON object, of which a struct without fields can be made too.
struct Configuration(Map<String, Value>);

impl<'de> Deserializer<'de> for Configuration {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Value::Object(self.0).deserialize_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0.keys().next() {
            Some(key) => {
                Err(Error::custom(format!("unknown field `{key}`: this plugin has no configuration")))
            }
            None => visitor.visit_unit(),
        }
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
