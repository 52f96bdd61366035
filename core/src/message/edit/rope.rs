//! An edited message: ranges of what came, and new octets between them.
//!
//! What was not edited is never copied, and stays octet for octet what it was.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use waxseal_plugins::content::Content;

/// The largest chunk that is read of what was kept, octets.
const CHUNK: usize = 64 * 1024;

/// A piece of an edited message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Octets of the message as it came.
    Kept(Range<u64>),
    /// New octets.
    New(Bytes),
}

/// The pieces of an edited message, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rope {
    pieces: Vec<Piece>,
    /// Where each piece begins.
    starts: Vec<u64>,
    size: u64,
}

/// Octets in the place of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// What goes; empty where something is put in.
    pub range: Range<u64>,
    /// What comes.
    pub with: Bytes,
}

impl Rope {
    /// A message of this size, as it came.
    pub fn whole(size: u64) -> Self {
        let mut rope = Self::default();
        rope.push(Piece::Kept(0..size));
        rope
    }

    /// The pieces.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The size of the edited message, octets.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The edited message with splices in it, which are of its own offsets, in order, and do not overlap.
    #[must_use]
    pub fn spliced(&self, splices: &[Splice]) -> Self {
        let (mut rope, mut at) = (Self::default(), 0);
        for splice in splices {
            self.copy(at..splice.range.start, &mut rope);
            rope.push(Piece::New(splice.with.clone()));
            at = at.max(splice.range.end);
        }
        self.copy(at..self.size, &mut rope);
        rope
    }

    /// The edits of this rope on a message that is itself the edited form of another: one rope over that.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        let mut rope = Self::default();
        for piece in &self.pieces {
            match piece {
                Piece::Kept(range) => below.copy(range.clone(), &mut rope),
                Piece::New(_) => rope.push(piece.clone()),
            }
        }
        rope
    }

    /// Copies a range to the end of another rope.
    fn copy(&self, range: Range<u64>, to: &mut Self) {
        if range.is_empty() {
            return;
        }
        let first = self.starts.partition_point(|start| *start <= range.start).saturating_sub(1);
        for (piece, start) in self.pieces.iter().zip(&self.starts).skip(first) {
            if *start >= range.end {
                return;
            }
            to.push(piece.cut(range.start.saturating_sub(*start), range.end - start));
        }
    }

    fn push(&mut self, piece: Piece) {
        let size = piece.size();
        if size == 0 {
            return;
        }
        self.size += size;
        if let (Some(Piece::Kept(last)), Piece::Kept(next)) = (self.pieces.last_mut(), &piece)
            && last.end == next.start
        {
            last.end = next.end;
            return;
        }
        self.starts.push(self.size - size);
        self.pieces.push(piece);
    }

    /// The piece at an offset, and where in it that is.
    fn at(&self, offset: u64) -> Option<(&Piece, u64)> {
        let index = self.starts.partition_point(|start| *start <= offset).checked_sub(1)?;
        let (piece, start) = (self.pieces.get(index)?, self.starts.get(index)?);
        (offset < self.size).then_some((piece, offset - start))
    }
}

impl Piece {
    /// How many octets it has.
    pub fn size(&self) -> u64 {
        match self {
            Self::Kept(range) => range.end.saturating_sub(range.start),
            Self::New(octets) => octets.len() as u64,
        }
    }

    /// From one of its octets to another, or to its end.
    fn cut(&self, from: u64, to: u64) -> Self {
        let to = to.min(self.size());
        let from = from.min(to);
        match self {
            Self::Kept(range) => Self::Kept(range.start + from..range.start + to),
            Self::New(octets) => {
                let index = |offset| usize::try_from(offset).unwrap_or(usize::MAX).min(octets.len());
                Self::New(octets.slice(index(from)..index(to)))
            }
        }
    }
}

/// An edited message, to be read: the message as it came, and the rope over it.
#[derive(Clone, Debug)]
pub struct Edited {
    below: Arc<dyn Content>,
    rope: Rope,
}

impl Edited {
    /// The message that a rope makes of another.
    pub fn new(below: Arc<dyn Content>, rope: Rope) -> Self {
        Self { below, rope }
    }

    /// The rope.
    pub fn rope(&self) -> &Rope {
        &self.rope
    }

    /// The message in chunks of at most 64 KiB, to be written. Each error ends it.
    pub fn chunks(&self) -> impl Iterator<Item = io::Result<Bytes>> + Send + '_ {
        let (mut offset, mut failed) = (0, false);
        std::iter::from_fn(move || {
            let chunk = self.chunk(offset).filter(|_| !failed)?;
            match &chunk {
                Ok(chunk) => offset += chunk.len() as u64,
                Err(_) => failed = true,
            }
            Some(chunk)
        })
    }

    /// The chunk at an offset; `None` at the end.
    fn chunk(&self, offset: u64) -> Option<io::Result<Bytes>> {
        let (piece, within) = self.rope.at(offset)?;
        let range = match piece.cut(within, within + CHUNK as u64) {
            Piece::New(octets) => return Some(Ok(octets)),
            Piece::Kept(range) => range,
        };
        let mut buffer = vec![0; usize::try_from(range.end - range.start).unwrap_or(CHUNK)];
        Some(self.below.read_at(range.start, &mut buffer).and_then(|length| {
            buffer.truncate(length);
            if length == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(buffer.into()) }
        }))
    }
}

