//! The addresses of the web in a message.

use std::collections::HashSet;

use linkify::{LinkFinder, LinkKind};

use super::text::{Markup, PartText, html};

/// The most addresses that are listed.
pub const URLS: usize = 1_000;

/// The longest that is listed as a whole, octets; a longer one is cut.
const LENGTH: usize = 2_048;

/// The addresses in texts and behind the links of HTML, each once, in the order in which they are met; at most [`URLS`]. What a text
/// shows as `www.` is taken for `http://www.`, as mail programs take it.
pub fn urls(texts: &[PartText]) -> Vec<String> {
    let mut found = Found::default();
    for text in texts {
        match text.markup {
            Markup::Plain => found.look_in(&text.text),
            Markup::Html => {
                html::links(&text.text)
                    .iter()
                    .filter(|link| leads_somewhere(link))
                    .for_each(|link| found.add(link));
                html::texts(&text.text).iter().for_each(|text| found.look_in(text));
            }
        }
    }
    found.urls
}

/// What was found so far.
#[derive(Default)]
struct Found {
    urls: Vec<String>,
    known: HashSet<String>,
}

impl Found {
    fn look_in(&mut self, text: &str) {
        let mut finder = LinkFinder::new();
        finder.kinds(&[LinkKind::Url]).url_must_have_scheme(false);
        for link in finder.links(text) {
            let link = link.as_str();
            if link.contains("://") {
                self.add(link);
            } else if link.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www.")) {
                self.add(&format!("http://{link}"));
            }
        }
    }

    fn add(&mut self, url: &str) {
        let url = url.get(..url.floor_char_boundary(LENGTH)).unwrap_or(url);
        if self.urls.len() < URLS && self.known.insert(url.to_owned()) {
            self.urls.push(url.to_owned());
        }
    }
}

/// Whether a link leads out of the message: neither to an anchor, a part, nor a mailbox.
fn leads_somewhere(link: &str) -> bool {
    let Some((scheme, _)) = link.split_once(':') else { return link.starts_with("//") };
    !["cid", "mid", "mailto", "data", "tel", "sms", "about"]
        .iter()
        .any(|none| scheme.eq_ignore_ascii_case(none))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::text::Extent;

    fn text(markup: Markup, text: &str) -> PartText {
        PartText { part: "1".into(), markup, text: text.into(), extent: Extent::Whole }
    }

    #[test]
    fn addresses_are_found_in_text_and_behind_links() {
        let texts = [
            text(
                Markup::Plain,
                "See https://a.example/x?y, (http://b.example/) and www.c.example. Not d@e.example or f.txt.",
            ),
            text(
                Markup::Html,
                "<a href='https://evil.example/?a&amp;b'>https://bank.example</a><a href='mailto:x@y'>z</a><img src='cid:1'><img src='https://a.example/x?y'>",
            ),
        ];
        assert_eq!(
            urls(&texts),
            [
                "https://a.example/x?y",
                "http://b.example/",
                "http://www.c.example",
                "https://evil.example/?a&b",
                "https://bank.example"
            ]
        );
    }

    #[test]
    fn there_is_an_end_to_them() {
        let many: String = (0..URLS + 10).map(|number| format!("https://{number}.example/ ")).collect();
        assert_eq!(urls(&[text(Markup::Plain, &many)]).len(), URLS);
        let long = urls(&[text(Markup::Plain, &format!("https://a.example/{}", "é".repeat(5_000)))]);
        assert!(long[0].len() <= LENGTH);
    }
}
