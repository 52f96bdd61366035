//! Whatever happens to the files is taken up without being asked for.

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

/// So long a test waits for what must come; it comes at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// A site that is watched: whatever happens to its files must be taken up without being asked for.
struct Watched {
    site: Site,
    live: Live,
    told: watch::Receiver<u64>,
    watching: JoinHandle<()>,
}

impl Watched {
    fn new(files: &[(&str, &str)], poll: Duration) -> Self {
        let site = Site::new(files);
        let quiet = Duration::from_millis(20);
        let live = site.live().paced(Pace { quiet, at_most: Duration::from_millis(200), poll });
        let (told, watcher) = (live.subscribe(), live.clone());
        let watching = tokio::spawn(async move { watcher.watch().await });
        Self { site, live, told, watching }
    }

    /// Waits until a new bundle says so of `x.example`.
    async fn until(&mut self, expected: &str) {
        let seen = timeout(PATIENCE, self.told.wait_for(|_| policy(&self.live) == expected)).await;
        assert!(seen.is_ok(), "still {}, not {expected}: {:?}", policy(&self.live), self.live.status());
    }

    /// Waits until a candidate is rejected for this reason.
    async fn until_rejected(&self, code: &str) {
        let rejected = async {
            while self.live.status().diagnostics.iter().all(|one| one.code != code) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(timeout(PATIENCE, rejected).await.is_ok(), "{code}: {:?}", self.live.status());
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// So rare that only events can be the reason of a reload.
const NEVER: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn however_an_editor_saves_it_is_noticed() {
    let mut watched = Watched::new(&[("domains.rhai", &table("attempt"))], NEVER);
    let file = watched.site.policies().join("domains.rhai");
    let beside = |name: &str| watched.site.policies().join(name);
    let (temporary, backup) = (beside(".domains.rhai.tmp"), beside("domains.rhai~"));
    for round in 0..2 {
        fs::write(&file, table("require")).expect("in place");
        watched.until("require").await;

        fs::write(&temporary, table("prevent because \"x\"")).expect("beside");
        fs::rename(&temporary, &file).expect("over the old one");
        watched.until("prevent").await;

        fs::rename(&file, &backup).expect("as vim does");
        fs::write(&file, table("require_verified")).expect("a new file");
        fs::remove_file(&backup).expect("the backup goes");
        watched.until("require_verified").await;

        fs::File::create(&file).expect("truncated first");
        watched.until_rejected("R002").await;
        fs::write(&file, "\u{0}garbage").expect("garbage");
        watched.until_rejected("P001").await;
        assert_eq!(policy(&watched.live), "require_verified", "round {round}");

        fs::write(&file, table("attempt")).expect("mended");
        watched.until("attempt").await;
    }
}

#[tokio::test]
async fn files_of_new_folders_are_noticed() {
    let mut watched = Watched::new(&[("domains.rhai", &table("attempt"))], NEVER);
    watched.site.write("outgoing/strict.rhai", "fn mail(host, mail) { refuse(\"no\") }");
    watched.site.write("domains.rhai", &table("strict"));
    watched.until("strict").await;
    watched.site.write("outgoing/strict.rhai", "fn mail(host, mail) { defer(\"no\") }");
    let told = timeout(PATIENCE, watched.told.wait_for(|generation| *generation > 2)).await;
    assert!(told.is_ok(), "{:?}", watched.live.status());
}

#[tokio::test]
async fn a_directory_that_is_replaced_is_noticed_again_and_again() {
    let mut watched = Watched::new(&[("domains.rhai", &table("attempt"))], NEVER);
    let (policies, parent) = (watched.site.policies(), watched.site.directory.path().to_owned());
    for (round, word) in ["require", "require_verified", "attempt"].into_iter().enumerate() {
        let next = parent.join(format!("next-{round}"));
        fs::create_dir(&next).expect("made");
        fs::write(next.join("domains.rhai"), table(word)).expect("written");
        fs::rename(&policies, parent.join(format!("last-{round}"))).expect("moved away");
        fs::rename(&next, &policies).expect("moved in");
        watched.until(word).await;
    }
    fs::remove_dir_all(&policies).expect("removed");
    watched.until_rejected("B001").await;
    watched.site.write("domains.rhai", &table("require"));
    watched.until("require").await;
}

/// As Kubernetes does: `domains.rhai` points through `..data` to a folder with a date.
#[cfg(unix)]
#[tokio::test]
async fn a_swapped_symbolic_link_is_noticed_again_and_again() {
    use std::os::unix::fs::symlink;
    let mut watched = Watched::new(&[], NEVER);
    let policies = watched.site.policies();
    for (round, word) in ["require", "require_verified", "attempt", "require"].into_iter().enumerate() {
        let dated = format!("..2026_{round}");
        fs::create_dir(policies.join(&dated)).expect("made");
        fs::write(policies.join(&dated).join("domains.rhai"), table(word)).expect("written");
        symlink(&dated, policies.join("..data_tmp")).expect("linked");
        fs::rename(policies.join("..data_tmp"), policies.join("..data")).expect("swapped");
        if round == 0 {
            symlink("..data/domains.rhai", policies.join("domains.rhai")).expect("linked");
        }
        watched.until(word).await;
    }
}

/// As releases are switched: the directory itself is a link.
#[cfg(unix)]
#[tokio::test]
async fn a_linked_directory_that_is_switched_is_noticed_again_and_again() {
    use std::os::unix::fs::symlink;
    let mut watched = Watched::new(&[("domains.rhai", &table("attempt"))], NEVER);
    let (policies, parent) = (watched.site.policies(), watched.site.directory.path().to_owned());
    fs::rename(&policies, parent.join("release-0")).expect("moved");
    symlink("release-0", &policies).expect("linked");
    for (release, word) in [(1, "require"), (2, "require_verified"), (3, "attempt")] {
        let next = parent.join(format!("release-{release}"));
        fs::create_dir(&next).expect("made");
        fs::write(next.join("domains.rhai"), table(word)).expect("written");
        symlink(&next, parent.join("next")).expect("linked");
        fs::rename(parent.join("next"), &policies).expect("switched");
        watched.until(word).await;
    }
    watched.site.write("domains.rhai", &table("require"));
    watched.until("require").await;
}

/// Network file systems give no events: a link's far end is watched by nobody, as theirs.
#[cfg(unix)]
#[tokio::test]
async fn what_gives_no_events_is_noticed_by_looking() {
    let far = tempfile::tempdir().expect("a directory");
    let table_of = |policy: &str| fs::write(far.path().join("table"), table(policy)).expect("written");
    table_of("attempt");
    let mut watched = Watched::new(&[], Duration::from_millis(30));
    let link = watched.site.policies().join("domains.rhai");
    std::os::unix::fs::symlink(far.path().join("table"), link).expect("linked");
    for word in ["require", "attempt", "require"] {
        table_of(word);
        watched.until(word).await;
    }
}

/// The watches are set anew at each look: none of them may stay.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_thousand_looks_leave_no_watch_behind() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let site = Site::new(&[("domains.rhai", &table("attempt"))]);
    let pace = Pace { quiet: Duration::ZERO, at_most: Duration::ZERO, poll: Duration::ZERO };
    let looks = AtomicUsize::new(0);
    let policies = site.policies();
    let looking = watcher::watch(&policies, pace, || async {
        looks.fetch_add(1, Ordering::Relaxed);
        Reloaded::Unchanged { generation: 1 }
    });
    let thousand = async {
        while looks.load(Ordering::Relaxed) < 1000 {
            tokio::task::yield_now().await;
        }
    };
    let watches = || {
        let open = fs::read_dir("/proc/self/fd").expect("readable").flatten();
        open.filter(|one| fs::read_link(one.path()).is_ok_and(|to| to.ends_with("anon_inode:inotify")))
            .count()
    };
    tokio::select! { () = looking => {}, () = thousand => {} }
    // Those of tests beside this one are a few; a leak would be a thousand.
    assert!(watches() < 100, "{} are open", watches());
}
