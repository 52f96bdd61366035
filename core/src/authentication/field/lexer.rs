//! The beginning of an Authentication-Results field: `[CFWS] authserv-id`, RFC 8601 section 2.2.

/// How deep comments may be nested: deeper ones are made to be a burden.
const DEEPEST: usize = 32;

/// The authserv-id that a field begins with, unquoted; `None` where it begins with none.
pub(super) fn authserv_id(value: &[u8]) -> Option<String> {
    let rest = skip(value)?;
    let (id, rest) = match rest.split_first()? {
        (b'"', quoted) => quoted_string(quoted)?,
        _ => word(rest)?,
    };
    // What follows is a version, a semicolon, or nothing: otherwise the word has not ended.
    let rest_begins = skip(rest)?.first().copied();
    let has_ended = rest.len() != skip(rest)?.len() || matches!(rest_begins, None | Some(b';'));
    has_ended.then_some(id)
}

/// Behind white space, line ends and comments (CFWS, RFC 5322 section 3.2.2); `None` where a comment does not end.
fn skip(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        match text.split_first() {
            Some((b' ' | b'\t' | b'\r' | b'\n', rest)) => text = rest,
            Some((b'(', rest)) => text = comment(rest)?,
            _ => return Some(text),
        }
    }
}

/// Behind the comment whose beginning has been read.
fn comment(mut text: &[u8]) -> Option<&[u8]> {
    let mut depth = 1;
    loop {
        let (first, rest) = text.split_first()?;
        text = rest;
        match first {
            b'\\' => text = text.get(1..)?,
            b'(' if depth == DEEPEST => return None,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(text),
            b')' => depth -= 1,
            _ => {}
        }
    }
}

/// A quoted text whose first quote has been read, and what is behind it.
fn quoted_string(mut text: &[u8]) -> Option<(String, &[u8])> {
    let mut octets = Vec::new();
    loop {
        let (first, rest) = text.split_first()?;
        text = rest;
        match first {
            b'"' => return Some((String::from_utf8_lossy(&octets).into_owned(), text)),
            b'\\' => {
                let (escaped, rest) = text.split_first()?;
                octets.push(*escaped);
                text = rest;
            }
            // Folding inside of quotes is no part of the text.
            b'\r' | b'\n' => {}
            octet => octets.push(*octet),
        }
    }
}

/// A word, up to what cannot be in one.
fn word(text: &[u8]) -> Option<(String, &[u8])> {
    let ends = |octet: &u8| matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b'"');
    let end = text.iter().position(ends).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    (!word.is_empty()).then(|| (String::from_utf8_lossy(word).into_owned(), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(value: &str) -> Option<String> {
        authserv_id(value.as_bytes())
    }

    #[test]
    fn an_id_is_found_behind_comments() {
        for value in [
            " mx.example.org; none",
            "mx.example.org",
            "\r\n\tmx.example.org 1; none",
            " (a (nested \\) one)) mx.example.org(x); none",
            " \"mx.example.org\" 1 ; none",
            " \"mx.exa\\mple.org\"; none",
            " \"mx.\r\n example.org\"; none",
        ] {
            let found = id(value).unwrap_or_default().replace(' ', "");
            assert_eq!(found, "mx.example.org", "{value}");
        }
    }

    #[test]
    fn what_does_not_end_has_no_id() {
        for value in ["", "  ", "; none", "(mx.example.org", "\"mx.example.org", "mx\"y\"; none"] {
            assert_eq!(id(value), None, "{value}");
        }
        assert_eq!(id(&"(".repeat(10_000)), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(value in proptest::collection::vec(prop_oneof![
            Just(b'('), Just(b')'), Just(b'"'), Just(b'\\'), Just(b' '), Just(b';'), any::<u8>()], 0..60)) {
            let _ = authserv_id(&value);
        }
    }
}
