//! From a file to a list, or to what is wrong with it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use ipnet::IpNet;

use super::entries::{Entries, Entry, Gathered};
use crate::names::normal;

/// Entries of a list: ten million take some 85 MB.
const ENTRIES: usize = 10_000_000;
/// Octets of a line.
pub(super) const LINE: usize = 1_024;
/// Octets that a line has at least in most lists: so much room is made at once.
const SHORT_LINE: u64 = 16;

/// By what a file is known: when another one stands in its place, this is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    changed: Option<SystemTime>,
    octets: u64,
    inode: u64,
}

/// What is wrong with a list, and in which line of its file; 0 for the whole of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) line: usize,
    pub(crate) why: String,
}

impl Broken {
    /// There is no file any more.
    pub(super) fn gone() -> Self {
        Self { line: 0, why: "its file is gone".to_owned() }
    }
}

impl Stamp {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;

        let metadata = fs::metadata(path)?;
        Ok(Self { changed: metadata.modified().ok(), octets: metadata.len(), inode: metadata.ino() })
    }

    /// How long the file is.
    pub(super) const fn octets(&self) -> u64 {
        self.octets
    }

    /// Whether this is a copy of the other, or the other itself.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.octets == other.octets && self.changed.is_some() && self.changed == other.changed
    }

    /// Whether the file has nothing in it at all: somebody is about to write it.
    pub(super) const fn is_empty(&self) -> bool {
        self.octets == 0
    }
}

/// Reads a list, a line at a time.
pub(super) fn read(path: &Path) -> Result<Entries, Broken> {
    let whole = |why: String| Broken { line: 0, why };
    let unreadable = |error: io::Error| whole(format!("it cannot be read: {error}"));
    let stamp = Stamp::of(path).map_err(unreadable)?;
    let room = usize::try_from(stamp.octets / SHORT_LINE).unwrap_or(ENTRIES).min(ENTRIES);
    let mut gathered = Gathered::with_room(room);
    let mut lines =
        Lines { file: BufReader::with_capacity(1 << 16, File::open(path).map_err(unreadable)?), number: 0 };
    let mut line = Vec::with_capacity(LINE);
    while lines.next_into(&mut line)? {
        let wrong = |why: String| Broken { line: lines.number, why };
        let text = str::from_utf8(&line).map_err(|_| wrong("this line is not UTF-8".to_owned()))?;
        if gathered.len() == ENTRIES {
            return Err(wrong(format!("a list has at most {ENTRIES} entries")));
        }
        parse(text, |entry| gathered.add(entry)).map_err(wrong)?;
    }
    // What is written while it is read would be half of something.
    if Stamp::of(path).map_err(unreadable)? != stamp {
        return Err(whole("it was changed while it was read".to_owned()));
    }
    Ok(gathered.in_order())
}

/// The lines of a file, none of which may be too long.
struct Lines {
    file: BufReader<File>,
    number: usize,
}

impl Lines {
    /// Whether there was one more.
    fn next_into(&mut self, line: &mut Vec<u8>) -> Result<bool, Broken> {
        self.number += 1;
        line.clear();
        let wrong = |why: String| Broken { line: self.number, why };
        loop {
            let rest = match self.file.fill_buf() {
                Ok(rest) => rest,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(wrong(format!("it cannot be read: {error}"))),
            };
            let end = rest.iter().position(|octet| *octet == b'\n');
            let (taken, used) = match end {
                Some(end) => (rest.get(..end).unwrap_or_default(), end + 1),
                None => (rest, rest.len()),
            };
            line.extend_from_slice(taken);
            self.file.consume(used);
            if line.len() > LINE {
                return Err(wrong(format!("a line has at most {LINE} octets")));
            }
            if end.is_some() || used == 0 {
                return Ok(end.is_some() || !line.is_empty());
            }
        }
    }
}

