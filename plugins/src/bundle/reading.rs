//! Reading the policies' directory.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{Rejected, Snapshot};
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::state::lists;
use crate::table;

/// The folders of the policies' directory.
const FOLDERS: [&str; 4] = ["incoming", "outgoing", "filters", "tests"];

/// Octets of a file: no script and no plugin is larger.
const FILE_SIZE: u64 = 64 * 1024 * 1024;

/// How often the directory is read until two readings agree, and the time between, so that an
/// editor in the midst of saving is noticed.
const READINGS: usize = 10;
const BETWEEN_READINGS: Duration = Duration::from_millis(20);

impl Snapshot {
    /// Reads a policies' directory until two readings agree: an editor may be in the midst of
    /// saving. Blocks.
    ///
    /// # Errors
    ///
    /// The directory cannot be read, or does not come to rest.
    pub fn stable(directory: &Path) -> Result<Self, Rejected> {
        let mut last = Self::read(directory)?;
        for _ in 1..READINGS {
            thread::sleep(BETWEEN_READINGS);
            let next = Self::read(directory)?;
            if next == last {
                return Ok(next);
            }
            last = next;
        }
        let message = "the files keep changing: they are read again when they have come to rest";
        Err(Rejected::because(Diagnostic::error("B002", whole(directory), message)))
    }

    /// Reads a policies' directory once. Blocks.
    ///
    /// # Errors
    ///
    /// The directory cannot be read.
    pub fn read(directory: &Path) -> Result<Self, Rejected> {
        let mut snapshot = Self::default();
        let unreadable = |error: io::Error| {
            let message = format!("the policies' directory cannot be read: {error}");
            let help = "`waxseal init DIR` makes one; the key `policies` of the configuration names it";
            Rejected::because(Diagnostic::error("B001", whole(directory), message).helped(help))
        };
        for name in names(directory).map_err(unreadable)? {
            let path = directory.join(&name);
            if FOLDERS.contains(&name.as_str()) {
                snapshot.read_folder(&path, &name);
            } else if name == table::PATH {
                snapshot.read_file(&path, &name);
            } else if name != lists::FOLDER {
                snapshot.stray(&name);
            }
        }
        Ok(snapshot)
    }

    fn read_folder(&mut self, folder: &Path, name: &str) {
        let names = names(folder).unwrap_or_else(|error| {
            self.unreadable(name, &error.to_string());
            Vec::new()
        });
        for file in names {
            let path = format!("{name}/{file}");
            match file.rsplit_once('.') {
                Some((stem, "rhai")) if is_name(name, stem) => self.read_file(&folder.join(&file), &path),
                Some((stem, "wasm")) if is_name(name, stem) && name != "tests" => {
                    self.read_plugin(&folder.join(&file), &path);
                }
                Some((stem, "rhai" | "wasm")) if !is_name(name, stem) => self.bad_stem(name, &path, stem),
                Some((_, "eml")) if name == "tests" => self.read_message(&folder.join(&file), &path),
                Some((_, "toml")) if name != "tests" => self.read_file(&folder.join(&file), &path),
                _ => self.stray(&path),
            }
        }
        self.check_pairs(name);
    }

    /// A script and a plugin of one name: nobody could say which of them a row means. And the
    /// configuration of a plugin that is not there.
    fn check_pairs(&mut self, folder: &str) {
        let mut lost = Vec::new();
        for path in self.site.keys().filter(|path| path.split('/').next() == Some(folder)) {
            let Some((stem, extension)) = path.rsplit_once('.') else { continue };
            let is_plugin = self.plugins.contains_key(format!("{stem}.wasm").as_str());
            match extension {
                "rhai" if is_plugin => {
                    let message = format!("there are `{path}` and `{stem}.wasm`: one name, two who decide");
                    let finding = Diagnostic::error("W006", Place::file(Arc::clone(path)), message);
                    self.findings.push(finding.helped("remove one of them, or give it another name"));
                }
                "toml" if !is_plugin => lost.push(Arc::clone(path)),
                _ => {}
            }
        }
        for path in lost {
            self.site.remove(&path);
            let message = "there is no plugin beside this configuration: it is not read";
            self.findings.push(Diagnostic::warning("W007", Place::file(path), message));
        }
    }

