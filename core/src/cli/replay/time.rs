//! Times as people write them.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{Span, SpanRelativeTo, Timestamp};

/// A time, RFC 3339; a day, UTC, which is its beginning; or how long ago, as in `2h` or `3d`.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    let wrong = || {
        "write a time as in 2026-11-27T08:00:00Z, a day as in 2026-11-27, or how long ago as in 2h or 3d"
            .to_owned()
    };
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(day) = text.parse::<Date>() {
        return Offset::UTC.to_timestamp(day.to_datetime(Time::midnight())).map_err(|_| wrong());
    }
    let ago = text.trim_end_matches("ago").trim().parse::<Span>().map_err(|_| wrong())?;
    let ago = ago.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    Timestamp::now().checked_sub(ago.abs()).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_ago() {
        let read = |text| parse(text).unwrap().to_string();
        assert_eq!(read("2026-11-27T08:00:00Z"), "2026-11-27T08:00:00Z");
        assert_eq!(read("2026-11-27"), "2026-11-27T00:00:00Z");
        for (text, seconds) in [("2h", 7200), ("3d", 259_200), ("2h ago", 7200)] {
            let time = parse(text).unwrap();
            let ago = Timestamp::now().duration_since(time).as_secs();
            assert!((seconds..seconds + 60).contains(&ago), "{text}: {ago}");
        }
        assert!(parse("yesterday").is_err_and(|wrong| wrong.contains("2026-11-27")));
    }
}
