//! Segments in which little lives: what is left is copied to the segment that is written to, so that
//! a few deferred messages do not keep many octets of delivered ones on the disk.
//!
//! A segment is gone through in steps, between the writer's batches. Its records are read in their
//! order, and those that a row names at that very place are copied.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::books::Books;
use super::folder::Folder;
use super::inventory::Segment;
use super::place::{At, HEAD, Head, Place};
use super::record::signed;
use super::segments::Appended;

/// A segment is gone through once less than a quarter of it lives, and it is an hour old.
const QUARTER: u64 = 4;
const AGE: Duration = Duration::from_secs(60 * 60);

/// What a step looks at, and copies, at most: so that mail waits for milliseconds.
const RECORDS: usize = 1024;
const OCTETS: usize = 1024 * 1024;

/// How long the writer is left alone between two steps.
const PAUSE: Duration = Duration::from_millis(50);

/// And how long after a copy that failed: the disk is full.
const AGAIN: Duration = Duration::from_secs(30);

/// The segment that is gone through, and those that were.
#[derive(Debug)]
pub(super) struct Compaction {
    age: Duration,
    going: Option<Going>,
    /// Segments that hold what cannot be copied: they stay until it is gone.
    stuck: Vec<u64>,
    /// The segment that the last step was about.
    last_of: Option<u64>,
    /// When the next step may be.
    next: Instant,
}

#[derive(Debug)]
struct Going {
    number: u64,
    file: File,
    offset: u64,
    size: u64,
}

/// A body that lives, and where.
#[derive(Debug)]
pub(super) struct Survivor {
    head: Head,
    body: Vec<u8>,
    place: Place,
}

impl Compaction {
    pub(super) fn new(age: Option<Duration>) -> Self {
        Self { age: age.unwrap_or(AGE), going: None, stuck: vec![], last_of: None, next: Instant::now() }
    }

    /// Whether there is something to do, now or in a moment.
    pub(super) fn has_work(&self, segments: &BTreeMap<u64, Segment>, current: Option<u64>, now: i64) -> bool {
        self.going.is_some() || self.choose(segments, current, now).is_some()
    }

    /// The survivors of the next step. A segment that cannot be read stays as it is; others have their
    /// turn.
    pub(super) fn step(
        &mut self,
        connection: &Connection,
        folder: &Folder,
        segments: &BTreeMap<u64, Segment>,
        (current, now): (Option<u64>, i64),
    ) -> io::Result<Vec<Survivor>> {
        if Instant::now() < self.next {
            return Ok(vec![]);
        }
        self.next = Instant::now() + PAUSE;
        self.stuck.retain(|number| segments.contains_key(number));
        let number = match &self.going {
            Some(going) => going.number,
            None => match self.choose(segments, current, now) {
                Some(number) => number,
                None => return Ok(vec![]),
            },
        };
        self.last_of = Some(number);
        let survivors = self.survivors(number, connection, folder);
        if survivors.is_err() || self.going.is_none() {
            self.stuck.push(number);
            self.going = None;
        }
        survivors
    }

    /// What the last step found could not be copied: later its segment is gone through once more.
    pub(super) fn undo(&mut self) {
        self.going = None;
        self.stuck.retain(|number| Some(*number) != self.last_of);
        self.next = Instant::now() + AGAIN;
    }

    /// The survivors of the next step in this segment; after the last of them nothing is going any more.
    fn survivors(
        &mut self,
        number: u64,
        connection: &Connection,
        folder: &Folder,
    ) -> io::Result<Vec<Survivor>> {
        let mut going = match self.going.take() {
            Some(going) => going,
            None => Going::begin(number, folder)?,
        };
        let survivors = going.survivors(connection)?;
        self.going = Some(going).filter(|going| going.offset < going.size);
        Ok(survivors)
    }

