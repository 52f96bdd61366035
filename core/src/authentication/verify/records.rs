//! How many records of a kind a name has. The library takes the first that it can read; several make them void.

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{Name, RData};

/// How many TXT records of a name begin with this word, which a space, a semicolon or the end follows. 0 where they cannot
/// be looked up: the library has asked the same, the answer is kept, and its error counts.
pub(super) async fn beginning_with(resolver: &TokioResolver, name: &str, word: &str) -> usize {
    let Ok(mut name) = Name::from_ascii(name) else { return 0 };
    name.set_fqdn(true);
    let Ok(lookup) = resolver.txt_lookup(name).await else { return 0 };
    let texts = lookup.answers().iter().filter_map(|record| match &record.data {
        RData::TXT(txt) => Some(txt.txt_data.concat()),
        _ => None,
    });
    texts.filter(|text| begins(text, word)).count()
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
