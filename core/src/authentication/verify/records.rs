//! The records of a kind that a name has. The library takes the first that it can read; several make them void.

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{Name, RData};

/// The TXT records of a name that begin with this word, behind which is a space, a semicolon or nothing. None where they
/// cannot be looked up: the library has asked the same, the answer is kept, and its error counts.
pub(super) async fn beginning_with(resolver: &TokioResolver, name: &str, word: &str) -> Vec<String> {
    let Ok(mut name) = Name::from_ascii(name) else { return Vec::new() };
    name.set_fqdn(true);
    let Ok(lookup) = resolver.txt_lookup(name).await else { return Vec::new() };
    let texts = lookup.answers().iter().filter_map(|record| match &record.data {
        RData::TXT(txt) => Some(txt.txt_data.concat()),
        _ => None,
    });
    let begin = texts.filter(|text| begins(text, word));
    begin.map(|text| String::from_utf8_lossy(&text).into_owned()).collect()
}

fn begins(text: &[u8], word: &str) -> bool {
    let Some((start, rest)) = text.split_at_checked(word.len()) else { return false };
    start.eq_ignore_ascii_case(word.as_bytes()) && matches!(rest.first(), None | Some(b' ' | b';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_whole_word() {
        assert!(begins(b"v=spf1 -all", "v=spf1") && begins(b"v=SPF1", "v=spf1"));
        assert!(!begins(b"v=spf10 -all", "v=spf1") && !begins(b"v=sp", "v=spf1"));
    }
}
