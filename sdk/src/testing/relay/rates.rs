//! Rates by the test's clock.

use super::{clock, with};

/// A rate: so much in so many seconds, and so much at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    amount: i64,
    seconds: i64,
    burst: i64,
}

pub(crate) fn allows(rate: &str, key: &str, tokens: u32) -> Result<bool, String> {
    let bad = || format!("`{rate}` is no rate: write how many in which time, as in \"12 per 1h\"");
    let Rate { amount, seconds, burst } = read(rate).ok_or_else(bad)?;
    if i64::from(tokens) > burst {
        return Err(format!("{tokens} at once are more than the rate ever allows, which is {burst}"));
    }
    // Milliseconds: when the bucket will be full.
    let now = clock::now().saturating_mul(1_000);
    let for_one = seconds * 1_000 / amount;
    let key = (rate.to_owned(), key.to_owned());
    Ok(with(|relay| {
        let full_at = relay.full_at.get(&key).copied().unwrap_or(now).max(now) + for_one * i64::from(tokens);
        let allowed = full_at - now <= for_one * burst;
        if allowed {
            relay.full_at.insert(key, full_at);
        }
        allowed
    }))
}

fn read(rate: &str) -> Option<Rate> {
    let words: Vec<_> = rate.split_whitespace().collect();
    let (amount, per, burst) = match words.as_slice() {
        [amount, "per", per] => (amount, per, amount),
        [amount, "per", per, "burst", burst] => (amount, per, burst),
        _ => return None,
    };
    let (time, unit) = per.split_at_checked(per.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 24 * 3_600,
        _ => return None,
    };
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| (1..=1_000_000).contains(number));
    Some(Rate { amount: number(amount)?, seconds: number(time)? * unit, burst: number(burst)? })
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
        for wrong in ["", "12", "12 per hour", "0 per 1h", "1 per 1y", "1 per h"] {
            assert!(allows(wrong, "a", 1).is_err(), "{wrong}");
        }
    }
}
