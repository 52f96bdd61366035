//! The thread on which a candidate is asked.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Heard;
use crate::observe::{Observer, Record};
use crate::replay::STACK;

/// When nothing was decided for so long, it is looked for what has ended.
const QUIET: Duration = Duration::from_millis(500);
/// The records of one MAIL FROM come within this time: a plugin may look something up between them.
const ENDED: SignedDuration = SignedDuration::from_secs(2);
/// So often it is looked for what has ended, quiet or not. Records.
const LOOK: u32 = 4096;

/// Hears of decisions, and asks the candidate.
pub(super) struct Listener {
    records: Receiver<Arc<Record>>,
    observer: Observer,
    heard: Arc<Heard>,
    ended: CancellationToken,
    runtime: Handle,
}

/// What is heard.
enum Next {
    Decision(Arc<Record>),
    /// So many were missed.
    Missed(u64),
    Quiet,
    End,
}

impl Listener {
    /// Hears from now on. Needs a runtime.
    pub(super) fn new(observer: &Observer, heard: Arc<Heard>, ended: CancellationToken) -> Self {
        let (records, observer) = (observer.subscribe(), observer.clone());
        Self { records, observer, heard, ended, runtime: Handle::current() }
    }

    /// Goes to a thread of its own: scripts take their time there, not that of mail.
    pub(super) fn spawn(self) -> io::Result<()> {
        let thread = std::thread::Builder::new().name("shadow".to_owned()).stack_size(STACK);
        thread.spawn(move || self.run()).map(drop)
    }

    fn run(mut self) {
        let (mut line, mut count) = (Vec::new(), 0_u32);
        loop {
            match self.next() {
                Next::Decision(record) => {
                    line.clear();
                    // What can be logged can be written.
                    if record.write(&mut line).is_ok() {
                        self.heard.replayer().line(&line, |_| true);
                    }
                    count = count.wrapping_add(1);
                    if count.is_multiple_of(LOOK) {
                        self.settle();
                    }
                }
                Next::Missed(count) => {
                    self.heard.skipped.fetch_add(count, Ordering::Relaxed);
                    self.observer.metrics().shadow().unjudged("skipped", count);
                    self.heard.replayer().gap();
                }
                Next::Quiet => self.settle(),
                Next::End => return,
            }
        }
    }

    fn next(&mut self) -> Next {
        if self.ended.is_cancelled() {
            return Next::End;
        }
        // Under load there is no need to wait. What was missed is said once only, here or below.
        match self.records.try_recv() {
            Ok(record) => return Next::Decision(record),
            Err(TryRecvError::Lagged(count)) => return Next::Missed(count),
            Err(TryRecvError::Closed) => return Next::End,
            Err(TryRecvError::Empty) => {}
        }
        let Self { records, ended, runtime, .. } = self;
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = ended.cancelled() => Next::End,
                next = timeout(QUIET, records.recv()) => match next {
                    Ok(Ok(record)) => Next::Decision(record),
                    Ok(Err(RecvError::Lagged(count))) => Next::Missed(count),
                    Ok(Err(RecvError::Closed)) => Next::End,
                    Err(_) => Next::Quiet,
                },
            }
        })
    }

    fn settle(&self) {
        let before = Timestamp::now().saturating_sub(ENDED).unwrap_or(Timestamp::MIN);
        self.heard.replayer().settle(before);
    }
}
