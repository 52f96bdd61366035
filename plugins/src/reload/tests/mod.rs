use std::fs;
use std::path::PathBuf;

mod lists;
mod watching;

use super::live::Cause;
use super::*;
use crate::bundle::Rejected;
use crate::table::today;

/// A site in a directory of its own.
struct Site {
    directory: tempfile::TempDir,
    settings: Settings,
}

impl Site {
    fn new(files: &[(&str, &str)]) -> Self {
        let settings = Settings { tls_enabled: true, ..Settings::default() };
        let site = Self { directory: tempfile::tempdir().expect("a directory"), settings };
        fs::create_dir_all(site.policies()).expect("a folder");
        for (path, text) in files {
            site.write(path, text);
        }
        site
    }

    fn policies(&self) -> PathBuf {
        self.directory.path().join("policies")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.policies().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.policies().join(path)).expect("removed");
    }

    fn source(&self) -> Source {
        let settings = self.settings.clone();
        let last_good = self.directory.path().join("data/last-good");
        Source { directory: self.policies(), last_good, settings }
    }

    fn load(&self) -> Result<Live, Rejected> {
        Live::load(self.source())
    }

    fn live(&self) -> Live {
        self.load().unwrap_or_else(|rejected| panic!("{rejected}"))
    }
}

/// A table whose row for `x.example` has this policy.
fn table(policy: &str) -> String {
    format!(
        "incoming {{ \"*\" attempt }}\noutgoing {{ \"*\" attempt \"x.example\" {policy} \"*.x.example\" {policy} }}\n"
    )
}

/// A table of so many outgoing rows besides `*`.
fn rows(number: usize) -> String {
    let rows: String = (0..number).map(|row| format!("\"*.x{row}.example\" require\n")).collect();
    format!("incoming {{ \"*\" attempt }}\noutgoing {{ \"*\" attempt\n{rows}}}\n")
}

fn policy(live: &Live) -> String {
    live.current().table().outgoing("x.example", today()).policy.clone()
}

fn codes(reloaded: &Reloaded) -> Vec<&'static str> {
    match reloaded {
        Reloaded::Rejected { diagnostics, .. } => diagnostics.iter().map(|one| one.code).collect(),
        other => panic!("not rejected: {other:?}"),
    }
}

fn generation(reloaded: &Reloaded) -> u64 {
    match reloaded {
        Reloaded::Swapped { generation, .. } => *generation,
        other => panic!("not swapped: {other:?}"),
    }
}

#[tokio::test]
async fn a_changed_table_is_swapped_in() {
    let site = Site::new(&[("domains.rhai", &table("attempt"))]);
    let live = site.live();
    let told = live.subscribe();
    let before = live.current();
    assert_eq!((before.generation(), *told.borrow()), (1, 1));
    site.write("domains.rhai", &table("require"));
    assert_eq!(generation(&live.reload(Removals::Refuse).await), 2);
    assert_eq!((policy(&live).as_str(), *told.borrow()), ("require", 2));
    assert_eq!(before.generation(), 1, "who holds the old bundle keeps it");
    let again = live.reload(Removals::Refuse).await;
    assert!(matches!(again, Reloaded::Unchanged { generation: 2 }));
}

#[tokio::test]
async fn a_broken_candidate_leaves_the_last_good_one_in_force() {
    let site = Site::new(&[("domains.rhai", &table("require"))]);
    let live = site.live();
    site.write("domains.rhai", &table("requre"));
    assert_eq!(codes(&live.reload(Removals::Refuse).await)[0], "P001");
    assert_eq!(policy(&live), "require");
    let status = live.status();
    assert_eq!((status.generation, status.rejected, status.from_last_good), (1, 1, false));
    assert!(status.diagnostics[0].message.contains("did you mean `require`?"));
    live.reload(Removals::Refuse).await;
    assert_eq!(live.status().rejected, 1, "the same candidate counts once");
    site.write("domains.rhai", &table("require"));
    assert!(matches!(live.reload(Removals::Refuse).await, Reloaded::Unchanged { generation: 1 }));
    assert_eq!(live.status().diagnostics, []);
}