    fn read_plugin(&mut self, file: &Path, path: &str) {
        match read_bytes(file) {
            Ok(wasm) => _ = self.plugins.insert(path.into(), wasm.into()),
            Err(error) => self.unreadable(path, &error.to_string()),
        }
    }

    fn read_message(&mut self, file: &Path, path: &str) {
        match read_bytes(file) {
            Ok(octets) => _ = self.messages.insert(path.into(), octets.into()),
            Err(error) => self.unreadable(path, &error.to_string()),
        }
    }

    fn read_file(&mut self, file: &Path, path: &str) {
        match read_text(file) {
            Ok(text) => _ = self.site.insert(path.into(), text.into()),
            Err(error) => self.unreadable(path, &error.to_string()),
        }
    }

    fn unreadable(&mut self, path: &str, why: &str) {
        let message = format!("the file cannot be read: {why}");
        self.findings.push(Diagnostic::error("B001", Place::file(path), message));
    }

    fn bad_stem(&mut self, folder: &str, path: &str, stem: &str) {
        let message = format!("`{stem}` cannot be the name of a script or plugin");
        let help = if has_policies(folder) {
            "a policy's name has small letters, digits and `_`, begins with a letter, and is no word of Rhai or of the table"
        } else {
            "the name of a filter or test has small letters, digits and `_`, and does not begin with `_`"
        };
        self.findings.push(Diagnostic::error("B003", Place::file(path), message).helped(help));
    }

    fn stray(&mut self, path: &str) {
        let message = "this file is not read";
        let help = "read are `domains.rhai`, and `*.rhai` in `incoming/`, `outgoing/`, `filters/` and `tests/`; plugins are `*.wasm` in the first three, with a `.toml` beside them; lists are `*.txt` in `lists/`, messages for tests `*.eml` in `tests/`";
        self.findings.push(Diagnostic::warning("B004", Place::file(path), message).helped(help));
    }
}

/// Whether a script or plugin in this folder may have this name, the stem of its file. No row names a filter or
/// a test, so that it may begin with a number, which says its place among the others.
pub fn is_name(folder: &str, stem: &str) -> bool {
    if has_policies(folder) {
        return is_stem(stem);
    }
    !stem.starts_with('_') && is_plain(stem)
}

fn has_policies(folder: &str) -> bool {
    ["incoming", "outgoing"].contains(&folder)
}

fn is_plain(stem: &str) -> bool {
    !stem.is_empty()
        && stem.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a policy, list or plugin may have this name, the stem of its file: a policy's becomes a
/// word of the table.
pub fn is_stem(stem: &str) -> bool {
    let plain = stem.starts_with(|first: char| first.is_ascii_lowercase()) && is_plain(stem);
    let of_table = ["incoming", "outgoing"].contains(&stem) || table::Clause::from_word(stem).is_some();
    // What cannot be the name of a variable is a word of Rhai.
    plain && !of_table && rhai::Engine::new_raw().compile(format!("let {stem} = 1;")).is_ok()
}

/// The names in a directory, in order, without what editors and version control leave there, and
/// without pages of documentation.
fn names(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // Vim tries whether it can write with a file of the name `4913`.
        let litter = name.starts_with(['.', '#']) || name.ends_with(['~', '#']) || name == "4913";
        let editor = [".md", ".swp", ".tmp", ".bak", ".orig"].iter().any(|end| name.ends_with(end));
        if !litter && !editor {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read_bytes(path)?).map_err(|_| io::Error::other("it is not UTF-8"))
}

fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    let read = fs::File::open(path)?.take(FILE_SIZE + 1).read_to_end(&mut bytes)?;
    if read as u64 > FILE_SIZE { Err(io::Error::other("it is larger than 64 MiB")) } else { Ok(bytes) }
}

