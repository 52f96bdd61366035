//! Names with values, of which a name may occur again: headers, tags.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names with their values, in order. Names are compared without regard to case.
#[derive(Clone)]
pub struct Fields(Held);

#[derive(Clone)]
enum Held {
    /// As they are.
    List(Vec<(String, String)>),
    /// Elsewhere; with the values that were made so far.
    Elsewhere { named: Arc<dyn Named>, values: OnceLock<Box<[OnceLock<String>]>> },
}

/// Names and values that are held elsewhere, as in a message: a value is made where somebody reads it, once.
pub trait Named: Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name with this number, from 0; empty beyond the last.
    fn name(&self, number: usize) -> &str;

    /// The value with this number, from 0; empty beyond the last.
    fn value(&self, number: usize) -> String;
}

impl Fields {
    /// Those that are held elsewhere.
    pub fn elsewhere(named: Arc<dyn Named>) -> Self {
        Self(Held::Elsewhere { named, values: OnceLock::new() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Held::List(list) => list.len(),
            Held::Elsewhere { named, .. } => named.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names in their order, each as often as it occurs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|number| self.name(number))
    }

    /// Whether there is one of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.names().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The first value of a name.
    pub fn first(&self, name: &str) -> Option<&str> {
        let number = self.names().position(|known| known.eq_ignore_ascii_case(name))?;
        Some(self.value(number))
    }

    /// All values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = move |number: &usize| self.name(*number).eq_ignore_ascii_case(name);
        (0..self.len()).filter(named).map(|number| self.value(number))
    }

    fn name(&self, number: usize) -> &str {
        match &self.0 {
            Held::List(list) => list.get(number).map(|(name, _)| name.as_str()).unwrap_or_default(),
            Held::Elsewhere { named, .. } => named.name(number),
        }
    }

    fn value(&self, number: usize) -> &str {
        match &self.0 {
            Held::List(list) => list.get(number).map(|(_, value)| value.as_str()).unwrap_or_default(),
            Held::Elsewhere { named, values } => {
                let values = values.get_or_init(|| vec![OnceLock::new(); named.len()].into());
                values
                    .get(number)
                    .map(|value| value.get_or_init(|| named.value(number)))
                    .map_or("", |value| value)
            }
        }
    }

    /// Each, in their order: its name and its value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        (0..self.len()).map(|number| (self.name(number), self.value(number)))
    }
}

impl Default for Fields {
    fn default() -> Self {
        Self(Held::List(Vec::new()))
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.pairs().eq(other.pairs())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.pairs()).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Fields {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(fields: T) -> Self {
        Self(Held::List(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.pairs())
    }
}

/// A list of names and values, or a map of them.
impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            List(Vec<(String, String)>),
            Map(BTreeMap<String, String>),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::List(list) => Self(Held::List(list)),
            Written::Map(map) => map.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Counts which values are made.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    const NAMES: [&str; 3] = ["Subject", "X", "x"];

    impl Named for Counting {
        fn len(&self) -> usize {
            NAMES.len()
        }

        fn name(&self, number: usize) -> &str {
            NAMES[number]
        }

        fn value(&self, number: usize) -> String {
            self.0.fetch_add(1, Ordering::Relaxed);
            number.to_string()
        }
    }

    #[test]
    fn a_value_is_made_where_it_is_read_and_once() {
        let counting = Arc::new(Counting::default());
        let fields = Fields::elsewhere(counting.clone());
        assert!(fields.contains("subject") && !fields.contains("y") && fields.len() == 3);
        assert_eq!(fields.names().collect::<Vec<_>>(), NAMES);
        assert_eq!(counting.0.load(Ordering::Relaxed), 0);
        assert_eq!(fields.first("X"), Some("1"));
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
        assert_eq!(fields.all("x").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(counting.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn wherever_they_are_held_they_are_the_same() {
        let elsewhere = Fields::elsewhere(Arc::new(Counting::default()));
        let list: Fields = NAMES.iter().zip(["0", "1", "2"]).map(|(name, value)| (*name, value)).collect();
        assert_eq!(elsewhere, list);
        assert_ne!(elsewhere, Fields::default());
        let written = serde_json::to_value(&elsewhere).unwrap();
        assert_eq!(written, serde_json::to_value(&list).unwrap());
        assert_eq!(serde_json::from_value::<Fields>(written).unwrap(), list);
    }
}