    /// The segment in which the smallest part lives, if it is small enough.
    fn choose(&self, segments: &BTreeMap<u64, Segment>, current: Option<u64>, now: i64) -> Option<u64> {
        let before = now.saturating_sub(i64::try_from(self.age.as_nanos()).unwrap_or(i64::MAX));
        let is_old = |(number, segment): &(&u64, &Segment)| {
            Some(**number) != current && segment.begun <= before && !self.stuck.contains(number)
        };
        let mostly_dead = segments
            .iter()
            .filter(is_old)
            .filter(|(_, segment)| segment.live.unsigned_abs() < segment.size / QUARTER);
        mostly_dead.min_by_key(|(_, segment)| segment.live).map(|(number, _)| *number)
    }
}

impl Going {
    fn begin(number: u64, folder: &Folder) -> io::Result<Self> {
        let file = File::open(folder.segment(number))?;
        let size = file.metadata()?.len();
        Ok(Self { number, file, offset: 0, size })
    }

    fn survivors(&mut self, connection: &Connection) -> io::Result<Vec<Survivor>> {
        let (mut survivors, mut octets) = (Vec::new(), 0);
        for _ in 0..RECORDS {
            if octets >= OCTETS || self.offset >= self.size {
                break;
            }
            let Some((head, place)) = self.next()? else {
                // What follows was never finished.
                self.offset = self.size;
                break;
            };
            if is_named(connection, &head, &place).map_err(io::Error::other)? {
                octets += head.length as usize;
                survivors.extend(self.read(head, place)?);
            }
        }
        Ok(survivors)
    }

    /// The next record's head, if there is a whole record.
    fn next(&mut self) -> io::Result<Option<(Head, Place)>> {
        let mut octets = [0; HEAD];
        let offset = self.offset;
        if self.size - offset < HEAD as u64 {
            return Ok(None);
        }
        self.file.read_exact_at(&mut octets, offset)?;
        let head = Head::read(&octets).filter(|head| head.record() <= self.size - offset);
        Ok(head.map(|head| {
            self.offset += head.record();
            let at = At::Segment { number: self.number, offset };
            (head, Place { at, length: u64::from(head.length), checksum: head.checksum })
        }))
    }

    /// A body that lives; a damaged one stays where it is, for whoever is to deliver it to see.
    fn read(&self, head: Head, place: Place) -> io::Result<Option<Survivor>> {
        let mut body = vec![0; head.length as usize];
        let At::Segment { offset, .. } = place.at else { return Ok(None) };
        if let Err(error) = self.file.read_exact_at(&mut body, offset + HEAD as u64) {
            tracing::error!(segment = self.number, id = %head.id, %error, "a body cannot be read");
            return Ok(None);
        }
        if let Err(error) = place.compare(head.id, body.len() as u64, crc32c::crc32c(&body)) {
            tracing::error!(segment = self.number, %error, "a body cannot be copied");
            return Ok(None);
        }
        Ok(Some(Survivor { head, body, place }))
    }
}

/// Whether a message's row names this very record.
fn is_named(connection: &Connection, head: &Head, place: &Place) -> rusqlite::Result<bool> {
    let (segment, offset, _) = place.columns();
    connection
        .prepare_cached(
            "SELECT 1 FROM message WHERE id = ?1 AND segment = ?2 AND offset = ?3 AND checksum = ?4",
        )?
        .exists(params![head.id.into_bytes(), segment, offset, head.checksum])
}

impl Survivor {
    pub(super) fn to_append(&self) -> Appended<'_> {
        Appended { head: self.head, body: &self.body }
    }

    /// The row names its new place.
    pub(super) fn move_to(
        &self,
        connection: &Connection,
        place: &Place,
        books: &mut Books,
    ) -> rusqlite::Result<()> {
        let At::Segment { number, offset } = place.at else { return Ok(()) };
        connection
            .prepare_cached("UPDATE message SET segment = ?2, offset = ?3 WHERE id = ?1")?
            .execute(params![self.head.id.into_bytes(), signed(number), signed(offset)])?;
        books.body(&self.place, -1);
        books.body(place, 1);
        Ok(())
    }
}
