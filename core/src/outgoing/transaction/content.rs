//! The content of a message on its way: whole where it is small, piece by piece where it is large.

use bytes::Bytes;

use super::Pace;
use crate::outgoing::dialogue::{Broken, Dialogue};
use crate::smtp::dot::Encoder;
use crate::smtp::reply::Reply;
use crate::spool::{BodyReader, SpoolError};

/// What is read whole, and goes out in one write; of larger ones a piece of this size at a time.
const WHOLE: usize = 64 * 1024;

/// How many replies to chunks may be awaited at once: a host that cannot get rid of its replies stops
/// reading.
const AWAITED: usize = 8;

/// The content of a message.
pub(in crate::outgoing) enum Content {
    /// All of it.
    Whole(Bytes),
    /// Too much for one write.
    Pieces(Pieces),
}

/// A large message: what was read of it and not sent yet, and the rest.
pub(in crate::outgoing) struct Pieces {
    read: Bytes,
    body: Option<Box<dyn BodyReader>>,
}

/// Why the content did not go out.
pub(super) enum Unsent {
    /// The connection broke.
    Broken(Broken),
    /// Our spool could not read it.
    Unread(SpoolError),
    /// The host refused a chunk.
    Refused(Reply),
    /// The host closes the connection, before the content went out.
    Closing(Reply),
}

impl From<Broken> for Unsent {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl Content {
    /// The content of this size, octets, to be read from here.
    pub(in crate::outgoing) async fn open(
        mut body: Box<dyn BodyReader>,
        size: u64,
    ) -> Result<Self, SpoolError> {
        let mut read = body.read().await?;
        if size > WHOLE as u64 {
            return Ok(Self::Pieces(Pieces { read, body: Some(body) }));
        }
        if (read.len() as u64) < size {
            read = rest(read, body).await?;
        }
        Ok(Self::Whole(read))
    }

    /// Sends it with its dots, and the final dot in the last write.
    pub(super) async fn send(self, dialogue: &mut Dialogue) -> Result<(), Unsent> {
        let mut encoder = Encoder::default();
        let mut wire = Vec::new();
        let mut pieces = self.pieces();
        let mut piece = pieces.next().await?;
        while !piece.is_empty() {
            encoder.encode(&piece, &mut wire);
            piece = pieces.next().await?;
            if !piece.is_empty() {
                dialogue.send_data(&wire).await?;
                wire.clear();
            }
        }
        encoder.finish(&mut wire);
        Ok(dialogue.send_data(&wire).await?)
    }

    /// Sends it in chunks (RFC 3030 section 2), and gives how many of them are without a reply beside the
    /// last.
    pub(super) async fn send_chunks(self, dialogue: &mut Dialogue, pace: Pace) -> Result<usize, Unsent> {
        let mut encoder = Encoder::for_chunks();
        let mut awaited = 0;
        let mut pieces = self.pieces();
        let mut piece = pieces.next().await?;
        while !piece.is_empty() {
            let mut chunk = Vec::new();
            encoder.encode(&piece, &mut chunk);
            piece = pieces.next().await?;
            if piece.is_empty() {
                encoder.finish(&mut chunk);
                dialogue.send_group(&framed(&chunk, Which::Last)).await?;
                break;
            }
            dialogue.send_group(&framed(&chunk, Which::Further)).await?;
            awaited += 1;
            if awaited >= pace.chunks() {
                taken(dialogue).await?;
                awaited -= 1;
            }
        }
        Ok(awaited)
    }

    /// A whole message as its one chunk, behind the commands that go out with it.
    pub(super) fn append_chunk(content: &Bytes, wire: &mut Vec<u8>) {
        let mut chunk = Vec::new();
        let mut encoder = Encoder::for_chunks();
        encoder.encode(content, &mut chunk);
        encoder.finish(&mut chunk);
        wire.extend_from_slice(&framed(&chunk, Which::Last));
    }

    fn pieces(self) -> Pieces {
        match self {
            Self::Whole(read) => Pieces { read, body: None },
            Self::Pieces(pieces) => pieces,
        }
    }
}

impl Pieces {
    /// The next piece; empty at the end.
    async fn next(&mut self) -> Result<Bytes, Unsent> {
        if let (true, Some(body)) = (self.read.is_empty(), &mut self.body) {
            self.read = body.read().await.map_err(Unsent::Unread)?;
        }
        Ok(self.read.split_to(self.read.len().min(WHOLE)))
    }
}

impl Pace {
    /// How many chunks may be without a reply.
    const fn chunks(self) -> usize {
        match self {
            Self::Pipelined => AWAITED,
            Self::Stepwise => 1,
        }
    }
}

/// Which chunk of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// One that others follow.
    Further,
    /// The last.
    Last,
}

fn framed(chunk: &[u8], which: Which) -> Vec<u8> {
    let last = if which == Which::Last { " LAST" } else { "" };
    let mut wire = format!("BDAT {}{last}\r\n", chunk.len()).into_bytes();
    wire.extend_from_slice(chunk);
    wire
}

/// The host's word on the whole, after the replies to so many chunks before the last.
pub(super) async fn word_on_chunks(dialogue: &mut Dialogue, awaited: usize) -> Result<Reply, Unsent> {
    for _ in 0..awaited {
        taken(dialogue).await?;
    }
    Ok(dialogue.final_reply().await?)
}

/// The reply to a chunk that is not the last.
async fn taken(dialogue: &mut Dialogue) -> Result<(), Unsent> {
    let reply = dialogue.reply().await?;
    if reply.is_success() { Ok(()) } else { Err(Unsent::Refused(reply)) }
}

/// The rest of what is read whole, behind its beginning.
async fn rest(first: Bytes, mut body: Box<dyn BodyReader>) -> Result<Bytes, SpoolError> {
    let mut whole = first.to_vec();
    loop {
        let piece = body.read().await?;
        if piece.is_empty() {
            return Ok(whole.into());
        }
        whole.extend_from_slice(&piece);
    }
}
