//! What scripts and plugins remember, and where it ends.

use super::*;

fn name() -> Arc<str> {
    "ratchet".into()
}

fn kept_in(directory: Option<PathBuf>) -> Arc<Memory> {
    Arc::new(Memory::new(directory, Arc::default()))
}

#[test]
fn what_was_set_is_there_until_it_is_removed() {
    let kv = Kv::default();
    assert_eq!(kv.get("a"), None);
    kv.set("a", vec![1], None).unwrap();
    kv.set("a", vec![2, 3], None).unwrap();
    assert_eq!(kv.get("a"), Some(vec![2, 3]));
    kv.remove("a");
    assert_eq!(kv.get("a"), None);
    assert_eq!(kv.entries().octets, 0);
}

#[test]
fn a_value_whose_time_is_over_is_gone() {
    let kv = Kv::default();
    kv.set("now", vec![1], Some(Duration::ZERO)).unwrap();
    kv.set("later", vec![1], Some(Duration::from_secs(3600))).unwrap();
    assert_eq!((kv.get("now"), kv.get("later")), (None, Some(vec![1])));
    assert_eq!(kv.replace("now", None, vec![2], None), Ok(true));
    kv.set("for ever", vec![1], Some(Duration::from_secs(u64::MAX))).unwrap();
    assert!(kv.get("for ever").is_some());
}

#[test]
fn only_what_is_expected_is_replaced() {
    let kv = Kv::default();
    assert_eq!(kv.replace("a", Some(&[1]), vec![2], None), Ok(false));
    assert_eq!(kv.replace("a", None, vec![1], None), Ok(true));
    assert_eq!(kv.replace("a", None, vec![9], None), Ok(false));
    assert_eq!(kv.replace("a", Some(&[1]), vec![2], None), Ok(true));
    assert_eq!(kv.get("a"), Some(vec![2]));
}

#[test]
fn a_number_is_added_to() {
    let (kv, hour) = (Kv::default(), Duration::from_secs(3600));
    assert_eq!(kv.add("n", 2, hour), Ok((2, 0)));
    assert_eq!(kv.add("n", -5, hour), Ok((-3, 0)));
    assert_eq!(kv.get("n"), Some(b"-3".to_vec()), "as scripts and plugins read it");
    kv.set("t", b"\"text\"".to_vec(), None).unwrap();
    assert!(kv.add("t", 1, hour).unwrap_err().contains("`t` is no number"));
    kv.set("most", i64::MAX.to_string().into_bytes(), None).unwrap();
    assert!(kv.add("most", 1, hour).unwrap_err().contains("more than a number can be"));
    kv.set("over", b"7".to_vec(), Some(Duration::ZERO)).unwrap();
    assert_eq!(kv.add("over", 1, hour), Ok((1, 0)), "its time was over");
}

#[test]
fn of_many_that_add_at_once_none_is_lost() {
    let kv = Arc::new(Kv::default());
    let add = |_| {
        let kv = Arc::clone(&kv);
        thread::spawn(move || (0..500).for_each(|_| _ = kv.add("n", 1, Duration::from_secs(3600)).unwrap()))
    };
    let threads: Vec<_> = (0..8).map(add).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(kv.get("n"), Some(b"4000".to_vec()));
}

#[test]
fn bounds_hold() {
    let kv = Kv::default();
    assert!(kv.set("", vec![], None).is_err() && kv.set(&"k".repeat(257), vec![], None).is_err());
    assert!(kv.set("a", vec![0; VALUE + 1], None).is_err());
    let mut set = 0;
    while kv.set(&format!("large {set}"), vec![0; VALUE], None).is_ok() {
        set += 1;
    }
    assert!((100..=OCTETS / VALUE).contains(&set), "{set}");
    let kv = Kv::default();
    for number in 0..ENTRIES {
        kv.set(&number.to_string(), vec![], Some(Duration::from_secs(3600 * u64::from(number > 0)))).unwrap();
    }
    // The first one's time was over at once: there is room for one more, and no second.
    assert!(kv.set("one more", vec![], None).is_ok());
    assert!(kv.set("and more", vec![], None).unwrap_err().contains("10000 entries"));
    assert!(kv.set("one more", vec![1], None).is_ok(), "what is there may change");
}