#[tokio::test]
async fn what_vanishes_is_refused_until_the_operator_says_so() {
    let filter = ("filters/own.rhai", "fn offer(client) { }");
    let own = ("outgoing/require.rhai", "fn mail(host, mail) { refuse(\"ours\") }");
    let site = Site::new(&[("domains.rhai", &table("require")), filter, own]);
    let live = site.live();
    site.remove("outgoing/require.rhai");
    assert_eq!(codes(&live.reload(Removals::Refuse).await), ["B011", "B011"]);
    site.write("outgoing/other.rhai", "");
    assert_eq!(codes(&live.reload(Removals::Refuse).await), ["B011"]);
    assert_eq!(generation(&live.reload(Removals::Accept).await), 2);
    site.remove("filters/own.rhai");
    assert_eq!(codes(&live.reload(Removals::Refuse).await), ["B011"]);
    assert_eq!(generation(&live.reload(Removals::Accept).await), 3);
    site.remove("domains.rhai");
    assert_eq!(codes(&live.reload(Removals::Refuse).await), ["B011"]);
    assert_eq!(policy(&live), "require");
}

#[tokio::test]
async fn one_filter_of_several_that_vanishes_is_refused() {
    let (one, other) = ("fn offer(client) { }", "fn ehlo(client) { }");
    let site = Site::new(&[("domains.rhai", &table("require")), ("filters/a.rhai", one)]);
    site.write("filters/b.rhai", other);
    let live = site.live();
    site.remove("filters/b.rhai");
    let refused = live.reload(Removals::Refuse).await;
    assert_eq!(codes(&refused), ["B011"]);
    assert_eq!(live.current().filters().len(), 2);
    assert_eq!(generation(&live.reload(Removals::Accept).await), 2);
    assert_eq!(live.current().filters().len(), 1);
    // Another name is no loss, nor is another text.
    site.remove("filters/a.rhai");
    site.write("filters/c.rhai", one);
    assert_eq!(generation(&live.reload(Removals::Refuse).await), 3);
    site.write("filters/c.rhai", other);
    assert_eq!(generation(&live.reload(Removals::Refuse).await), 4);
    // A policy that no row names decides nothing.
    site.write("outgoing/one.rhai", "");
    site.write("outgoing/two.rhai", "");
    live.reload(Removals::Refuse).await;
    site.remove("outgoing/two.rhai");
    assert_eq!(generation(&live.reload(Removals::Refuse).await), 6);
}

#[tokio::test]
async fn an_emptied_or_vanished_directory_is_no_policy() {
    let site = Site::new(&[("domains.rhai", &table("require"))]);
    let live = site.live();
    site.remove("domains.rhai");
    assert_eq!(codes(&live.reload(Removals::Refuse).await), ["B011"]);
    fs::remove_dir(site.policies()).expect("removed");
    assert_eq!(codes(&live.reload(Removals::Refuse).await), ["B001"]);
    assert_eq!((policy(&live).as_str(), live.status().rejected), ("require", 2));
    assert_eq!(generation(&live.reload(Removals::Accept).await), 2);
    assert_eq!(policy(&live), "attempt");
}

#[tokio::test]
async fn a_direction_that_loses_over_half_of_its_rows_is_refused() {
    let site = Site::new(&[("domains.rhai", &rows(9))]);
    let live = site.live();
    site.write("domains.rhai", &rows(4));
    assert_eq!(generation(&live.reload(Removals::Refuse).await), 2, "half remains");
    site.write("domains.rhai", &rows(1));
    assert_eq!(generation(&live.reload(Removals::Refuse).await), 3, "few rows may go");
    site.write("domains.rhai", &rows(9));
    live.reload(Removals::Refuse).await;
    site.write("domains.rhai", &rows(3));
    assert_eq!(codes(&live.reload(Removals::Refuse).await), ["B011"]);
    assert_eq!(generation(&live.reload(Removals::Accept).await), 5);
}

#[test]
fn a_start_with_broken_policies_uses_the_last_good_ones() {
    let site = Site::new(&[("domains.rhai", &table("require"))]);
    drop(site.live());
    site.write("domains.rhai", "garbage {");
    let live = site.live();
    let status = live.status();
    assert!(status.from_last_good && status.rejected == 1);
    assert_eq!(status.diagnostics[0].code, "P001");
    assert_eq!(policy(&live), "require");
    fs::remove_dir_all(site.policies()).expect("removed");
    assert_eq!(policy(&site.live()), "require", "a vanished directory is no policy");
    fs::create_dir(site.policies()).expect("made");
    assert_eq!(policy(&site.live()), "require", "nor is an empty one");
}

