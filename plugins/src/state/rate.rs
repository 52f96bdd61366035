//! How often something may happen, as policies write it: `"12 per 1h"`, `"100 per 1h burst 20"`.

use std::str::FromStr;
use std::time::Duration;

use super::span::Span;

/// The highest number in a rate: more is a mistake.
const MOST: u32 = 1_000_000;

/// So much in a time, and so much of it at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rate {
    pub(super) amount: u32,
    pub(super) per: Duration,
    pub(super) burst: u32,
}

/// A text that says no rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRate {
    /// It has other words.
    #[error("`{0}` is no rate: write how many in which time, as in \"12 per 1h\" or \"100 per 1h burst 20\"")]
    Words(String),
    /// A number of it is out of range.
    #[error("`{0}` is no number of a rate: it goes from 1 to {MOST}")]
    Number(String),
    /// The time of it is none.
    #[error(transparent)]
    Time(#[from] super::span::BadSpan),
}

impl FromStr for Rate {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Self, BadRate> {
        let words: Vec<_> = text.split_ascii_whitespace().collect();
        let (amount, per, burst) = match words.as_slice() {
            [amount, "per", per] => (amount, per, amount),
            [amount, "per", per, "burst", burst] => (amount, per, burst),
            _ => return Err(BadRate::Words(text.to_owned())),
        };
        let per = per.parse::<Span>()?.duration();
        Ok(Self { amount: number(amount)?, per, burst: number(burst)? })
    }
}

fn number(text: &str) -> Result<u32, BadRate> {
    let plain = text.bytes().all(|octet| octet.is_ascii_digit());
    let number = text.parse().ok().filter(|number| plain && (1..=MOST).contains(number));
    number.ok_or_else(|| BadRate::Number(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_as_it_is_spoken() {
        let rate = |text: &str| text.parse::<Rate>();
        let hour = Duration::from_secs(3600);
        assert_eq!(rate("12 per 1h"), Ok(Rate { amount: 12, per: hour, burst: 12 }));
        assert_eq!(rate(" 100  per 1h burst 20"), Ok(Rate { amount: 100, per: hour, burst: 20 }));
        for wrong in
            ["", "12", "12/h", "12 per hour", "0 per 1h", "12 per 1h burst 0", "12 per 1h burst", "+1 per 1h"]
        {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
        assert!(rate("2000000 per 1h").unwrap_err().to_string().contains("from 1 to 1000000"));
    }
}