#[test]
fn only_the_first_is_the_first_until_its_time_is_over() {
    let kv = Kv::default();
    let hour = Duration::from_secs(3600);
    assert_eq!(kv.remember_first("a", vec![1], hour), Ok(Some(0)));
    assert_eq!(kv.remember_first("a", vec![2], hour), Ok(None));
    assert_eq!(kv.get("a"), Some(vec![1]), "the second has changed nothing");
    kv.clock.advance(hour);
    assert_eq!(kv.remember_first("a", vec![3], hour), Ok(Some(0)));
}

#[test]
fn of_many_at_once_one_is_the_first() {
    let kv = Arc::new(Kv::default());
    let ask = |kv: Arc<Kv>| {
        thread::spawn(move || {
            (0..1_000)
                .filter(|number: &u32| {
                    kv.remember_first(&number.to_string(), vec![], Duration::from_secs(3600))
                        .is_ok_and(|new| new.is_some())
                })
                .count()
        })
    };
    let asked: Vec<_> = (0..4).map(|_| ask(Arc::clone(&kv))).collect();
    assert_eq!(asked.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>(), 1_000);
}

#[test]
fn where_there_is_no_room_what_ends_next_is_forgotten() {
    let kv = Kv::default();
    let hours = |hours: usize| Duration::from_secs(3600 * hours as u64);
    kv.set("for ever", vec![], None).unwrap();
    for number in 1..ENTRIES {
        assert_eq!(kv.remember(&number.to_string(), vec![], hours(number)), Ok(0));
    }
    assert_eq!(kv.remember("one more", vec![], hours(1)), Ok(ENTRIES / FORGOTTEN));
    assert_eq!((kv.get("1"), kv.get("100")), (None, None));
    assert!(["for ever", "101", "9999", "one more"].iter().all(|key| kv.get(key).is_some()));
    assert_eq!(kv.remember("and more", vec![], hours(1)), Ok(0), "there is room for a while");
}

#[test]
fn what_has_no_end_is_not_forgotten() {
    let kv = Kv::default();
    for number in 0..ENTRIES {
        kv.set(&number.to_string(), vec![], None).unwrap();
    }
    assert!(kv.remember("one more", vec![], PACE).unwrap_err().contains("10000 entries"));
}

#[test]
fn a_restart_forgets_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let memory = kept_in(Some(directory.path().join("plugins")));
    memory.of(&name()).set("best", b"tls1.3".to_vec(), None).unwrap();
    memory.of(&name()).set("over", vec![], Some(Duration::ZERO)).unwrap();
    memory.write();
    let again = kept_in(Some(directory.path().join("plugins")));
    assert_eq!(again.of(&name()).get("best"), Some(b"tls1.3".to_vec()));
    assert_eq!(again.of(&name()).entries().entries.len(), 1);
    assert_eq!(again.of(&"other".into()).get("best"), None);
}

#[test]
fn it_is_written_without_being_told() {
    let directory = tempfile::tempdir().unwrap();
    let memory = kept_in(Some(directory.path().to_owned()));
    memory.of(&name()).set("a", vec![1], None).unwrap();
    drop(memory);
    assert!(file::read(directory.path(), "ratchet").entries.contains_key("a"));
}

#[test]
fn a_damaged_file_is_put_aside() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ratchet.ndjson"), "no json").unwrap();
    let memory = kept_in(Some(directory.path().to_owned()));
    assert_eq!(memory.of(&name()).get("a"), None);
    assert_eq!(std::fs::read_to_string(directory.path().join("ratchet.broken")).unwrap(), "no json");
}
