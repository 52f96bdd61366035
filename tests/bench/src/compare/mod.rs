//! The workloads, against one server and then the other, in one run.

mod measured;
mod workload;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use self::measured::Measured;
use self::workload::Workload;
use crate::load::say;
use crate::servers::Kind;
use crate::tls::Certificate;

/// What `waxseal-bench compare` is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Waxseal's program, a release build.
    #[arg(long, default_value = "target/release/waxseal")]
    program: PathBuf,
    /// The workloads; all if none is named.
    #[arg(long, value_enum, value_delimiter = ',')]
    workloads: Vec<Workload>,
    /// The servers; both if none is named.
    #[arg(long, value_enum, value_delimiter = ',')]
    servers: Vec<Kind>,
    /// How often each is measured; the median by processor time is shown.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// How much of each workload: 1 is all of it.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Write what was measured here, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Measures, and shows each workload's rows with the ratio.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let certificate = Certificate::new()?;
    let program = options.program.canonicalize().with_context(|| {
        format!("{} is not there: `cargo build --release -p waxseal` makes it", options.program.display())
    })?;
    let run = Run { program: &program, certificate: &certificate, scale: options.scale };
    let mut all = BTreeMap::new();
    for workload in named(&options.workloads, Workload::ALL) {
        say(format_args!("\n{workload}"));
        let mut measured = Vec::new();
        for kind in named(&options.servers, workload.servers()) {
            if !workload.is_for(kind) {
                say(format_args!("  {kind:<9}is left out: it is measured by w4-bare alone"));
                continue;
            }
            let one = median(&run, workload, kind, options.rounds).await?;
            say(format_args!("  {kind:<9}{one}"));
            measured.push((kind, one));
        }
        if let [(_, ours), (_, theirs)] = measured.as_slice() {
            say(format_args!("  ratio    {}", ours.ratio(theirs)));
        }
        all.insert(workload.to_string(), measured);
    }
    if let Some(file) = options.json {
        std::fs::write(file, serde_json::to_vec_pretty(&all)?)?;
    }
    Ok(())
}

/// What the measurements of a run share.
struct Run<'a> {
    program: &'a Path,
    certificate: &'a Certificate,
    scale: f64,
}

impl Run<'_> {
    /// So many, by the scale.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a positive count below 2^52"
    )]
    fn scaled(&self, count: usize) -> usize {
        ((count as f64 * self.scale) as usize).max(1)
    }
}

async fn median(run: &Run<'_>, workload: Workload, kind: Kind, rounds: usize) -> anyhow::Result<Measured> {
    let mut all = Vec::new();
    for _ in 0..rounds.max(1) {
        all.push(workload.measure(run, kind).await?);
    }
    all.sort_by(|one, other| one.processor.total_cmp(&other.processor));
    let middle = all.len() / 2;
    Ok(all.swap_remove(middle))
}

fn named<T: Copy>(chosen: &[T], all: &[T]) -> Vec<T> {
    if chosen.is_empty() { all.to_vec() } else { chosen.to_vec() }
}
