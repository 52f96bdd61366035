//! From logs to lines: read once, in pieces, each line handed to the thread of its session.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use jiff::Timestamp;
use memchr::{memchr, memmem};

use super::STACK;
use super::replayer::{Bundles, Replayer};
use super::report::Report;
use super::tally::Tally;

/// Lines are handed over in pieces of about this size. Octets.
const PIECE: usize = 256 * 1024;
/// How many pieces may wait for each thread.
const PIECES: usize = 4;
/// The longest line. Octets; what is longer is no record.
const LINE: usize = 1024 * 1024;

/// Where records are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Log {
    /// A decision log, or a part of one that was put aside.
    File(PathBuf),
    /// Standard input.
    Input,
}

/// Which records count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// None before this time.
    pub since: Option<Timestamp>,
    /// None at this time or after it.
    pub until: Option<Timestamp>,
}

/// Takes all records of logs to policies, on a thread a core.
///
/// # Errors
///
/// A log cannot be read; which, and why.
pub fn replay(logs: &[Log], window: Window, bundles: &Bundles) -> io::Result<Report> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let logs = in_order(logs)?;
    thread::scope(|scope| {
        let mut pieces = Vec::with_capacity(threads);
        let mut replaying = Vec::with_capacity(threads);
        for _ in 0..threads {
            let (sender, receiver) = sync_channel(PIECES);
            pieces.push(Pieces { sender, piece: Vec::with_capacity(PIECE) });
            let work = move || take(Replayer::new(bundles.clone()), &receiver, window);
            replaying.push(thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work)?);
        }
        let read = logs.into_iter().try_for_each(|log| read(log, &mut pieces));
        pieces.iter_mut().for_each(Pieces::hand_over);
        drop(pieces);
        let mut all = Tally::default();
        for thread in replaying {
            let tally = thread
                .join()
                .map_err(|_| io::Error::other("replaying failed: a defect, please report it"))?;
            all = all.and(tally);
        }
        read.map(|()| Report::of(&all))
    })
}

impl Window {
    /// Whether a record of this time counts.
    pub fn has(&self, time: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
    }
}

/// A log at which was looked.
enum Looked {
    /// A file, to be opened when its turn comes.
    File(PathBuf),
    /// A pipe, or a device: what was read of it cannot be read again.
    Begun(PathBuf, io::Chain<Cursor<Vec<u8>>, BufReader<File>>),
    Input,
}

/// Lines for one of the threads.
struct Pieces {
    sender: SyncSender<Vec<u8>>,
    piece: Vec<u8>,
}

impl Pieces {
    fn add(&mut self, line: &[u8]) {
        self.piece.extend_from_slice(line);
        self.piece.push(b'\n');
        if self.piece.len() >= PIECE {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        // A thread that has ended has panicked, which is said when it is joined.
        let _ = self.sender.send(piece);
    }
}

fn take(mut replayer: Replayer, pieces: &Receiver<Vec<u8>>, window: Window) -> Tally {
    for piece in pieces {
        for line in piece.split(|octet| *octet == b'\n') {
            replayer.line(line, |time| window.has(time));
        }
    }
    replayer.end()
}

/// The parts of a log that were put aside are older than the log, whatever the order in which a shell
/// names them: the records of a session must come in theirs.
fn in_order(logs: &[Log]) -> io::Result<Vec<Looked>> {
    let mut logs = logs.iter().map(look).collect::<io::Result<Vec<_>>>()?;
    logs.sort_by_key(|(begins, _)| *begins);
    Ok(logs.into_iter().map(|(_, log)| log).collect())
}

/// The time of the first record. Standard input comes last: whoever types is not waited for beforehand.
fn look(log: &Log) -> io::Result<(Timestamp, Looked)> {
    let Log::File(path) = log else { return Ok((Timestamp::MAX, Looked::Input)) };
    let named = |error: io::Error| of_file(path, &error);
    let file = open(path)?;
    let is_file = file.metadata().map_err(named)?.is_file();
    let (mut first, mut rest) = (Vec::new(), BufReader::new(file));
    rest.by_ref().take(LINE as u64).read_until(b'\n', &mut first).map_err(named)?;
    let begins = member(&first, b"\"time\":\"").and_then(|text| text.parse().ok()).unwrap_or(Timestamp::MIN);
    let looked = if is_file {
        Looked::File(path.clone())
    } else {
        Looked::Begun(path.clone(), Cursor::new(first).chain(rest))
    };
    Ok((begins, looked))
}

fn read(log: Looked, pieces: &mut [Pieces]) -> io::Result<()> {
    match log {
        Looked::Input => lines(io::stdin().lock(), pieces),
        Looked::Begun(path, rest) => lines(rest, pieces).map_err(|error| of_file(&path, &error)),
        Looked::File(path) => {
            let file = BufReader::with_capacity(PIECE, open(&path)?);
            lines(file, pieces).map_err(|error| of_file(&path, &error))
        }
    }
}

/// Reads lines of any length, and keeps none in memory that is too long.
fn lines(mut from: impl BufRead, pieces: &mut [Pieces]) -> io::Result<()> {
    let mut begun: Vec<u8> = Vec::new();
    loop {
        let buffer = match from.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if buffer.is_empty() {
            break;
        }
        let (part, used) = match memchr(b'\n', buffer) {
            Some(end) => (buffer.get(..end).unwrap_or_default(), end + 1),
            None => (buffer, buffer.len()),
        };
        let is_whole = used > part.len();
        if begun.is_empty() && is_whole {
            hand(part, pieces);
        } else {
            // Cut off, it is no record: that is all that counts of it.
            let room = LINE.saturating_sub(begun.len()).min(part.len());
            begun.extend_from_slice(part.get(..room).unwrap_or_default());
            if is_whole {
                hand(&begun, pieces);
                begun.clear();
            }
        }
        from.consume(used);
    }
    hand(&begun, pieces);
    Ok(())
}

/// All records of a session go to one thread.
fn hand(line: &[u8], pieces: &mut [Pieces]) {
    let session = member(line, b"\"session\":\"").unwrap_or_default();
    // FNV-1a: the ids are ours, and a bad spread costs time only.
    let hash = session.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    });
    let count = pieces.len().max(1) as u64;
    let chosen = usize::try_from((hash >> 32) % count).unwrap_or(0);
    if let Some(pieces) = pieces.get_mut(chosen) {
        pieces.add(line);
    }
}

/// The text of a member near the beginning, as the log writes it.
fn member<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let head = line.get(..256).unwrap_or(line);
    let rest = line.get(memmem::find(head, name)? + name.len()..)?;
    std::str::from_utf8(rest.get(..memchr(b'"', rest)?)?).ok()
}

fn open(path: &Path) -> io::Result<File> {
    File::open(path).map_err(|error| of_file(path, &error))
}

fn of_file(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
