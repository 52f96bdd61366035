//! The ledger of a relay that is killed again and again: what it has answered with 250, and what its
//! hosts have taken of it, in which of its lives.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

/// What every host and client writes into. Cheap to clone.
#[derive(Clone)]
pub(super) struct Ledger {
    pages: Arc<Mutex<Pages>>,
    /// How much has happened: mails accepted, mails taken.
    events: watch::Sender<usize>,
}

#[derive(Default)]
struct Pages {
    /// Which life the relay is in.
    life: usize,
    /// Mails that were answered with 250, and the destinations that must have word of each.
    accepted: BTreeMap<String, Vec<&'static str>>,
    /// By mail and destination, in the order in which they came.
    copies: BTreeMap<(String, &'static str), Vec<Copy>>,
}

/// A mail, or the notice of one, that a host has taken.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    /// The life of the relay that sent it.
    life: usize,
    /// The Message-ID: of a notice its own.
    id: String,
    word: Word,
}

/// What the host has said to a mail that it has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// 250.
    Whole,
    /// The first octets of it, and then the host was gone.
    Cut,
}

/// What came of it all.
#[derive(Debug, Default)]
pub(super) struct Count {
    accepted: usize,
    copies: usize,
    /// Copies of what a host had taken before and said so, by destination and the life that had not recorded
    /// it at its end.
    pub(super) repeats: BTreeMap<(&'static str, usize), usize>,
    /// Copies of what a host had taken before without saying so.
    pub(super) unsaid: usize,
    /// Accepted, and not there.
    pub(super) lost: Vec<(String, &'static str)>,
    /// Taken twice with no crash between, or a second notice of the same failure.
    pub(super) wrong: Vec<String>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self { pages: Arc::default(), events: watch::Sender::new(0) }
    }

    /// The relay has said 250 to this mail: each of these destinations must have word of it.
    pub(super) fn accepted(&self, id: String, destinations: Vec<&'static str>) {
        self.pages().accepted.insert(id, destinations);
        self.events.send_modify(|events| *events += 1);
    }

    /// A host has taken a mail, or the notice of one, and is about to say this.
    pub(super) fn taken(&self, destination: &'static str, content: &str, word: Word) {
        let about =
            between(content, "<load-", "@load.example>").expect("the Message-ID of a mail of the load");
        let id = between(content, "Message-ID: <", ">").expect("a Message-ID").to_owned();
        let mut pages = self.pages();
        let copy = Copy { life: pages.life, id, word };
        pages.copies.entry((about.to_owned(), destination)).or_default().push(copy);
        drop(pages);
        self.events.send_modify(|events| *events += 1);
    }

    /// The relay has been killed: what comes now is sent by the next.
    pub(super) fn next_life(&self) {
        self.pages().life += 1;
    }

    /// Awaits so much to happen, from now on.
    pub(super) async fn events(&self, count: usize) {
        let until = *self.events.borrow() + count;
        let mut events = self.events.subscribe();
        events.wait_for(|events| *events >= until).await.expect("the ledger itself can send");
    }

    /// How much of what was accepted is not there yet.
    pub(super) fn awaited(&self) -> usize {
        self.pages().lost().len()
    }

    /// The reckoning.
    pub(super) fn count(&self) -> Count {
        let pages = self.pages();
        let mut count = Count { accepted: pages.accepted.len(), lost: pages.lost(), ..Count::default() };
        for ((about, destination), copies) in &pages.copies {
            count.copies += copies.len();
            for pair in copies.windows(2) {
                count.pair((about, destination), &pair[0], &pair[1]);
            }
            let ids: BTreeSet<_> = copies.iter().map(|copy| &copy.id).collect();
            if ids.len() > 1 {
                count.wrong.push(format!("{about}: {} notices of one failure", ids.len()));
            }
        }
        count
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().expect("no test thread has panicked with it")
    }
}

impl Pages {
    fn lost(&self) -> Vec<(String, &'static str)> {
        let all = self.accepted.iter().flat_map(|(id, to)| to.iter().map(move |to| (id.clone(), *to)));
        all.filter(|one| !self.copies.contains_key(one)).collect()
    }
}

impl Count {
    /// A copy, and the next of the same mail at the same destination.
    fn pair(&mut self, (about, destination): (&str, &'static str), one: &Copy, next: &Copy) {
        match one.word {
            Word::Cut => self.unsaid += 1,
            Word::Whole if one.life == next.life => {
                self.wrong.push(format!("{about}: taken twice at {destination} in life {}", one.life));
            }
            Word::Whole => *self.repeats.entry((destination, one.life)).or_default() += 1,
        }
    }

    /// The most copies that a destination got again after one crash.
    pub(super) fn most_repeats(&self) -> usize {
        self.repeats.values().copied().max().unwrap_or(0)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, copies, repeats, unsaid, lost, .. } = self;
        let (lost, again, most) = (lost.len(), repeats.values().sum::<usize>(), self.most_repeats());
        write!(
            f,
            "{accepted} mails accepted, {copies} copies taken, {lost} lost, {again} sent again after a crash, at most \
             {most} to one destination; {unsaid} sent again after a word that was cut"
        )
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = text.split_once(start)?.1;
    Some(rest.split_once(end)?.0)
}

/// Whether the ledger would see it.
#[test]
fn what_is_lost_or_repeated_is_counted() {
    let ledger = Ledger::new();
    let mail = |number: u32| format!("Message-ID: <load-{number}@load.example>\r\n\r\n");
    let all = ["one.example", "two.example"];
    for number in 1..=3 {
        ledger.accepted(number.to_string(), all.to_vec());
    }
    ledger.taken(all[0], &mail(1), Word::Whole);
    ledger.taken(all[1], &mail(1), Word::Cut);
    ledger.taken(all[1], &mail(1), Word::Whole);
    ledger.taken(all[0], &mail(2), Word::Whole);
    ledger.next_life();
    ledger.taken(all[0], &mail(2), Word::Whole);
    ledger.taken(all[1], &mail(2), Word::Whole);
    ledger.taken(all[0], &mail(3), Word::Whole);
    let count = ledger.count();
    assert_eq!(count.lost, [("3".to_owned(), all[1])]);
    assert_eq!((count.unsaid, count.repeats.clone()), (1, BTreeMap::from([((all[0], 0), 1)])));
    assert!(count.wrong.is_empty());
    ledger.taken(all[0], &mail(3), Word::Whole);
    ledger.taken(all[1], &format!("Message-ID: <notice@relay.example>\r\n\r\n{}", mail(2)), Word::Whole);
    assert_eq!(ledger.count().wrong.len(), 3, "{:?}", ledger.count().wrong);
}