impl Content for Edited {
    fn size(&self) -> u64 {
        self.rope.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((piece, within)) = self.rope.at(offset) else { return Ok(0) };
        match piece.cut(within, within.saturating_add(buffer.len() as u64)) {
            Piece::New(octets) => octets.read_at(0, buffer),
            Piece::Kept(range) => {
                let length = usize::try_from(range.end - range.start).unwrap_or(buffer.len());
                let buffer = buffer.get_mut(..length).unwrap_or_default();
                self.below.read_at(range.start, buffer)
            }
        }
    }

    fn in_memory(&self, offset: u64) -> Option<Bytes> {
        let (piece, within) = self.rope.at(offset)?;
        match piece.cut(within, u64::MAX) {
            Piece::New(octets) => Some(octets),
            Piece::Kept(range) => {
                let mut octets = self.below.in_memory(range.start)?;
                octets.truncate(usize::try_from(range.end - range.start).unwrap_or(usize::MAX));
                Some(octets)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(content: &dyn Content) -> Vec<u8> {
        let (mut out, mut buffer) = (Vec::new(), [0; 7]);
        loop {
            let length = content.read_at(out.len() as u64, &mut buffer).unwrap();
            if length == 0 {
                return out;
            }
            out.extend_from_slice(&buffer[..length]);
        }
    }

    /// Splices in order, of a message of this size.
    fn splices(size: usize) -> impl Strategy<Value = Vec<Splice>> {
        let edge = any::<prop::sample::Index>;
        prop::collection::vec((edge(), edge(), "[A-Z]{0,5}"), 0..6).prop_map(move |list| {
            let mut edges: Vec<u64> = list
                .iter()
                .flat_map(|(a, b, _)| [a.index(size + 1) as u64, b.index(size + 1) as u64])
                .collect();
            edges.sort_unstable();
            let ranges = edges.chunks(2).map(|edge| edge[0]..edge[1]);
            ranges.zip(list).map(|(range, (_, _, with))| Splice { range, with: with.into() }).collect()
        })
    }

    /// The same, the plain way.
    fn plainly(octets: &[u8], splices: &[Splice]) -> Vec<u8> {
        let mut out = octets.to_vec();
        for splice in splices.iter().rev() {
            out.splice(splice.range.start as usize..splice.range.end as usize, splice.with.to_vec());
        }
        out
    }

    #[test]
    fn without_edits_it_is_one_piece() {
        let rope = Rope::whole(9);
        assert_eq!(rope.spliced(&[]).pieces(), [Piece::Kept(0..9)]);
        assert_eq!(rope.spliced(&[Splice { range: 3..3, with: Bytes::new() }]), rope);
    }

    #[test]
    fn a_message_that_is_shorter_than_it_was_is_an_error() {
        let short: Arc<dyn Content> = Arc::new(Bytes::from_static(b"abc"));
        let chunks: Vec<_> = Edited::new(short, Rope::whole(9)).chunks().collect();
        assert!(chunks.len() == 2 && chunks[1].is_err(), "{chunks:?}");
    }

    proptest! {
        #[test]
        fn splices_do_what_they_say(
            (one, two) in splices(20).prop_flat_map(|one| {
                let size = plainly(&[b'.'; 20], &one).len();
                (Just(one), splices(size))
            })
        ) {
            let octets = Bytes::from_static(b"abcdefghijklmnopqrst");
            let first = plainly(&octets, &one);
            let both = plainly(&first, &two);
            let below: Arc<dyn Content> = Arc::new(octets);
            let rope = Rope::whole(20).spliced(&one);
            prop_assert_eq!(read(&Edited::new(Arc::clone(&below), rope.clone())), first.clone());
            let again = rope.spliced(&two);
            let edited = Edited::new(Arc::clone(&below), again);
            prop_assert_eq!(read(&edited), both.clone());
            let chunks: Vec<u8> = edited.chunks().flat_map(|chunk| chunk.unwrap().to_vec()).collect();
            prop_assert_eq!(&chunks, &both);
            prop_assert_eq!(edited.size(), both.len() as u64);
            // A rope over a rope is one rope that says the same.
            let above = Rope::whole(first.len() as u64).spliced(&two);
            prop_assert_eq!(read(&Edited::new(below, above.over(&rope))), both);
        }
    }
}
