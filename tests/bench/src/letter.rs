//! The mail that is sent: of a chosen size, with the time of sending in its first line, so that the
//! sink can say how long it was on its way.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The header that holds the time of sending, nanoseconds since 1970.
const SENT: &str = "X-Sent: ";

/// A letter.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// The envelope's sender.
    pub sender: String,
    /// The envelope's recipient.
    pub recipient: String,
    rest: String,
}

impl Letter {
    /// A letter of about so many octets.
    pub(crate) fn of_size(sender: &str, recipient: &str, octets: usize) -> Self {
        let headers = format!("From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: a letter\r\n\r\n");
        let line = "The quick brown fox jumps over the lazy dog, and a relay carries the news of it.\r\n";
        let lines = octets.saturating_sub(headers.len() + SENT.len() + 22) / line.len();
        Self {
            sender: sender.to_owned(),
            recipient: recipient.to_owned(),
            rest: headers + &line.repeat(lines.max(1)),
        }
    }

    /// The commands up to DATA.
    pub(crate) fn envelope(&self) -> [String; 3] {
        [
            format!("MAIL FROM:<{}>\r\n", self.sender),
            format!("RCPT TO:<{}>\r\n", self.recipient),
            "DATA\r\n".to_owned(),
        ]
    }

    /// Its content as it crosses, with the final dot. Sent at this time.
    pub(crate) fn content(&self, sent: SystemTime) -> String {
        let nanoseconds = sent.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        format!("{SENT}{nanoseconds}\r\n{}.\r\n", self.rest)
    }
}

/// How long a letter with this line was on its way; `None` for another line.
pub(crate) fn age(line: &[u8]) -> Option<Duration> {
    let sent = line.strip_prefix(SENT.as_bytes())?;
    let sent = std::str::from_utf8(sent).ok()?.trim_end().parse().ok()?;
    SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_nanos(sent)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_its_size_and_tells_when_it_was_sent() {
        let letter = Letter::of_size("a@one.example", "b@two.example", 10_000);
        let content = letter.content(SystemTime::now() - Duration::from_secs(5));
        assert!((9_800..=10_100).contains(&content.len()), "{}", content.len());
        let age = content.lines().find_map(|line| age(line.as_bytes())).unwrap();
        assert!((5..6).contains(&age.as_secs()), "{age:?}");
        assert!(content.ends_with("\r\n.\r\n"));
    }
}
