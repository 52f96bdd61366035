//! Restarts of a long queue, each in a process of its own: nothing of it is in the memory of the process,
//! and, where it is to be cold, nothing in the page cache either.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use rustix::fs::{Advice, fadvise};
use waxseal::spool::Spool as _;

use super::load::{self, Endless};
use super::{process, runtime};

/// Where the process that restarts finds the spool's folder.
const FOLDER: &str = "WAXSEAL_BENCH_RESTART";

/// How often each is measured.
const ROUNDS: usize = 5;

/// How the relay ends.
const END: &str = "WAXSEAL_BENCH_END";

/// How much mail has come in before it is killed.
const BEFORE: u64 = 10_000;

/// What the kernel has in its page cache of the spool.
#[derive(Clone, Copy, Debug)]
enum Cache {
    /// All of it, or what it saw fit to keep.
    Warm,
    /// Nothing: as after the machine was off.
    Cold,
}

/// How the process before has ended.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It has put the spool in order.
    Stopped,
    /// Mail came in, and it was gone.
    Killed,
}

/// If this process is to restart a spool and nothing else: does so, and says what it took.
pub(super) fn was_asked_for() -> bool {
    let Some(folder) = std::env::var_os(FOLDER) else { return false };
    let killed = std::env::var(END).is_ok_and(|end| end == format!("{:?}", End::Killed));
    restart(Path::new(&folder), if killed { End::Killed } else { End::Stopped });
    true
}

/// Restarts the spool in this folder, which nobody has open: after a stop, warm and then cold, and cold
/// after a kill.
pub(super) fn measure(count: u64, folder: &Path) -> io::Result<()> {
    for (cache, end) in [(Cache::Warm, End::Stopped), (Cache::Cold, End::Stopped), (Cache::Cold, End::Killed)]
    {
        run(folder, end)?;
        for _ in 0..ROUNDS {
            if let Cache::Cold = cache {
                forget(folder)?;
            }
            println!("queued/{count}: {cache:?} restart after it was {end:?}: {}", run(folder, end)?.trim());
        }
    }
    Ok(())
}

/// Restarts it in a process that then ends so.
fn run(folder: &Path, end: End) -> io::Result<String> {
    let mut child = Command::new(std::env::current_exe()?);
    let said = child.env(FOLDER, folder).env(END, format!("{end:?}")).output()?;
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}

/// Opens it, and takes the first leases.
fn restart(folder: &Path, end: End) {
    let (runtime, begun) = (runtime(), Instant::now());
    let spool = Arc::new(load::open(folder));
    let opened = begun.elapsed();
    let leases = runtime.block_on(spool.lease(64, Arc::new(Endless))).expect("leases");
    assert_eq!(leases.len(), 64);
    let leased = begun.elapsed();
    println!(
        "open after {opened:.1?}, 64 leases after {leased:.1?}; {} MiB of memory, {} KiB read from the disk",
        process::resident(),
        process::read() / 1024,
    );
    match end {
        End::Stopped => runtime.block_on(spool.shutdown()),
        End::Killed => {
            runtime.block_on(load::enqueue(&spool, BEFORE, (64, 2000, 1000)));
            // Nothing is put in order: to the files this is a kill.
            std::process::exit(0);
        }
    }
}

/// Has the kernel drop what it keeps of the files in a folder. Only what is on the disk is dropped, so
/// each is synced first.
fn forget(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            forget(&entry.path())?;
        } else {
            let file = File::open(entry.path())?;
            file.sync_all()?;
            fadvise(&file, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}
