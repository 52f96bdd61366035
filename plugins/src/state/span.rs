//! How long something lasts, as policies write it: `"90s"`, `"10m"`, `"1h"`, `"35d"`.

use std::str::FromStr;
use std::time::Duration;

/// The longest span: ten years, since more is a mistake.
const MOST: Duration = Duration::from_secs(3650 * 24 * 3600);

/// A span of time of a second at least, and ten years at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(Duration);

/// A text that says no span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time: write a number and a unit, as in \"90s\", \"10m\", \"1h\" or \"35d\"")]
pub(crate) struct BadSpan(String);

impl Span {
    pub(crate) const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = BadSpan;

    fn from_str(text: &str) -> Result<Self, BadSpan> {
        let bad = || BadSpan(text.to_owned());
        let (unit, number) = match text.trim().split_at_checked(text.trim().len().saturating_sub(1)) {
            Some((number, "s")) => (1, number),
            Some((number, "m")) => (60, number),
            Some((number, "h")) => (3600, number),
            Some((number, "d")) => (24 * 3600, number),
            _ => return Err(bad()),
        };
        let plain = !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit());
        let number: u64 = number.parse().ok().filter(|number| plain && *number > 0).ok_or_else(bad)?;
        let span = Duration::from_secs(number.checked_mul(unit).ok_or_else(bad)?);
        if span > MOST { Err(bad()) } else { Ok(Self(span)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_number_and_a_unit() {
        let seconds = |text: &str| text.parse::<Span>().map(|span| span.duration().as_secs()).ok();
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("10m"), Some(600));
        assert_eq!(seconds("1h"), Some(3600));
        assert_eq!(seconds("35d"), Some(35 * 24 * 3600));
        for wrong in
            ["", "h", "0s", "1", "-1h", "+1h", "1 h", "1y", "1hour", "99999d", "18446744073709551615d"]
        {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
        assert!("ü".parse::<Span>().is_err());
    }
}
