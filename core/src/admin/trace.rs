//! Following sessions over the control socket: who asks is answered as long as he listens.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::observe::trace::{Event, Following, Interest, Selection, Wanted};
use crate::relay::Services;

/// How many lines may wait for a follower who reads slowly.
const QUEUE: usize = 4096;

/// How long he may read nothing at all: he is not there any more, or nobody looks.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// How long what was said at the end may take to be read.
const LAST: Duration = Duration::from_secs(1);

/// A line of the answer, after the first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// Something that has happened.
    Event(Arc<Event>),
    /// So many events were lost here: more came than could be taken, by the relay or by who follows.
    Missed {
        /// How many.
        missed: u64,
    },
}

/// Tells of the wanted sessions until enough were shown, who follows is gone, or the relay stops.
pub(super) async fn serve(
    reader: impl AsyncRead + Unpin,
    writer: impl AsyncWrite + Unpin,
    (first, wanted): (Vec<u8>, Wanted),
    services: &Services,
) {
    let following = services.observer.follow(Interest::Dialogue);
    let (lines, waiting) = mpsc::channel(QUEUE);
    let choosing = async move {
        let choosing = choose(following, Selection::new(wanted), lines);
        // Where the relay stops, what waits is still written.
        let _ = services.stopping.run_until_cancelled(choosing).await;
    };
    let telling = async { tokio::join!(choosing, write(writer, first, waiting)) };
    tokio::select! {
        _ = telling => {}
        () = gone(reader) => {}
    }
}

/// Chooses what is shown until it is enough. It never waits for who reads it.
async fn choose(mut following: Following, mut selection: Selection, lines: mpsc::Sender<Line>) {
    let mut missed = 0;
    while !selection.is_complete() {
        let event = following.next().await;
        missed += following.missed();
        for event in selection.take(event) {
            if missed > 0 && lines.try_send(Line::Missed { missed }).is_ok() {
                missed = 0;
            }
            match lines.try_send(Line::Event(event)) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(_)) => missed += 1,
                Err(mpsc::error::TrySendError::Closed(_)) => return,
            }
        }
    }
}

async fn write(
    mut writer: impl AsyncWrite + Unpin,
    first: Vec<u8>,
    mut waiting: mpsc::Receiver<Line>,
) -> io::Result<()> {
    let mut text = first;
    loop {
        timeout(PATIENCE, writer.write_all(&text)).await??;
        text.clear();
        let Some(line) = waiting.recv().await else { break };
        append(&mut text, &line);
        // What waits goes out at once.
        while let Ok(line) = waiting.try_recv() {
            append(&mut text, &line);
        }
    }
    timeout(LAST, writer.shutdown()).await?
}

/// What could not be written is left out: there is no such line.
fn append(text: &mut Vec<u8>, line: &Line) {
    let before = text.len();
    match serde_json::to_writer(&mut *text, line) {
        Ok(()) => text.push(b'\n'),
        Err(_) => text.truncate(before),
    }
}

/// Who follows says nothing more: when he can be read to the end, he is gone.
async fn gone(mut reader: impl AsyncRead + Unpin) {
    let mut ignored = [0; 64];
    while reader.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
}
