//! Lines of the log, gathered for a moment and then written at once: a system call for each would
//! cost more than the line. A warning is written with all before it as soon as it is said.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// For how long lines are gathered.
const GATHER: Duration = Duration::from_millis(20);

/// For how many such whiles the thread looks again by itself where nothing is said: waking it would cost
/// the one who speaks more than the line.
const AWAKE: usize = 50;

/// How much is gathered at most: who says more writes it himself. Octets.
const MOST: usize = 256 * 1024;

/// Where lines go. Cheap to clone.
#[derive(Debug)]
pub(super) struct Gathered<W: Write> {
    shared: Arc<Shared<W>>,
    writer: Thread,
}

#[derive(Debug)]
struct Shared<W> {
    lines: Mutex<Vec<u8>>,
    /// Held while lines are taken and written, so that they stay in order.
    out: Mutex<W>,
}

/// One line on its way.
#[derive(Debug)]
pub(super) struct Line<'a, W: Write> {
    gathered: &'a Gathered<W>,
    urgency: Urgency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Urgency {
    Now,
    InAMoment,
}

impl<W: Write + Send + 'static> Gathered<W> {
    /// Starts the thread that writes.
    ///
    /// # Errors
    ///
    /// There is no thread to be had.
    pub(super) fn start(out: W) -> io::Result<Self> {
        let shared = Arc::new(Shared { lines: Mutex::default(), out: Mutex::new(out) });
        let written = Arc::downgrade(&shared);
        let writing = thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                thread::park();
                let mut idle = 0;
                while idle < AWAKE {
                    thread::sleep(GATHER);
                    let Some(shared) = written.upgrade() else { return };
                    idle = if shared.write() == 0 { idle + 1 } else { 0 };
                }
            }
        })?;
        Ok(Self { shared, writer: writing.thread().clone() })
    }
}

impl<W: Write> Clone for Gathered<W> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), writer: self.writer.clone() }
    }
}

impl<W: Write> Gathered<W> {
    /// Writes what was gathered.
    pub(super) fn write(&self) {
        self.shared.write();
    }
}

impl<W: Write> Shared<W> {
    /// Writes what was gathered, and says how many octets it was. What cannot be written is lost: there
    /// is nobody to tell.
    fn write(&self) -> usize {
        let mut out = lock(&self.out);
        let lines = mem::take(&mut *lock(&self.lines));
        if !lines.is_empty() {
            let _ = out.write_all(&lines).and_then(|()| out.flush());
        }
        lines.len()
    }
}

impl<'a, W: Write + 'a> MakeWriter<'a> for Gathered<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { gathered: self, urgency: Urgency::InAMoment }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        let urgency = if *metadata.level() <= Level::WARN { Urgency::Now } else { Urgency::InAMoment };
        Line { gathered: self, urgency }
    }
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let Gathered { shared, writer } = self.gathered;
        let mut lines = lock(&shared.lines);
        let is_first = lines.is_empty();
        lines.extend_from_slice(line);
        let is_full = lines.len() > MOST;
        drop(lines);
        if is_full || self.urgency == Urgency::Now {
            shared.write();
        } else if is_first {
            writer.unpark();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Tells of each write.
    struct Out(mpsc::Sender<String>);

    impl Write for Out {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            if !text.is_empty() {
                self.0.send(String::from_utf8(text.to_vec()).unwrap()).unwrap();
            }
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn say(gathered: &Gathered<Out>, urgency: Urgency, line: &str) {
        Line { gathered, urgency }.write_all(line.as_bytes()).unwrap();
    }

    #[test]
    fn lines_are_written_in_their_order_after_a_moment() {
        let (told, out) = mpsc::channel();
        let gathered = Gathered::start(Out(told)).unwrap();
        say(&gathered, Urgency::InAMoment, "one\n");
        say(&gathered, Urgency::InAMoment, "two\n");
        let mut written = String::new();
        while written != "one\ntwo\n" {
            written += &out.recv_timeout(Duration::from_secs(20)).unwrap();
        }
    }

    #[test]
    fn a_warning_does_not_wait_and_the_end_can_be_written() {
        let (told, out) = mpsc::channel();
        let gathered = Gathered::start(Out(told)).unwrap();
        lock(&gathered.shared.lines).extend_from_slice(b"before\n");
        say(&gathered, Urgency::Now, "warning\n");
        assert_eq!(out.try_recv().unwrap(), "before\nwarning\n");
        lock(&gathered.shared.lines).extend_from_slice(b"last\n");
        gathered.write();
        assert_eq!(out.try_recv().unwrap(), "last\n");
    }
}
