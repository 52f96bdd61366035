//! Lists as policies ask them, and as their files change.

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Writes a file as a careful program does: beside it, and renamed.
fn replace(folder: &tempfile::TempDir, name: &str, text: &str) {
    let new = folder.path().join("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, folder.path().join(name)).unwrap();
}

#[test]
fn a_text_is_in_a_list_by_what_it_is() {
    let text = "spam.example\n.wide.example\n*.stars.example\nbob@partner.example\n@ours.example\n192.0.2.0/24\n2001:db8::1\nWord";
    let folder = folder(&[("blocked.txt", text)]);
    let lists = Lists::open(folder.path());
    let has = |text: &str| lists.contains("blocked", text).unwrap();
    for found in [
        "spam.example",
        "SPAM.example.",
        "alice@spam.example",
        "a.wide.example",
        "b.a.Wide.example",
        "x@a.wide.example",
        "a.stars.example",
        "Bob@Partner.example",
        "anyone@ours.example",
        "ours.example",
        "192.0.2.9",
        "2001:db8::1",
        "word",
    ] {
        assert!(has(found), "{found}");
    }
    for other in [
        "a.spam.example",
        "wide.example",
        "partner.example",
        "eve@partner.example",
        "192.0.3.1",
        "2001:db8::2",
        "",
        "@",
        ".",
    ] {
        assert!(!has(other), "{other}");
    }
}

#[test]
fn a_list_that_is_not_there_is_an_error_and_no_answer() {
    let folder =
        folder(&[("blocked.txt", "a"), ("broken.txt", "a b"), ("Other.txt", "a"), ("notes.md", "a")]);
    let lists = Lists::open(folder.path());
    assert_eq!(
        lists.contains("blokced", "a").unwrap_err(),
        "there is no list `blokced`; did you mean `blocked`?"
    );
    assert!(lists.contains("broken", "a").unwrap_err().contains("more than one word"));
    assert_eq!(lists.wrong("blocked"), None);
    assert!(matches!(lists.wrong("broken"), Some(Wrong::Broken(Broken { line: 1, .. }))));
    assert!(matches!(lists.wrong("Other"), Some(Wrong::Missing(_))));
    assert!(Lists::none().contains("blocked", "a").unwrap_err().contains("there are none"));
}

#[test]
fn a_changed_file_is_read_when_it_has_come_to_rest() {
    let folder = folder(&[("blocked.txt", "a.example")]);
    let lists = Lists::open(folder.path());
    assert!(!lists.look(), "nothing has changed");
    replace(&folder, "blocked.txt", "b.example");
    assert!(!lists.look() && lists.contains("blocked", "a.example").unwrap(), "it may still be written");
    assert!(lists.look() && lists.contains("blocked", "b.example").unwrap());
    assert!(!lists.contains("blocked", "a.example").unwrap() && !lists.look());
    replace(&folder, "more.txt", "c.example");
    assert!(!lists.look() && lists.look() && lists.contains("more", "c.example").unwrap());
}

#[test]
fn the_last_good_one_stays() {
    let folder = folder(&[("blocked.txt", "a.example")]);
    let lists = Lists::open(folder.path());
    for broken in ["two words", "", "\u{0}x y"] {
        replace(&folder, "blocked.txt", broken);
        lists.look();
        assert!(lists.look() && lists.list("blocked").broken.is_some(), "{broken:?}");
        assert!(lists.contains("blocked", "a.example").unwrap(), "{broken:?}");
    }
    fs::remove_file(folder.path().join("blocked.txt")).unwrap();
    assert!(lists.look() && !lists.look(), "it is said once");
    assert!(lists.contains("blocked", "a.example").unwrap());
    replace(&folder, "blocked.txt", "# nobody any more\n");
    lists.look();
    assert!(
        lists.look()
            && !lists.contains("blocked", "a.example").unwrap()
            && lists.list("blocked").broken.is_none()
    );
}
