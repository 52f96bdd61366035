//! What a sender asked to be told: RFC 3461, as parameters of MAIL and RCPT say it.

use serde::{Deserialize, Serialize};

/// What MAIL said of notifications. The default is that it said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDsn {
    /// How much of the message comes back with a bounce: RFC 3461 section 4.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ret: Option<Ret>,
    /// The sender's own name for the message, decoded: RFC 3461 section 4.4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envid: Option<String>,
}

/// How much of the message comes back with a bounce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ret {
    /// All of it.
    Full,
    /// Its headers.
    Headers,
}

/// What RCPT said of notifications. The default is that it said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientDsn {
    /// What the sender is to be told: RFC 3461 section 4.1.
    #[serde(default)]
    pub notify: Notify,
    /// The recipient as the sender wrote it first: RFC 3461 section 4.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<OriginalRecipient>,
    /// Those whom the sender named, where the relay has put this recipient in their place: he is told of them, and not of this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_place_of: Vec<Named>,
}

/// A recipient as the sender named it, and what he asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The forward-path.
    pub address: String,
    /// What he is to be told.
    pub notify: Notify,
    /// As he wrote it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<OriginalRecipient>,
}

impl RecipientDsn {
    /// Of a recipient whom the sender has not named: he hears nothing of it.
    pub fn unnamed() -> Self {
        Self { notify: Notify::Never, ..Self::default() }
    }

    /// Of a recipient that comes in the place of others. In the place of one it is asked for what was asked for that one, under its name
    /// (RFC 3461 section 5.2.7.4); of several the sender is told failures and delays, of those whom he wants to hear of.
    pub fn in_place_of(named: impl IntoIterator<Item = Named>) -> Self {
        let mut named: Vec<Named> = named.into_iter().collect();
        if named.iter().any(|one| one.notify != Notify::Never) {
            named.retain(|one| one.notify != Notify::Never);
        }
        match named.as_slice() {
            [only] => {
                let (notify, original) = (only.notify, Some(only.original()));
                Self { notify, original, in_place_of: named }
            }
            _ => {
                let told = |wants: fn(Notify) -> bool| named.iter().any(|one| wants(one.notify));
                let (failure, delay) = (told(Notify::of_failure), told(Notify::of_delay));
                let notify = if named.iter().any(|one| one.notify == Notify::Unspecified) {
                    Notify::Unspecified
                } else if failure || delay {
                    Notify::On { success: false, delay, failure }
                } else {
                    Notify::Never
                };
                Self { notify, original: None, in_place_of: named }
            }
        }
    }
}

impl Named {
    /// As the sender wrote it first, if he has not said something else as he named it now.
    fn original(&self) -> OriginalRecipient {
        self.original.clone().unwrap_or_else(|| {
            let kind = if self.address.is_ascii() { "rfc822" } else { "utf-8" };
            OriginalRecipient { kind: kind.to_owned(), address: self.address.clone() }
        })
    }
}

/// What the sender is to be told of a recipient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    /// What is usual: failures, and long delays.
    #[default]
    Unspecified,
    /// Nothing, whatever happens.
    Never,
    /// Exactly this.
    On {
        /// That it was delivered.
        success: bool,
        /// That it takes long.
        delay: bool,
        /// That it was given up.
        failure: bool,
    },
}

impl Notify {
    /// Whether the sender wants to hear of success.
    pub fn of_success(self) -> bool {
        matches!(self, Self::On { success: true, .. })
    }

    /// Whether the sender wants to hear of delay.
    pub fn of_delay(self) -> bool {
        matches!(self, Self::Unspecified | Self::On { delay: true, .. })
    }

    /// Whether the sender wants to hear of failure.
    pub fn of_failure(self) -> bool {
        matches!(self, Self::Unspecified | Self::On { failure: true, .. })
    }
}

/// A recipient as the sender wrote it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalRecipient {
    /// The type of the address, as registered: `rfc822`, `utf-8`.
    pub kind: String,
    /// The address, decoded.
    pub address: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(address: &str, notify: Notify) -> Named {
        Named { address: address.into(), notify, original: None }
    }

    #[test]
    fn what_comes_in_the_place_of_others_is_told_as_was_asked_for_them() {
        let on = |success, delay, failure| Notify::On { success, delay, failure };
        let of = |notifies: &[Notify]| {
            let named = notifies.iter().map(|notify| named("a@b.example", *notify));
            let dsn = RecipientDsn::in_place_of(named);
            (dsn.notify, dsn.original.is_some(), dsn.in_place_of.len())
        };
        assert_eq!(of(&[Notify::Unspecified]), (Notify::Unspecified, true, 1));
        assert_eq!(of(&[on(true, false, false)]), (on(true, false, false), true, 1));
        assert_eq!(of(&[Notify::Never]), (Notify::Never, true, 1));
        assert_eq!(of(&[Notify::Never, Notify::Never]), (Notify::Never, false, 2));
        assert_eq!(of(&[Notify::Never, on(false, false, true)]), (on(false, false, true), true, 1));
        assert_eq!(of(&[Notify::Unspecified, on(true, true, false)]), (Notify::Unspecified, false, 2));
        assert_eq!(of(&[on(true, true, false), on(false, false, true)]), (on(false, true, true), false, 2));
        assert_eq!(of(&[on(true, false, false), on(true, false, false)]), (Notify::Never, false, 2));
        assert_eq!(of(&[]), (Notify::Never, false, 0));
    }
}
