//! Tags: what filters have noted of a message.

use std::ops::Deref;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waxseal_plugins::verdicts::Edit;

/// Names and values that go along with a message, in the order in which they were first set; few and
/// short, since each of them is kept with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Tags(Vec<(String, String)>);

/// Why a tag is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTag {
    /// The name is no name.
    #[error("a tag's name has 1 to {most} of A-Z, a-z, 0-9, `_`, `-` and `.`, and {0:?} is none", most = Tags::NAME)]
    Name(String),
    /// The value is too long, or has control characters in it.
    #[error(
        "the tag `{0}` has a value of more than {most} octets, or with control characters: shorten it",
        most = Tags::VALUE
    )]
    Value(String),
    /// There are enough.
    #[error("the tag `{0}` is one too many: a message has at most {most}", most = Tags::MOST)]
    TooMany(String),
}

impl Tags {
    /// The most tags that a message has.
    pub const MOST: usize = 32;
    /// The longest name, octets.
    pub const NAME: usize = Edit::TAG_NAME;
    /// The longest value, octets.
    pub const VALUE: usize = Edit::TAG_VALUE;

    /// Sets a tag, in the place of one of the same name.
    ///
    /// # Errors
    ///
    /// The name or the value is none, or there are [`Tags::MOST`] already; then nothing has changed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), InvalidTag> {
        let is_letter = |octet: u8| octet.is_ascii_alphanumeric() || b"_-.".contains(&octet);
        if !(1..=Self::NAME).contains(&name.len()) || !name.bytes().all(is_letter) {
            return Err(InvalidTag::Name(name.chars().take(Self::NAME).collect()));
        }
        if value.len() > Self::VALUE || value.contains(char::is_control) {
            return Err(InvalidTag::Value(name.to_owned()));
        }
        let tags = self.0.len();
        match self.0.iter_mut().find(|(there, _)| there == name) {
            Some((_, there)) => value.clone_into(there),
            None if tags >= Self::MOST => return Err(InvalidTag::TooMany(name.to_owned())),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
        Ok(())
    }

    /// The value of a tag.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(there, _)| there == name).map(|(_, value)| value.as_str())
    }
}

impl Deref for Tags {
    type Target = [(String, String)];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_one_value() {
        let mut tags = Tags::default();
        tags.set("spam.score", "3").unwrap();
        tags.set("list", "").unwrap();
        tags.set("spam.score", "7").unwrap();
        assert_eq!(tags[..], [("spam.score".into(), "7".into()), ("list".into(), String::new())]);
        assert_eq!((tags.value("list"), tags.value("score")), (Some(""), None));
    }

    #[test]
    fn tags_are_few_and_short() {
        let mut tags = Tags::default();
        assert!(matches!(tags.set("", "x"), Err(InvalidTag::Name(_))));
        assert!(matches!(tags.set("a b", "x"), Err(InvalidTag::Name(_))));
        assert!(matches!(tags.set(&"x".repeat(65), "x"), Err(InvalidTag::Name(_))));
        assert!(matches!(tags.set("a", &"x".repeat(257)), Err(InvalidTag::Value(_))));
        assert!(matches!(tags.set("a", "x\ny"), Err(InvalidTag::Value(_))));
        for number in 0..Tags::MOST {
            tags.set(&number.to_string(), "x").unwrap();
        }
        assert!(matches!(tags.set("more", "x"), Err(InvalidTag::TooMany(_))));
        tags.set("0", "y").unwrap();
        assert_eq!((tags.len(), tags.value("0")), (Tags::MOST, Some("y")));
    }
}
