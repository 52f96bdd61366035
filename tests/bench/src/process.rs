//! Processor time and memory of a server: its process and all that descend from it, those that have
//! ended included.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Clock ticks a second in `/proc`: Linux has 100 on every architecture that Rust has a target for.
const TICKS: u64 = 100;

/// The processes below one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    root: u32,
}

/// The most memory that was seen.
pub(crate) struct Peak {
    highest: Arc<AtomicU64>,
    looking: JoinHandle<()>,
}

impl Peak {
    /// KiB.
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    pub(crate) fn highest(self) -> f64 {
        self.looking.abort();
        self.highest.load(Ordering::Relaxed) as f64
    }
}

async fn look(family: Family, highest: Arc<AtomicU64>) {
    loop {
        highest.fetch_max(family.memory().unwrap_or(0), Ordering::Relaxed);
        sleep(Duration::from_millis(200)).await;
    }
}

/// A process as `/proc/PID/stat` has it.
struct Stat {
    parent: u32,
    /// Clock ticks of its own, and of its children that have ended.
    ticks: u64,
}

impl Family {
    /// A process and its descendants.
    pub(crate) fn of(root: u32) -> Self {
        Self { root }
    }

    /// Processor time so far, user and system.
    pub(crate) fn processor_time(self) -> anyhow::Result<Duration> {
        let ticks = self.members()?.iter().map(|(_, stat)| stat.ticks).sum::<u64>();
        Ok(Duration::from_millis(ticks * 1000 / TICKS))
    }

    /// Memory now, in KiB: proportional set size where it can be read, so that what processes share
    /// is counted once; else resident set size.
    pub(crate) fn memory(self) -> anyhow::Result<u64> {
        Ok(self.members()?.iter().filter_map(|(process, _)| memory(*process)).sum())
    }

    /// Looks at the memory from now on.
    pub(crate) fn watch(self) -> Peak {
        let highest = Arc::new(AtomicU64::new(0));
        let looking = tokio::spawn(look(self, Arc::clone(&highest)));
        Peak { highest, looking }
    }

    fn members(self) -> anyhow::Result<Vec<(u32, Stat)>> {
        let mut all: HashMap<u32, Stat> = fs::read_dir("/proc")?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|process| Some((process, stat(process)?)))
            .collect();
        let root = all.remove(&self.root).context("the server has ended")?;
        let mut members = vec![(self.root, root)];
        let mut at = 0;
        while let Some((parent, _)) = members.get(at) {
            let parent = *parent;
            members.extend(all.extract_if(|_, stat| stat.parent == parent));
            at += 1;
        }
        Ok(members)
    }
}

fn stat(process: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything: the fields are counted from behind it.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let ticks = (11..=14).filter_map(number).sum();
    Some(Stat { parent: u32::try_from(number(1)?).ok()?, ticks })
}

fn memory(process: u32) -> Option<u64> {
    let of = |file: &str, key: &str| {
        let text = fs::read_to_string(format!("/proc/{process}/{file}")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(key))?.trim();
        line.split_whitespace().next()?.parse().ok()
    };
    of("smaps_rollup", "Pss:").or_else(|| of("status", "VmRSS:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_and_what_it_used_are_counted() {
        let family = Family::of(std::process::id());
        let before = family.processor_time().unwrap();
        let script = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        std::process::Command::new("sh").args(["-c", script]).status().unwrap();
        assert!(family.processor_time().unwrap() > before, "the loop of the child");
        assert!(family.memory().unwrap() > 1000);
    }
}
