//! What takes longer the larger a message is does not keep a thread of the runtime from all else.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// For less the way costs more than it is worth: another thread takes over what this one would do. Octets.
const LARGE: u64 = 256 * 1024;

/// Does work on a message of this size.
pub(super) fn aside<T>(size: u64, work: impl FnOnce() -> T) -> T {
    let others_can_take_over =
        Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if size > LARGE && others_can_take_over { block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn others_go_on_meanwhile() {
        let task = tokio::spawn(async {
            aside(LARGE + 1, || {
                let (sender, receiver) = channel();
                // The runtime has one thread: this one.
                tokio::spawn(async move { sender.send(()) });
                receiver.recv_timeout(Duration::from_secs(10))
            })
        });
        task.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn where_there_are_no_others_it_is_done_on_the_spot() {
        assert_eq!(aside(LARGE + 1, || 1), 1);
        assert_eq!(std::thread::spawn(|| aside(LARGE + 1, || 2)).join().unwrap(), 2);
    }
}