/// Gives the entry of a line, if it has one.
fn parse(line: &str, mut found: impl FnMut(Entry<'_>)) -> Result<(), String> {
    let text = without_comment(line).trim();
    if text.is_empty() {
        return Ok(());
    }
    if text.contains(char::is_whitespace) {
        return Err(format!("`{text}` has more than one word: write each entry on a line of its own"));
    }
    if let Some(network) = network(text)? {
        found(Entry::Network(network));
        return Ok(());
    }
    let name = |domain: &str| {
        let name = normal(domain);
        if name.is_empty() { Err(format!("`{text}` names no domain")) } else { Ok(name) }
    };
    if let Some(domain) = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')) {
        found(Entry::Below(&name(domain)?));
    } else {
        found(Entry::Text(&plain(text.strip_prefix('@').unwrap_or(text))));
    }
    Ok(())
}

/// As it is compared: in small letters, a domain as A-labels without the root's dot.
pub(super) fn plain(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{}", local.to_lowercase(), normal(domain)),
        None => normal(text),
    }
}

/// A `#` begins a comment, at the beginning of a line or behind a space.
fn without_comment(line: &str) -> &str {
    if line.starts_with('#') {
        return "";
    }
    [" #", "\t#"]
        .iter()
        .filter_map(|sign| line.find(sign))
        .min()
        .and_then(|at| line.get(..at))
        .unwrap_or(line)
}

fn network(text: &str) -> Result<Option<IpNet>, String> {
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        return Ok(Some(address.to_canonical().into()));
    }
    let Some((address, _)) =
        text.split_once('/').filter(|(address, _)| address.parse::<std::net::IpAddr>().is_ok())
    else {
        return Ok(None);
    };
    let network: IpNet = text.parse().map_err(|_| {
        format!("`{text}` is no network: the prefix length goes from 0 to 32 (IPv4) or 128 (IPv6)")
    })?;
    if network != network.trunc() {
        let meant = network.trunc();
        return Err(format!(
            "`{text}` has address bits beyond its prefix: is `{meant}` or `{address}` meant?"
        ));
    }
    Ok(Some(network))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Result<Entries, Broken> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    fn broken(text: &str) -> (usize, String) {
        let broken = of(text).unwrap_err();
        (broken.line, broken.why)
    }

    #[test]
    fn lines_are_entries_but_for_comments() {
        let entries =
            of("# a list\n\nSpam.Example # bad\n .wide.example\t# too\r\nb\u{fc}cher.example\n#x\na#b")
                .unwrap();
        assert_eq!(entries.len(), 4);
        assert!(entries.has(Entry::Text("spam.example")) && entries.has(Entry::Below("wide.example")));
        assert!(entries.has(Entry::Text("xn--bcher-kva.example")) && entries.has(Entry::Text("a#b")));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert_eq!(
            broken("a\nb c\n"),
            (2, "`b c` has more than one word: write each entry on a line of its own".to_owned())
        );
        assert!(broken("10.0.0.0/33").1.contains("0 to 32"));
        assert_eq!(broken("\n\n10.1.2.3/8").0, 3);
        assert!(broken("10.1.2.3/8").1.contains("`10.0.0.0/8` or `10.1.2.3`"));
        assert!(broken(&"a".repeat(LINE + 1)).1.contains("1024 octets"));
        assert_eq!(broken(".").1, "`.` names no domain");
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), [b'a', b'\n', 0xff]).unwrap();
        assert_eq!(read(file.path()).unwrap_err().line, 2);
        assert_eq!(read(Path::new("/nowhere/list.txt")).unwrap_err().line, 0);
    }

    proptest! {
        #[test]
        fn no_text_ends_in_a_panic(text in "\\PC{0,40}") {
            let _ = parse(&text, |_| ());
        }

        #[test]
        fn what_is_written_is_found(name in "[a-zA-Z0-9.@/-]{1,20}") {
            let mut entries = Gathered::with_room(1);
            let parsed = parse(&name, |entry| entries.add(entry));
            let entries = entries.in_order();
            let found = super::super::finds(&entries, name.trim_start_matches('@'));
            prop_assert!(parsed.is_err() || found || name.starts_with('.') || name.starts_with("@"), "{}", name);
        }
    }
}
