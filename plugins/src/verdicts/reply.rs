//! What a verdict says to the peer, and to the sender in a bounce.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::spoken::clean;

/// An enhanced mail system status code, RFC 3463, of class 4 or 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnhancedCode {
    /// 2 (success), 4 (temporary) or 5 (permanent).
    pub class: u8,
    /// What it is about, 0 to 999; 7 is security.
    pub subject: u16,
    /// The detail, 0 to 999.
    pub detail: u16,
}

/// A text that is no enhanced status code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no enhanced status code: write one like \"4.7.4\" or \"5.7.1\" (RFC 3463)")]
pub struct InvalidCode(pub String);

impl EnhancedCode {
    /// The code of these three numbers; the caller keeps class to 2, 4 or 5 and the others below
    /// 1000.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Self {
        Self { class, subject, detail }
    }

    /// The same subject and detail in another class: a final bounce reports the 5.x form of the
    /// last 4.x.
    #[must_use]
    pub const fn in_class(self, class: u8) -> Self {
        Self { class, ..self }
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl FromStr for EnhancedCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let mut parts = text.split('.').map(|part| {
                let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| part.parse::<u16>().ok()).flatten().filter(|number| *number < 1000)
            });
            let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
            let class = u8::try_from(class).ok().filter(|class| matches!(class, 2 | 4 | 5))?;
            parts.next().is_none().then_some(Self { class, subject, detail })
        };
        parse().ok_or_else(|| InvalidCode(text.to_owned()))
    }
}

impl Serialize for EnhancedCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EnhancedCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What `defer` and `refuse` say: an enhanced code, if the script chose one, and a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reply {
    /// The enhanced code; `None` leaves the usual one of the hook.
    pub code: Option<EnhancedCode>,
    /// The text, one line, at most 400 characters, printable.
    pub text: String,
}

impl Reply {
    /// Its text as a line of SMTP has it: printable ASCII (`textstring` in RFC 5321 section 4.2), each other character a `?`.
    /// Only where the client asked for SMTPUTF8 might it be more (RFC 6531 section 3.7.4.2).
    pub fn in_ascii(&self) -> String {
        let printable = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
        self.text.chars().map(printable).collect()
    }

    /// A reply with the hook's usual code.
    pub fn text(text: impl Into<String>) -> Self {
        Self { code: None, text: text.into() }
    }

    /// The same of a text that may be anything: one line of printable ASCII is made of it, of at most 400 characters.
    pub fn cleaned(text: &str) -> Self {
        Self::text(clean(text))
    }

    /// A reply with this code.
    pub fn new(code: EnhancedCode, text: impl Into<String>) -> Self {
        Self { code: Some(code), text: text.into() }
    }
}
