//! Lists whose files are gone: kept, said, and forgotten when the operator says so.

use super::*;
use crate::outside::Nowhere;
use crate::wasm::Host;

const FILTER: &str =
    r#"fn mail(client, mail) { if in_list("blocked", mail.sender) { refuse("5.7.1", "No") } }"#;

/// A site whose state is a running relay's.
fn site() -> Site {
    let mut site = Site::new(&[
        ("domains.rhai", &table("require")),
        ("filters/blocked.rhai", FILTER),
        ("lists/blocked.txt", "bad.example\n"),
    ]);
    site.begin();
    site
}

impl Site {
    /// A new process: nothing of before is in memory.
    fn begin(&mut self) {
        let directory = self.directory.path().join("state");
        fs::create_dir_all(&directory).expect("a folder");
        self.settings.plugins = Host::new(Some(directory), Default::default(), std::sync::Arc::new(Nowhere));
    }

    fn lists(&self) -> std::sync::Arc<crate::state::Lists> {
        self.settings.plugins.state().lists_in_use(&self.policies().join("lists")).expect("lists")
    }
}

#[test]
fn a_start_without_the_file_of_a_list_has_the_one_that_was_kept() {
    let mut site = site();
    drop(site.live());
    site.remove("lists/blocked.txt");
    site.begin();
    let live = site.live();
    let status = live.status();
    assert!(!status.from_last_good, "the policies are not broken");
    assert_eq!(site.lists().contains("blocked", "a@bad.example"), Ok(true));
    let [finding] = &*status.lists else { panic!("{:?}", status.lists) };
    assert_eq!((finding.code, &*finding.place.to_string()), ("B013", "lists/blocked.txt"));
    assert!(finding.message.contains("its file is gone"), "{finding}");
    // Again: it is kept as long as nobody says otherwise.
    drop(live);
    site.begin();
    assert_eq!(site.live().status().lists.len(), 1);
}

#[test]
fn a_start_with_a_broken_list_has_the_one_that_was_kept() {
    let mut site = site();
    drop(site.live());
    site.write("lists/blocked.txt", "two words\n");
    site.begin();
    let live = site.live();
    assert_eq!(site.lists().contains("blocked", "a@bad.example"), Ok(true));
    let status = live.status();
    assert!(status.lists[0].message.contains("more than one word"), "{}", status.lists[0]);
    assert_eq!(status.lists[0].place.to_string(), "lists/blocked.txt:1");
}

#[tokio::test]
async fn a_list_that_nobody_asks_for_any_more_is_forgotten_when_the_operator_says_so() {
    let mut site = site();
    site.write("lists/other.txt", "other.example\n");
    drop(site.live());
    site.remove("lists/blocked.txt");
    site.remove("lists/other.txt");
    site.begin();
    let live = site.live();
    assert_eq!(live.status().lists.len(), 2);
    live.reload(Removals::Refuse).await;
    assert_eq!(live.status().lists.len(), 2);
    live.reload(Removals::Accept).await;
    let left = live.status().lists;
    assert!(left.len() == 1 && left[0].message.contains("`blocked`"), "a script asks for it: {left:?}");
    drop(live);
    site.begin();
    assert_eq!(site.live().status().lists.len(), 1, "the other is forgotten on disk, too");
}
