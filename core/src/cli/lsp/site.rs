//! Policies' directories: which one a file belongs to, and what is in it.

use std::fs;
use std::path::{Path, PathBuf};

use waxseal_plugins::bundle::{self, Settings};
use waxseal_plugins::editor::Surroundings;
use waxseal_plugins::table;

use crate::config::Config;
use crate::relay;

const FOLDERS: [&str; 4] = ["incoming", "outgoing", "filters", "tests"];

/// How far above a policies' directory its configuration is looked for.
const LEVELS: usize = 3;

/// Octets of a script: a larger one was not written in an editor.
const FILE_SIZE: u64 = 16 * 1024 * 1024;

/// A file by its policies' directory, and its path in there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Member {
    pub(super) directory: PathBuf,
    pub(super) path: String,
}

impl Member {
    /// What a file is a part of: the table of its directory, or a script in one of its folders. `None`
    /// for what is no part of policies.
    pub(super) fn of(file: &Path) -> Option<Self> {
        let name = file.file_name()?.to_str()?;
        let folder = file.parent()?;
        if name == table::PATH {
            return Some(Self { directory: folder.to_owned(), path: name.to_owned() });
        }
        let of = folder.file_name()?.to_str().filter(|of| FOLDERS.contains(of))?;
        let is_script = name.strip_suffix(".rhai").is_some_and(|stem| bundle::is_name(of, stem));
        let directory = folder.parent()?.to_owned();
        is_script.then(|| Self { directory, path: format!("{of}/{name}") })
    }

    /// What a file is a part of, where the policies' directory is known: nothing else is one.
    pub(super) fn within(file: &Path, directory: &Path) -> Option<Self> {
        Self::of(file).filter(|member| member.directory == directory)
    }

    /// The file itself.
    pub(super) fn file(&self) -> PathBuf {
        self.directory.join(&self.path)
    }
}

/// What a policies' directory has on the disk. What cannot be read is left out: `waxseal check` says
/// what is wrong with it.
pub(super) fn read(directory: &Path) -> Surroundings {
    let mut around = Surroundings::default();
    if let Some(text) = text(&directory.join(table::PATH)) {
        around.put(table::PATH, &text);
    }
    for folder in FOLDERS {
        let Ok(entries) = fs::read_dir(directory.join(folder)) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{folder}/{name}");
            match name.rsplit_once('.') {
                Some((stem, "rhai")) if bundle::is_name(folder, stem) => {
                    if let Some(text) = text(&entry.path()) {
                        around.put(&path, &text);
                    }
                }
                Some((stem, "wasm")) if bundle::is_name(folder, stem) && folder != "tests" => {
                    around.put_plugin(&path);
                }
                _ => {}
            }
        }
    }
    around
}

/// What the configuration of a policies' directory says: that of the command line, else the nearest
/// one above it that names this very directory.
pub(super) fn settings(directory: &Path, configuration: Option<&Path>) -> Option<Settings> {
    let above = directory.ancestors().take(LEVELS).map(|above| above.join("waxseal.toml"));
    let candidates = configuration.map(Path::to_owned).into_iter().chain(above);
    let named = directory.canonicalize().ok()?;
    let config = candidates.filter(|file| file.exists()).find_map(|file| {
        let (config, _) = Config::load(&file).ok()?;
        (config.policies.canonicalize().ok()? == named).then_some(config)
    });
    config.map(|config| relay::settings(&config))
}

fn text(file: &Path) -> Option<String> {
    let is_small = fs::metadata(file).is_ok_and(|about| about.is_file() && about.len() <= FILE_SIZE);
    is_small.then(|| fs::read_to_string(file).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_says_what_a_file_is() {
        let member = |file: &str| Member::of(Path::new(file)).map(|one| (one.directory, one.path));
        assert_eq!(member("/p/domains.rhai"), Some(("/p".into(), "domains.rhai".into())));
        assert_eq!(member("/p/outgoing/mine.rhai"), Some(("/p".into(), "outgoing/mine.rhai".into())));
        for other in
            ["/p/mine.rhai", "/p/outgoing/Mine.rhai", "/p/outgoing/mine.txt", "/p/docs/mine.rhai", "/"]
        {
            assert_eq!(member(other), None, "{other}");
        }
    }

    #[test]
    fn a_configuration_counts_for_the_directory_that_it_names() {
        let site = tempfile::tempdir().unwrap();
        let policies = site.path().join("policies");
        fs::create_dir_all(&policies).unwrap();
        fs::create_dir_all(site.path().join("others")).unwrap();
        let file = site.path().join("waxseal.toml");
        fs::write(&file, include_str!("../../config/good/smallest.toml")).unwrap();
        assert!(settings(&policies, None).is_some());
        assert!(settings(&site.path().join("others"), None).is_none());
        assert!(settings(&policies, Some(&site.path().join("gone.toml"))).is_some());
    }
}
