//! One directory takes the place of another in one step: nobody ever sees half of it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tempfile::TempDir;
use waxseal_plugins::bundle::Snapshot;

use super::super::in_place;

/// Folders within folders, at most: one may be linked into itself.
const DEPTH: usize = 8;

/// Puts a copy of the candidate in the place of the live directory; gives where that is kept, beside it,
/// by the date.
///
/// # Errors
///
/// The directory beside cannot be written, or the candidate is no more what it was; the live directory is
/// as it was.
pub(super) fn exchange(candidate: &Path, live: &Path, hash: &str) -> io::Result<PathBuf> {
    let live = &plain(live);
    let parent = live.parent().unwrap_or(Path::new("/"));
    let staged = TempDir::with_prefix_in(".policies.", parent)?;
    let like = fs::metadata(live)?;
    copy(candidate, staged.path(), &like, DEPTH)?;
    let copied = Snapshot::read(staged.path()).map_err(io::Error::other)?.hash();
    if copied != hash {
        return Err(io::Error::other("the candidate's files have just changed"));
    }
    let is_link = fs::symlink_metadata(live)?.is_symlink();
    let kept = free(live, Timestamp::now());
    // From here on the folder is not to vanish with its value: it has the files of before.
    let staged = staged.keep();
    swap(&staged, live, &kept).inspect_err(|_| discard(&staged, hash))?;
    if !is_link {
        // What is there is no policy, and stays where it is looked for.
        move_hidden(&kept, live).inspect_err(|_| _ = back(&kept, live))?;
    }
    // The exchange has happened; a crash may undo it, and leaves no half of it.
    in_place::settle(parent);
    Ok(kept)
}

/// Puts what was kept back in its place.
///
/// # Errors
///
/// It cannot be put back.
pub(super) fn back(kept: &Path, live: &Path) -> io::Result<()> {
    let live = &plain(live);
    let aside = free(live, Timestamp::now());
    swap(kept, live, &aside)?;
    move_hidden(&aside, live)?;
    fs::remove_dir_all(aside)
}

/// Without a slash at its end: what is beside it begins with its name.
fn plain(live: &Path) -> PathBuf {
    live.components().collect()
}

/// Removes the copy of a candidate. After two failures it may be the files of before that are here: they
/// stay.
fn discard(staged: &Path, hash: &str) {
    if Snapshot::read(staged).is_ok_and(|snapshot| snapshot.hash() == hash) {
        let _ = fs::remove_dir_all(staged);
    }
}

/// Exchanges both, and gives what was live its new name; where that fails, all is as it was.
fn swap(staged: &Path, live: &Path, kept: &Path) -> io::Result<()> {
    let exchange = || renameat_with(CWD, staged, CWD, live, RenameFlags::EXCHANGE);
    match exchange() {
        Ok(()) => fs::rename(staged, kept).inspect_err(|_| _ = exchange()),
        // A file system that cannot exchange: a watcher may find nothing there for a moment, and will
        // look again.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            fs::rename(live, kept)?;
            fs::rename(staged, live).inspect_err(|_| _ = fs::rename(kept, live))
        }
        Err(error) => Err(error.into()),
    }
}

/// Copies what a directory has, hidden files aside; owner and rights of folders are those of the live one.
fn copy(from: &Path, to: &Path, like: &fs::Metadata, depth: usize) -> io::Result<()> {
    if depth == 0 {
        return Err(io::Error::other(format!("{} is too deep", from.display())));
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if is_hidden(&entry) {
            continue;
        }
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if fs::metadata(&from)?.is_dir() {
            fs::create_dir(&to)?;
            copy(&from, &to, like, depth - 1)?;
        } else {
            fs::copy(&from, &to)?;
            own(&File::open(&to)?, like)?;
        }
    }
    fs::set_permissions(to, fs::Permissions::from_mode(like.mode() & 0o7777))?;
    own(&File::open(to)?, like)
}

/// Where it is not allowed, whoever promotes owns the files: the relay reads them all the same, or says that
/// it cannot.
fn own(new: &File, like: &fs::Metadata) -> io::Result<()> {
    let _ = in_place::hand_over(new, like);
    new.sync_all()
}

/// Of version control, and of editors.
fn is_hidden(entry: &fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

fn move_hidden(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if is_hidden(&entry) && !to.exists() {
            fs::rename(entry.path(), to)?;
        }
    }
    Ok(())
}

