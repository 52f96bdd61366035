//! Segments: the files that small bodies are appended to, many to a file.
//!
//! Bodies of a batch are written and synced at once; only then may rows name them. What a crash or
//! an error leaves behind the last synced record is named by no row, and never read. A segment that
//! was not written to its end, whatever the reason, is not written to again: nobody knows what the
//! kernel has kept of it.

use std::fs::File;
use std::io::{self, IoSlice, Write};

use super::folder::Folder;
use super::place::{At, HEAD, Head, Place};

/// A segment that has reached this size is followed by the next one. Octets.
pub(super) const FULL: u64 = 64 * 1024 * 1024;

/// How many slices one call writes: the kernel takes 1024.
const SLICES: usize = 1024;

/// A body to be appended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Appended<'a> {
    pub(super) head: Head,
    pub(super) body: &'a [u8],
}

/// The segments as the writer sees them.
#[derive(Debug)]
pub(super) struct Segments {
    folder: Folder,
    next: u64,
    full: u64,
    current: Option<Current>,
}

#[derive(Debug)]
struct Current {
    number: u64,
    file: File,
    size: u64,
}

impl Segments {
    /// From this number on, each of this size: always a new segment after a start.
    pub(super) fn from(folder: Folder, next: u64, full: u64) -> Self {
        Self { folder, next, full, current: None }
    }

    /// The segment that is written to, and its size.
    pub(super) fn current(&self) -> Option<(u64, u64)> {
        self.current.as_ref().map(|current| (current.number, current.size))
    }

    /// Appends bodies and syncs them. Answers with their places, in their order.
    pub(super) fn append(&mut self, bodies: &[Appended<'_>]) -> io::Result<Vec<Place>> {
        // Taken out: if anything goes wrong it is not written to again.
        let mut current = match self.current.take().filter(|current| current.size < self.full) {
            Some(current) => current,
            None => self.create()?,
        };
        let begun = current.size;
        if let Err(error) = current.append(bodies) {
            self.give_back(&current, begun);
            return Err(error);
        }
        let places = places(current.number, begun, bodies);
        self.current = Some(current);
        Ok(places)
    }

    /// Takes back what was appended since the segment that is written to was this long: no row names
    /// it, surely. It is not written to again.
    pub(super) fn take_back(&mut self, before: Option<(u64, u64)>) {
        let Some(current) = self.current.take() else { return };
        let begun = before.filter(|(number, _)| *number == current.number).map_or(0, |(_, size)| size);
        if begun == current.size {
            self.current = Some(current);
        } else {
            self.give_back(&current, begun);
        }
    }

    /// Gives space back, if that is still possible; and the whole file if it was new.
    fn give_back(&self, current: &Current, begun: u64) {
        if begun == 0 {
            self.folder.remove_segment(current.number);
        } else {
            let _ = current.file.set_len(begun);
        }
    }

    fn create(&mut self) -> io::Result<Current> {
        let number = self.next;
        self.next += 1;
        let file = self.folder.create_segment(number)?;
        Ok(Current { number, file, size: 0 })
    }
}

impl Current {
    fn append(&mut self, bodies: &[Appended<'_>]) -> io::Result<()> {
        let heads: Vec<[u8; HEAD]> = bodies.iter().map(|appended| appended.head.to_octets()).collect();
        let octets: u64 = bodies.iter().map(|appended| appended.head.record()).sum();
        let mut slices: Vec<IoSlice<'_>> = heads
            .iter()
            .zip(bodies)
            .flat_map(|(head, appended)| [IoSlice::new(head), IoSlice::new(appended.body)])
            .collect();
        let mut left = slices.as_mut_slice();
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            let some = left.get(..SLICES).unwrap_or(left);
            match self.file.write_vectored(some) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut left, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.file.sync_data()?;
        self.size += octets;
        Ok(())
    }
}

fn places(number: u64, begun: u64, bodies: &[Appended<'_>]) -> Vec<Place> {
    let place = |offset: &mut u64, appended: &Appended<'_>| {
        let at = At::Segment { number, offset: *offset };
        *offset += appended.head.record();
        Some(Place { at, length: u64::from(appended.head.length), checksum: appended.head.checksum })
    };
    bodies.iter().scan(begun, place).collect()
}
