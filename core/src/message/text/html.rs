//! HTML, as far as a relay looks at it: by the tokenizer html5gum, which reads it as browsers do.

use std::fmt::Write;

use html5gum::{DefaultEmitter, Token, Tokenizer};

/// The attributes that name where a click, or a load, goes.
const LINKS: [&[u8]; 8] =
    [b"href", b"src", b"action", b"formaction", b"background", b"data", b"poster", b"cite"];

/// What people read, roughly: without tags, with line breaks.
pub fn to_text(html: &str) -> String {
    mail_parser::decoders::html::html_to_text(html)
}

/// What its links and pictures name, as it stands there once character references are read.
pub(in crate::message) fn links(html: &str) -> Vec<String> {
    let mut links = Vec::new();
    for token in tokens(html.as_bytes()) {
        let Token::StartTag(tag) = token else { continue };
        for (name, value) in &tag.attributes {
            if LINKS.contains(&name.as_slice()) {
                // Browsers take line ends and tabs out of addresses.
                let text = String::from_utf8_lossy(value).replace(['\r', '\n', '\t'], "");
                links.push(text.trim().to_owned());
            }
        }
    }
    links
}

/// The texts between its tags, each for itself: what stands in two cells of a table is not one word.
pub(in crate::message) fn texts(html: &str) -> Vec<String> {
    let strings = tokens(html.as_bytes()).filter_map(|token| match token {
        Token::String(text) => Some(String::from_utf8_lossy(&text).into_owned()),
        _ => None,
    });
    strings.collect()
}

/// Where a text goes that is to be read last: before the end of the body, octets from the beginning. The set of the octets holds
/// ASCII.
pub(in crate::message) fn end_of_body(html: &[u8]) -> usize {
    let (mut body, mut document) = (None, None);
    for token in tokens(html) {
        match token {
            Token::EndTag(tag) if tag.name.as_slice() == b"body" => body = Some(tag.span.start),
            Token::EndTag(tag) if tag.name.as_slice() == b"html" => document = Some(tag.span.start),
            _ => {}
        }
    }
    body.or(document).unwrap_or(html.len()).min(html.len())
}

/// A text as HTML, its lines kept.
pub(in crate::message) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    html.push_str("<p>");
    for char in text.trim_end().chars() {
        match char {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '\r' => {}
            '\n' => html.push_str("<br>\r\n"),
            _ => html.push(char),
        }
    }
    html.push_str("</p>");
    html
}

/// HTML whose characters beyond ASCII are written as references, which mean the same in any set.
pub(in crate::message) fn in_ascii(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for char in html.chars() {
        if char.is_ascii() {
            out.push(char);
        } else {
            let _ = write!(out, "&#{};", u32::from(char));
        }
    }
    out
}

fn tokens(html: &[u8]) -> impl Iterator<Item = Token<usize>> {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    // What looks like a tag inside a script or a style is none.
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).filter_map(Result::ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_body_is_the_last_that_is_no_comment() {
        let at = |html: &str| html[end_of_body(html.as_bytes())..].to_owned();
        assert_eq!(at("<body>x</BODY ></html>"), "</BODY ></html>");
        assert_eq!(at("<body>x</body><!-- </body> -->"), "</body><!-- </body> -->");
        assert_eq!(at("<script>'</body>'</script>y</html>"), "</html>");
        assert_eq!(at("<p>é"), "");
    }

    #[test]
    fn links_are_what_a_browser_follows() {
        assert_eq!(
            links(
                "<a href='h&#116;tps://a.example/?b&amp;c'>x</a><img SRC=\"https://b.example/\np\"><!-- <a href=x> -->"
            ),
            ["https://a.example/?b&c", "https://b.example/p"]
        );
    }

    #[test]
    fn a_text_becomes_html_that_says_the_same() {
        assert_eq!(escaped("a < b\r\n& é\r\n"), "<p>a &lt; b<br>\r\n&amp; é</p>");
        assert_eq!(in_ascii("é€"), "&#233;&#8364;");
        assert_eq!(to_text(&in_ascii(&escaped("a < é"))).trim(), "a < é");
    }
}
