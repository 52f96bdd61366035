//! Rates by the test's clock.

use super::{clock, with};

/// A rate: so much in so many seconds, and so much at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rate {
    amount: u64,
    seconds: u64,
    burst: u64,
}

/// The highest number in a rate.
const MOST: u64 = 1_000_000;
/// The longest time of one, seconds: ten years.
const LONGEST: u64 = 3650 * 24 * 3600;

pub(crate) fn allows(rate: &str, key: &str, tokens: u32) -> Result<bool, String> {
    let rate = read(rate)?;
    let Rate { amount, seconds, burst } = rate;
    if u64::from(tokens) > burst {
        return Err(format!("{tokens} at once are more than the rate ever allows, which is {burst}"));
    }
    // Nanoseconds, as the relay counts: when the bucket will be full.
    let now = u64::try_from(clock::now()).unwrap_or(0).saturating_mul(1_000_000_000);
    let for_one = seconds.saturating_mul(1_000_000_000) / amount;
    let key = (rate, key.to_owned());
    Ok(with(|relay| {
        let full_at = relay.full_at.get(&key).copied().unwrap_or(0).max(now);
        let then = full_at.saturating_add(for_one.saturating_mul(u64::from(tokens)));
        let allowed = then - now <= for_one.saturating_mul(burst);
        if allowed {
            relay.full_at.insert(key, then);
        }
        allowed
    }))
}

fn read(rate: &str) -> Result<Rate, String> {
    let words: Vec<_> = rate.split_ascii_whitespace().collect();
    let (amount, per, burst) = match words.as_slice() {
        [amount, "per", per] => (amount, per, amount),
        [amount, "per", per, "burst", burst] => (amount, per, burst),
        _ => {
            return Err(format!(
                "`{rate}` is no rate: write how many in which time, as in \"12 per 1h\" or \"100 per 1h burst 20\""
            ));
        }
    };
    let seconds = seconds(per).ok_or_else(|| {
        format!("`{per}` is no time: write a number and a unit, as in \"90s\", \"10m\", \"1h\" or \"35d\"")
    })?;
    Ok(Rate { amount: number(amount)?, seconds, burst: number(burst)? })
}

fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 24 * 3_600,
        _ => return None,
    };
    let number = plain(number).filter(|number| *number > 0)?;
    number.checked_mul(unit).filter(|seconds| *seconds <= LONGEST)
}

fn number(text: &str) -> Result<u64, String> {
    let number = plain(text).filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| format!("`{text}` is no number of a rate: it goes from 1 to {MOST}"))
}

/// Digits alone: no sign, no space.
fn plain(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|octet| octet.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_by_the_clock() {
        assert!((0..3).all(|_| allows("60 per 1h burst 3", "a", 1).unwrap()));
        assert!(
            !allows("60 per 1h burst 3", "a", 1).unwrap() && allows("60 per 1h burst 3", "b", 3).unwrap()
        );
        clock::set(clock::now() + 60);
        assert!(
            allows("60 per 1h burst 3", "a", 1).unwrap() && !allows("60 per 1h burst 3", "a", 1).unwrap()
        );
        assert!(allows("60 per 1h burst 3", "a", 4).is_err());
        for wrong in ["", "12", "12 per hour", "0 per 1h", "1 per 1y", "1 per h", "+1 per 1h", "1 per 9999d"]
        {
            assert!(allows(wrong, "a", 1).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_rate_of_thousands_a_second_limits_too() {
        assert_eq!((0..6_000).filter(|_| allows("5000 per 1s", "a", 1).unwrap()).count(), 5_000);
    }
}
