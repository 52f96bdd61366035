//! Values that serde can write, kept as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Lifetime;
use crate::json::in_words;
use crate::relay::kv;

/// The value of a key, read as `T`; none where there is none, or its time is over.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// kv::store("example.org", &TLS_1_3, kv::days(90)).unwrap();
/// assert_eq!(kv::load("example.org"), Ok(Some(TLS_1_3)));
/// assert!(kv::load::<String>("example.org").is_err());
/// ```
///
/// # Errors
/// The value cannot be read as `T`: another version of the plugin has put it.
pub fn load<T: DeserializeOwned>(key: &str) -> Result<Option<T>, String> {
    read(key, kv::get(key).as_deref())
}

/// Puts a value.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// kv::store("example.org", &["key one", "key two"], kv::FOR_EVER).unwrap();
/// assert_eq!(kv::load::<Vec<String>>("example.org").unwrap().unwrap().len(), 2);
/// ```
///
/// # Errors
/// A bound is met, or the value cannot be written as JSON; the text says which.
pub fn store<T: Serialize>(key: &str, value: &T, lifetime: Lifetime) -> Result<(), String> {
    kv::set(key, &write(key, value)?, lifetime.seconds())
}

/// Puts what a function makes of the present value, and gives it back. The function is called
/// again when another call has put a value meanwhile.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// /// The best version ever seen with a domain.
/// fn best(domain: &str, version: u16) -> Result<u16, String> {
///     kv::update(domain, kv::days(90), |best: Option<u16>| best.unwrap_or(0).max(version))
/// }
///
/// assert_eq!(best("example.org", TLS_1_3), Ok(TLS_1_3));
/// assert_eq!(best("example.org", TLS_1_2), Ok(TLS_1_3));
/// ```
///
/// # Errors
/// The present value cannot be read as `T`, a bound is met, or the new value cannot be written as
/// JSON; the text says which.
pub fn update<T>(key: &str, lifetime: Lifetime, change: impl Fn(Option<T>) -> T) -> Result<T, String>
where
    T: Serialize + DeserializeOwned,
{
    loop {
        let present = kv::get(key);
        let new = change(read(key, present.as_deref())?);
        if kv::replace(key, present.as_deref(), &write(key, &new)?, lifetime.seconds())? {
            return Ok(new);
        }
    }
}

fn read<T: DeserializeOwned>(key: &str, value: Option<&[u8]>) -> Result<Option<T>, String> {
    let read = value.map(serde_json::from_slice).transpose();
    read.map_err(|error| format!("the value of `{key}` in kv: {}", in_words(&error)))
}

fn write<T: Serialize>(key: &str, value: &T) -> Result<Vec<u8>, String> {
    serde_json::to_vec(value).map_err(|error| format!("the value of `{key}` for kv: {error}"))
}