#[test]
fn a_first_start_with_broken_policies_is_none() {
    let site = Site::new(&[("domains.rhai", "garbage {")]);
    assert_eq!(site.load().expect_err("broken").diagnostics[0].code, "P001");
    let site = Site::new(&[]);
    assert_eq!(policy(&site.live()), "attempt", "without files of its own a site has the shipped ones");
}

#[tokio::test]
async fn mended_files_end_the_use_of_the_last_good_ones() {
    let site = Site::new(&[("domains.rhai", &table("require"))]);
    drop(site.live());
    site.write("domains.rhai", "garbage {");
    let live = site.live();
    live.reload(Removals::Refuse).await;
    assert_eq!(live.status().rejected, 1, "the candidate of the start counts once");
    site.write("domains.rhai", &table("require"));
    assert!(matches!(live.reload(Removals::Refuse).await, Reloaded::Unchanged { .. }));
    assert!(!live.status().from_last_good);
}

/// Every beginning of a file that is being written is refused, or is a bundle: never a panic, and
/// never fewer rows than half.
#[tokio::test]
async fn every_half_written_table_is_refused_or_good() {
    let whole = table("require");
    for end in 0..whole.len() {
        let site = Snapshot::of([("domains.rhai", &whole[..end])]);
        let settings = Settings { tls_enabled: true, ..Settings::default() };
        if crate::bundle::Bundle::load(&site, &settings, 1).is_ok() {
            assert_eq!(whole[end..].trim(), "", "taken without its end: {}", &whole[..end]);
        }
    }
}

/// Roots are files of their own: when they come, the candidate that named them is taken, though
/// none of its own files has changed.
#[tokio::test]
async fn a_candidate_whose_roots_come_later_is_taken_then() {
    let mut site = Site::new(&[("domains.rhai", &table("require"))]);
    site.settings.directory = site.directory.path().to_owned();
    let live = site.live();
    site.write("domains.rhai", &table("require_verified roots [\"ca.pem\"]"));
    for _ in 0..2 {
        let looked = live.reload_for(Cause::Noticed, Removals::Refuse).await;
        assert_eq!(codes(&looked), ["B010", "B010"]);
    }
    assert_eq!(live.status().rejected, 1, "the same candidate counts once");
    fs::write(site.directory.path().join("ca.pem"), "").expect("written");
    assert_eq!(generation(&live.reload_for(Cause::Noticed, Removals::Refuse).await), 2);
}

#[tokio::test]
async fn a_storm_of_reloads_keeps_no_thread_waiting_and_swaps_once() {
    let site = Site::new(&[("domains.rhai", &table("attempt"))]);
    let live = site.live();
    site.write("domains.rhai", &table("require"));
    let asked: Vec<_> = (0..50)
        .map(|_| {
            let live = live.clone();
            tokio::spawn(async move { live.reload(Removals::Refuse).await })
        })
        .collect();
    let mut swapped = 0;
    for reload in asked {
        swapped += usize::from(matches!(reload.await.expect("ended"), Reloaded::Swapped { .. }));
    }
    assert_eq!((swapped, live.current().generation()), (1, 2));
}

/// Who asked may be gone before the answer: the next one has its turn all the same.
#[tokio::test]
async fn a_reload_that_nobody_waits_for_ends_by_itself() {
    let site = Site::new(&[("domains.rhai", &table("attempt"))]);
    let live = site.live();
    site.write("domains.rhai", &table("require"));
    let asked = tokio::spawn({
        let live = live.clone();
        async move { live.reload(Removals::Refuse).await }
    });
    tokio::task::yield_now().await;
    asked.abort();
    live.reload(Removals::Refuse).await;
    assert_eq!((policy(&live).as_str(), live.current().generation()), ("require", 2));
}

#[tokio::test]
async fn replaced_bundles_are_dropped_with_their_last_holder() {
    let site = Site::new(&[("domains.rhai", &table("attempt"))]);
    let live = site.live();
    let held = live.current();
    let mut bundles = Vec::new();
    for policy in ["require", "attempt", "require"] {
        bundles.push(std::sync::Arc::downgrade(&live.current()));
        site.write("domains.rhai", &table(policy));
        live.reload(Removals::Refuse).await;
    }
    let alive: Vec<_> = bundles.iter().map(|bundle| bundle.upgrade().is_some()).collect();
    assert_eq!(alive, [true, false, false], "only the first is held");
    drop(held);
    assert!(bundles.iter().all(|bundle| bundle.upgrade().is_none()));
}
