//! Replies, RFC 5321 section 4.2: ours, and a host's.

use std::fmt;

use waxseal_plugins::verdicts::EnhancedCode;

/// A reply: code, enhanced code, text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// RFC 2034; none on the greeting, EHLO and 3xx replies.
    pub enhanced: Option<EnhancedCode>,
    /// The lines of text, at least one.
    pub lines: Vec<String>,
}

impl Reply {
    /// A reply of one line.
    pub fn new(code: u16, enhanced: Option<EnhancedCode>, text: impl Into<String>) -> Self {
        Self { code, enhanced, lines: vec![text.into()] }
    }

    /// Whether it is 2xx.
    pub fn is_success(&self) -> bool {
        self.code / 100 == 2
    }

    /// Whether it is 5xx.
    pub fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }

    /// As it goes over the wire, every line with its CRLF. Texts come from scripts, which may quote
    /// what the peer said: no control character gets out, and no line is longer than 512 octets
    /// (RFC 5321 section 4.5.3.1.5).
    pub fn to_wire(&self) -> String {
        const LONGEST: usize = 512 - "\r\n".len();
        let mut wire = String::new();
        for (number, text) in self.lines.iter().enumerate() {
            let separator = if number + 1 == self.lines.len() { ' ' } else { '-' };
            let mut line = format!("{}{separator}", self.code);
            if let Some(enhanced) = self.enhanced {
                line.push_str(&format!("{enhanced} "));
            }
            line.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
            line.truncate(line.floor_char_boundary(LONGEST));
            wire.push_str(&line);
            wire.push_str("\r\n");
        }
        wire
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        write!(f, " {}", self.lines.join(" "))
    }
}

/// The longest reply line that is taken, octets with CRLF. RFC 5321 section 4.5.3.1.5 allows 512;
/// hosts in the wild say more.
pub const LINE_LIMIT: usize = 2048;

/// The most lines of one reply: an EHLO reply has some twenty.
const LINES_LIMIT: usize = 128;

/// What a host sent that is no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReply {
    /// A line does not begin with a code of three digits, 200 to 599.
    #[error("the host sent something that is no SMTP reply: `{0}`")]
    NoReply(String),
    /// The lines of one reply have different codes (RFC 5321 section 4.2.1 forbids it).
    #[error("the host sent a reply with two codes, {0} and {1}")]
    TwoCodes(u16, u16),
    /// The reply does not end.
    #[error("the host sent a reply of more than {LINES_LIMIT} lines")]
    TooManyLines,
}

/// Collects the lines of one reply (RFC 5321 section 4.2.1).
#[derive(Debug, Default)]
pub struct ReplyParser {
    reply: Option<Reply>,
}

impl ReplyParser {
    /// Takes one line, without CRLF. Gives the reply when the line was its last; the parser is
    /// then ready for the next reply.
    ///
    /// # Errors
    ///
    /// What is wrong with the line. The connection is then of no use: nobody knows where the next
    /// reply begins.
    pub fn push(&mut self, line: &[u8]) -> Result<Option<Reply>, InvalidReply> {
        let line = ReplyLine::parse(line)?;
        let reply =
            self.reply.get_or_insert_with(|| Reply { code: line.code, enhanced: None, lines: vec![] });
        if reply.code != line.code {
            return Err(InvalidReply::TwoCodes(reply.code, line.code));
        }
        if reply.lines.len() >= LINES_LIMIT {
            return Err(InvalidReply::TooManyLines);
        }
        let (enhanced, text) = split_enhanced(line.code, &line.text);
        reply.enhanced = reply.enhanced.or(enhanced);
        reply.lines.push(text.to_owned());
        Ok(if line.is_last { self.reply.take() } else { None })
    }
}

/// One line of a reply.
struct ReplyLine {
    code: u16,
    is_last: bool,
    text: String,
}

impl ReplyLine {
    fn parse(line: &[u8]) -> Result<Self, InvalidReply> {
        let invalid = || InvalidReply::NoReply(printable(line.get(..80).unwrap_or(line)));
        let (code, rest) = line.split_at_checked(3).ok_or_else(invalid)?;
        let code = code_number(code).ok_or_else(invalid)?;
        let (is_last, text) = match rest {
            // RFC 5321 section 4.2 asks clients to take a code without text, too.
            [] => (true, [].as_slice()),
            [b' ', text @ ..] => (true, text),
            [b'-', text @ ..] => (false, text),
            _ => return Err(invalid()),
        };
        Ok(Self { code, is_last, text: printable(text) })
    }
}