fn whole(directory: &Path) -> Place {
    Place::file(directory.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::super::shipped::SHIPPED;
    use super::*;

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        for (path, text) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        directory
    }

    #[test]
    fn a_file_of_the_site_takes_the_place_of_the_shipped_one() {
        let site = directory(&[("outgoing/require.rhai", "// ours"), ("outgoing/own.rhai", "// own")]);
        let snapshot = Snapshot::stable(site.path()).expect("readable");
        let files = snapshot.files();
        assert_eq!(files.get("outgoing/require.rhai").map(|text| &**text), Some("// ours"));
        assert_eq!(files.len(), SHIPPED.len() + 1);
        assert_eq!(snapshot.overrides().into_iter().collect::<Vec<_>>(), ["outgoing/require.rhai"]);
    }

    #[test]
    fn what_does_not_belong_there_is_pointed_out() {
        let site = directory(&[
            ("notes.txt", ""),
            ("outgoing/require.rhai~", ""),
            ("outgoing/README.md", ""),
            ("outgoing/.require.rhai.swp", ""),
            ("outgoing/Strict.rhai", ""),
            ("outgoing/until.rhai", ""),
            ("outgoing/because.rhai", ""),
            ("outgoing/Strict.wasm", ""),
            ("outgoing/both.rhai", ""),
            ("outgoing/both.wasm", ""),
            ("filters/lost.toml", ""),
            ("tests/plugin.wasm", ""),
            ("tests/Spam of 2026.eml", ""),
        ]);
        fs::write(site.path().join("outgoing/latin.rhai"), [0xe4]).expect("a file");
        let snapshot = Snapshot::read(site.path()).expect("readable");
        let found: Vec<_> =
            snapshot.findings.iter().map(|finding| format!("{} {}", finding.code, finding.place)).collect();
        let expected = [
            "W007 filters/lost.toml",
            "B004 notes.txt",
            "B003 outgoing/Strict.rhai",
            "B003 outgoing/Strict.wasm",
            "B003 outgoing/because.rhai",
            "B001 outgoing/latin.rhai",
            "B003 outgoing/until.rhai",
            "W006 outgoing/both.rhai",
            "B004 tests/plugin.wasm",
        ];
        assert_eq!(found, expected);
        assert_eq!(snapshot.site().keys().map(|path| &**path).collect::<Vec<_>>(), ["outgoing/both.rhai"]);
        assert!(snapshot.messages().contains_key("tests/Spam of 2026.eml"));
    }

    #[test]
    fn filters_and_tests_may_have_numbers_before_their_names() {
        let site = directory(&[
            ("filters/90_archive.rhai", "fn ehlo(client) { }"),
            ("filters/10_tag.rhai", "fn ehlo(client) { }"),
            ("filters/until.rhai", "fn ehlo(client) { }"),
            ("filters/_x.rhai", ""),
            ("filters/Big.rhai", ""),
            ("tests/10_tag.rhai", ""),
            ("outgoing/10_own.rhai", ""),
        ]);
        let snapshot = Snapshot::read(site.path()).expect("readable");
        let found: Vec<_> = snapshot.findings.iter().map(|finding| finding.place.to_string()).collect();
        assert_eq!(found, ["filters/Big.rhai", "filters/_x.rhai", "outgoing/10_own.rhai"]);
        let good = directory(&[
            ("filters/90_archive.rhai", "fn ehlo(client) { }"),
            ("filters/tag.rhai", "fn ehlo(client) { }"),
            ("filters/10_tag.rhai", "fn ehlo(client) { }"),
        ]);
        let snapshot = Snapshot::read(good.path()).expect("readable");
        let (bundle, _) =
            super::super::Bundle::load(&snapshot, &super::super::Settings::default(), 1).expect("good");
        let order: Vec<_> = bundle.filters().iter().map(|filter| filter.path().to_string()).collect();
        assert_eq!(order, ["filters/10_tag.rhai", "filters/90_archive.rhai", "filters/tag.rhai"]);
    }

    #[test]
    fn a_folder_that_is_none_is_pointed_out() {
        let site = directory(&[("tests", "")]);
        let snapshot = Snapshot::read(site.path()).expect("readable");
        assert_eq!(snapshot.findings.first().map(|finding| finding.code), Some("B001"));
    }

    #[test]
    fn a_missing_directory_is_said_so() {
        let rejected = Snapshot::stable(Path::new("/nowhere/policies")).expect_err("not there");
        assert_eq!(rejected.diagnostics.first().map(|finding| finding.code), Some("B001"));
    }
}
