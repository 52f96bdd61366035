//! `protocols=`: which TLS versions Postfix would negotiate.

/// The versions of Postfix, from the oldest.
const VERSIONS: [&str; 6] = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/// Where TLS 1.2 stands among them; what is older Waxseal never negotiates (RFC 8996).
const TLS_1_2: usize = 4;

/// Which of the versions that Waxseal has may be negotiated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Versions {
    /// TLS 1.2 and 1.3.
    #[default]
    Both,
    /// TLS 1.2 alone.
    Tls12,
    /// TLS 1.3 alone.
    Tls13,
}

/// Reads a list as `!SSLv2:!SSLv3`, `>=TLSv1.2` or `TLSv1.2:TLSv1.3`: where versions are named, they
/// are all there are; what is excluded is taken away.
pub(super) fn read(list: &str) -> Result<Versions, String> {
    let (mut named, mut excluded) = ([false; VERSIONS.len()], [false; VERSIONS.len()]);
    for word in list.split([':', ',', ' ']).filter(|word| !word.is_empty()) {
        let (bound, version) = split(word)?;
        for (index, (named, excluded)) in named.iter_mut().zip(&mut excluded).enumerate() {
            match bound {
                Bound::Named => *named |= index == version,
                Bound::Excluded => *excluded |= index == version,
                Bound::Least => *excluded |= index < version,
                Bound::Most => *excluded |= index > version,
            }
        }
    }
    let are_named = named.contains(&true);
    let allowed = |index: usize| {
        let is = |list: &[bool]| list.get(index).copied().unwrap_or_default();
        (!are_named || is(&named)) && !is(&excluded)
    };
    match (allowed(TLS_1_2), allowed(TLS_1_2 + 1)) {
        (true, true) => Ok(Versions::Both),
        (true, false) => Ok(Versions::Tls12),
        (false, true) => Ok(Versions::Tls13),
        (false, false) => {
            Err(format!("`protocols={list}` leaves neither TLS 1.2 nor 1.3, and there is no other"))
        }
    }
}

/// What a word of the list says of a version.
#[derive(Clone, Copy)]
enum Bound {
    Named,
    Excluded,
    Least,
    Most,
}

fn split(word: &str) -> Result<(Bound, usize), String> {
    let bounds = [(">=", Bound::Least), ("<=", Bound::Most), ("!", Bound::Excluded), ("", Bound::Named)];
    let found = bounds.into_iter().find_map(|(mark, bound)| Some((bound, word.strip_prefix(mark)?)));
    let (bound, name) = found.unwrap_or((Bound::Named, word));
    let version = VERSIONS.iter().position(|version| version.eq_ignore_ascii_case(name));
    version.map(|version| (bound, version)).ok_or_else(|| format!("`{name}` is no TLS version of Postfix"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_excluded_or_bounded() {
        for (list, versions) in [
            ("!SSLv2:!SSLv3", Versions::Both),
            ("!SSLv2,!SSLv3,!TLSv1,!TLSv1.1", Versions::Both),
            (">=TLSv1.2", Versions::Both),
            (">=TLSv1", Versions::Both),
            (">=TLSv1.3", Versions::Tls13),
            ("TLSv1.3", Versions::Tls13),
            ("TLSv1.2:TLSv1.3:!TLSv1.2", Versions::Tls13),
            ("TLSv1:TLSv1.2", Versions::Tls12),
            ("!TLSv1.3", Versions::Tls12),
            ("<=TLSv1.2", Versions::Tls12),
        ] {
            assert_eq!(read(list), Ok(versions), "{list}");
        }
        assert!(read("TLSv1:TLSv1.1").is_err_and(|problem| problem.contains("neither TLS 1.2 nor 1.3")));
        assert!(read("TLSv2").is_err_and(|problem| problem.contains("no TLS version")));
    }
}