/// The code, 200 to 599: a 1xx reply is none of SMTP.
fn code_number(digits: &[u8]) -> Option<u16> {
    let digits = digits.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(digits).ok())??;
    digits.parse().ok().filter(|code| (200..600).contains(code))
}

/// A host's text as it may stand in logs and bounces: what is not printable is shown as `?`.
fn printable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The enhanced code before the text (RFC 2034 section 4), if it is of the reply's class. EHLO's
/// first line has none; a host name that looks like one has no fitting class or no blank.
fn split_enhanced(code: u16, text: &str) -> (Option<EnhancedCode>, &str) {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let enhanced =
        word.parse::<EnhancedCode>().ok().filter(|enhanced| u16::from(enhanced.class) == code / 100);
    match enhanced {
        Some(_) => (enhanced, rest),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(lines: &[&str]) -> Result<Option<Reply>, InvalidReply> {
        let mut parser = ReplyParser::default();
        let mut last = None;
        for line in lines {
            last = parser.push(line.as_bytes())?;
        }
        Ok(last)
    }

    #[test]
    fn a_reply_of_several_lines_is_one_reply() {
        let reply = parse(&["550-5.1.1 no such user", "550 5.1.1 ask postmaster"]).unwrap().unwrap();
        assert_eq!(reply.code, 550);
        assert_eq!(reply.enhanced, Some(EnhancedCode::new(5, 1, 1)));
        assert_eq!(reply.lines, ["no such user", "ask postmaster"]);
    }

    #[test]
    fn a_text_stays_on_its_line() {
        let reply = Reply::new(554, Some(EnhancedCode::new(5, 7, 1)), "no\r\n250 yes\n");
        assert_eq!(reply.to_wire(), "554 5.7.1 no  250 yes \r\n");
        let wire = Reply::new(554, None, format!("x{}", "ü".repeat(1000))).to_wire();
        assert_eq!((wire.len(), wire.ends_with("ü\r\n")), (511, true));
    }

    #[test]
    fn a_code_alone_is_a_reply() {
        assert_eq!(parse(&["250"]).unwrap(), Some(Reply::new(250, None, "")));
    }

    #[test]
    fn an_enhanced_code_of_another_class_is_text() {
        assert_eq!(parse(&["250 5.1.1 odd"]).unwrap(), Some(Reply::new(250, None, "5.1.1 odd")));
    }

    #[test]
    fn an_unfinished_reply_is_none_yet() {
        assert_eq!(parse(&["250-mx.example.org"]).unwrap(), None);
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for line in ["", "25", "abc hello", "250_text", "150 no", "600 no", "HTTP/1.1 400 Bad Request"] {
            assert!(matches!(parse(&[line]), Err(InvalidReply::NoReply(_))), "{line}");
        }
        assert_eq!(parse(&["250-a", "251 b"]), Err(InvalidReply::TwoCodes(250, 251)));
        assert_eq!(parse(&["250-x"; LINES_LIMIT + 1]), Err(InvalidReply::TooManyLines));
    }

    #[test]
    fn control_characters_do_not_reach_the_log() {
        assert_eq!(parse(&["550 no\x1b[31m"]).unwrap().unwrap().lines, ["no?[31m"]);
    }

    proptest! {
        #[test]
        fn any_octets_are_a_reply_or_an_error(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..6)) {
            let mut parser = ReplyParser::default();
            for line in &lines {
                let _ = parser.push(line);
            }
        }

        #[test]
        fn what_we_say_we_understand(code in 200_u16..600, lines in prop::collection::vec("[a-z][a-z ]{0,20}", 1..5)) {
            let said = Reply { code, enhanced: None, lines };
            let mut parser = ReplyParser::default();
            let heard = said.to_wire().split_terminator("\r\n").find_map(|line| parser.push(line.as_bytes()).unwrap());
            prop_assert_eq!(heard, Some(said));
        }
    }
}