/// `policies.2026-11-28T03-15-00Z`, or the next that is free.
fn free(live: &Path, now: Timestamp) -> PathBuf {
    let date = now.strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
    let named = |more: &str| {
        let mut name = live.as_os_str().to_owned();
        name.push(format!(".{date}{more}"));
        PathBuf::from(name)
    };
    let mut names = std::iter::once(named("")).chain((2_u32..).map(|number| named(&format!("-{number}"))));
    names.find(|path| fs::symlink_metadata(path).is_err()).unwrap_or_else(|| named(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(at: &Path, files: &[(&str, &str)]) -> PathBuf {
        for (path, text) in files {
            let path = at.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        at.to_owned()
    }

    fn hash(directory: &Path) -> String {
        Snapshot::read(directory).unwrap().hash()
    }

    #[test]
    fn what_was_live_is_kept_and_what_is_no_policy_stays() {
        let root = tempfile::tempdir().unwrap();
        let live = directory(
            &root.path().join("policies"),
            &[("domains.rhai", "// old"), (".git/HEAD", "ref"), ("filters/a.rhai", "// a")],
        );
        let next = directory(&root.path().join("next"), &[("domains.rhai", "// new"), (".hidden", "")]);
        fs::set_permissions(&live, fs::Permissions::from_mode(0o750)).unwrap();
        let (before, after) = (hash(&live), hash(&next));
        let kept = exchange(&next, &live, &after).unwrap();
        assert_eq!((hash(&live), hash(&kept)), (after, before.clone()));
        assert!(live.join(".git/HEAD").exists() && !live.join("filters").exists());
        assert!(!live.join(".hidden").exists() && next.join("domains.rhai").exists());
        assert_eq!(fs::metadata(&live).unwrap().mode() & 0o777, 0o750);
        assert!(kept.display().to_string().contains("policies.20"), "{}", kept.display());

        back(&kept, &live).unwrap();
        assert_eq!(hash(&live), before);
        assert!(live.join(".git/HEAD").exists());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2, "nothing is left over");
    }

    #[test]
    fn a_candidate_that_is_another_now_changes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let live = directory(&root.path().join("policies"), &[("domains.rhai", "// old")]);
        let next = directory(&root.path().join("next"), &[("domains.rhai", "// new")]);
        let (before, expected) = (hash(&live), hash(&next));
        fs::write(next.join("domains.rhai"), "// newer").unwrap();
        exchange(&next, &live, &expected).unwrap_err();
        assert_eq!(hash(&live), before);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2, "nothing is left over");
    }

    #[test]
    fn a_link_is_kept_as_a_link() {
        let root = tempfile::tempdir().unwrap();
        let blue = directory(&root.path().join("blue"), &[("domains.rhai", "// old"), (".git/HEAD", "ref")]);
        let live = root.path().join("policies");
        std::os::unix::fs::symlink(&blue, &live).unwrap();
        let next = directory(&root.path().join("next"), &[("domains.rhai", "// new")]);
        let kept = exchange(&next, &live, &hash(&next)).unwrap();
        assert!(fs::symlink_metadata(&kept).unwrap().is_symlink());
        assert!(blue.join(".git/HEAD").exists() && hash(&live) == hash(&next));
    }

    #[test]
    fn a_slash_at_the_end_changes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let live = directory(&root.path().join("policies"), &[("domains.rhai", "// old")]);
        let next = directory(&root.path().join("next"), &[("domains.rhai", "// new")]);
        let (before, after) = (hash(&live), hash(&next));
        let slashed = root.path().join("policies/");
        let kept = exchange(&next, &slashed, &after).unwrap();
        assert_eq!(kept.parent(), Some(root.path()), "beside, not within");
        assert_eq!((hash(&kept), hash(&live)), (before.clone(), after));
        back(&kept, &slashed).unwrap();
        assert_eq!(hash(&live), before);
    }

    #[test]
    fn dates_that_are_taken_get_a_number() {
        let root = tempfile::tempdir().unwrap();
        let live = root.path().join("policies");
        let first = free(&live, Timestamp::UNIX_EPOCH);
        assert!(first.ends_with("policies.1970-01-01T00-00-00Z"), "{}", first.display());
        fs::create_dir(&first).unwrap();
        assert!(free(&live, Timestamp::UNIX_EPOCH).ends_with("policies.1970-01-01T00-00-00Z-2"));
    }
}
