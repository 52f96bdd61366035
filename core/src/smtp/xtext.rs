//! `xtext`, RFC 3461 section 4: text within a parameter, where `+`, `=`, spaces and whatever is not
//! printable are written as `+` and two hexadecimal digits.

/// The text that is meant; `None` where it is no xtext, or not printable once decoded. Characters
/// beyond ASCII stand for themselves (RFC 6533 section 3); who does not want them looks for them.
pub(super) fn decode(xtext: &str) -> Option<String> {
    let mut text = String::with_capacity(xtext.len());
    let mut rest = xtext;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..)?;
        let meant = match c {
            '+' => {
                let (digits, after) = rest.split_at_checked(2)?;
                rest = after;
                hexadecimal(digits)?
            }
            '=' => return None,
            c if c.is_control() || c == ' ' => return None,
            c => c,
        };
        text.push(meant);
    }
    Some(text)
}

/// As it is written in a parameter. What lies beyond ASCII is written as RFC 6533 section 3 has it
/// for hosts without SMTPUTF8, which the others take as well.
pub fn encode(text: &str) -> String {
    let mut xtext = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '+' | '=' => xtext.push_str(&hexchar(c)),
            c if c.is_ascii_graphic() => xtext.push(c),
            c if c.is_ascii() => xtext.push_str(&hexchar(c)),
            c => xtext.push_str(&format!("\\x{{{:X}}}", u32::from(c))),
        }
    }
    xtext
}

fn hexchar(c: char) -> String {
    format!("+{:02X}", u32::from(c))
}

/// Two digits, upper case (RFC 3461 section 4), that mean a printable character of ASCII.
fn hexadecimal(digits: &str) -> Option<char> {
    let upper = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F'));
    let meant = char::from(u8::from_str_radix(digits, 16).ok().filter(|_| upper)?);
    (meant == ' ' || meant.is_ascii_graphic()).then_some(meant)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_xtext_is_refused() {
        assert_eq!(decode("a+2Bb+3Dc+20d"), Some("a+b=c d".into()));
        for bad in [
            "a=b", "a+", "a+2", "a+2b", "a+zz", "a+0D", "a+0A", "a+00", "a+7F", "a+80", "a b", "a\u{7f}",
            "+ä",
        ] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn printable_text_round_trips(text in "[ -~]{0,30}") {
            let xtext = encode(&text);
            prop_assert!(xtext.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'='));
            prop_assert_eq!(decode(&xtext), Some(text));
        }

        #[test]
        fn whatever_stands_there_is_ascii_and_one_word(text in "\\PC{0,30}") {
            prop_assert!(encode(&text).bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
