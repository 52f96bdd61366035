//! What it costs to read two header fields of each letter before it is taken: processor time for each letter, of Waxseal without a
//! filter, with a script, with a plugin and with rspamd as a milter, and of Haraka without a plugin and with one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::letter::Letter;
use crate::load::{self, Pace, Plan, say};
use crate::servers::haraka::{self, Plugins};
use crate::servers::{DOMAIN, Filter, Kind, Mail, Milter, Server, Setup, rspamd};
use crate::smtp::{Security, Target};
use crate::tls::Certificate;

/// What `waxseal-bench filters` is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Waxseal's program, a release build.
    #[arg(long, default_value = "target/release/waxseal")]
    program: PathBuf,
    /// The component of `tests/guests/two_headers`; without it no plugin is measured.
    #[arg(long)]
    plugin: Option<PathBuf>,
    /// The folder in which npm has put Haraka; without it Haraka is not measured.
    #[arg(long)]
    haraka: Option<PathBuf>,
    /// Measure rspamd as a milter.
    #[arg(long)]
    rspamd: bool,
    /// How many letters of 10 KB, 20 a session.
    #[arg(long, default_value_t = 20_000)]
    messages: usize,
    /// How often each is measured, in turn; the median is shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Reads what the others read: one field that letters have, and one that they have not.
const SCRIPT: &str = r#"fn message(client, message) {
    if message.headers["Subject"].contains("viagra") || message.headers["List-Id"] != "" {
        return refuse("5.7.1", "No");
    }
}
"#;
/// The same, and forgets the letter, as Haraka does here.
const DISCARDING: &str = r#"fn message(client, message) {
    if message.headers["Subject"].contains("viagra") || message.headers["List-Id"] != "" {
        return refuse("5.7.1", "No");
    }
    discard("measured")
}
"#;

/// Who reads, and who takes the mail.
#[derive(Clone, Copy)]
enum Case<'a> {
    Waxseal(&'static str, Filter<'a>),
    Rspamd,
    Haraka(&'a Path, Plugins),
}

/// What a letter took of processors, milliseconds.
#[derive(Clone, Copy)]
struct Cost {
    server: f64,
    milter: Option<f64>,
}

/// Measures each case in turn, several times.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let program = options.program.canonicalize().with_context(|| {
        format!("{} is not there: `cargo build --release -p waxseal` makes it", options.program.display())
    })?;
    let run = Run { program: &program, certificate: &Certificate::new()?, messages: options.messages };
    let cases = cases(&options);
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); cases.len()];
    for _ in 0..options.rounds.max(1) {
        for (case, costs) in cases.iter().zip(&mut costs) {
            costs.push(run.measure(*case).await.with_context(|| case.title())?);
        }
    }
    say("processor time for each letter, milliseconds");
    for (case, mut costs) in cases.iter().zip(costs) {
        costs.sort_by(|one, other| one.total().total_cmp(&other.total()));
        let total = |one: Option<&Cost>| one.copied().map_or(0.0, Cost::total);
        let (lowest, highest) = (total(costs.first()), total(costs.last()));
        let Some(middle) = costs.get(costs.len() / 2) else { continue };
        let parts = middle
            .milter
            .map_or_else(String::new, |milter| format!(": Waxseal {:.3}, rspamd {milter:.3}", middle.server));
        say(format_args!("  {:<52}{:.3} ({lowest:.3} to {highest:.3}){parts}", case.title(), middle.total()));
    }
    Ok(())
}

fn cases(options: &Options) -> Vec<Case<'_>> {
    let mut cases = vec![
        Case::Waxseal("Waxseal, no filter", Filter::Nobody),
        Case::Waxseal("Waxseal, a script", Filter::Script(SCRIPT)),
    ];
    if let Some(plugin) = &options.plugin {
        cases.push(Case::Waxseal("Waxseal, a plugin", Filter::Plugin(plugin)));
    }
    if options.rspamd {
        cases.push(Case::Rspamd);
    }
    cases.push(Case::Waxseal("Waxseal, a script that discards", Filter::Script(DISCARDING)));
    if let Some(haraka) = &options.haraka {
        cases.push(Case::Haraka(haraka, Plugins::Discard));
        cases.push(Case::Haraka(haraka, Plugins::ReadAndDiscard));
    }
    cases
}

/// What all measurements share.
struct Run<'a> {
    program: &'a Path,
    certificate: &'a Certificate,
    messages: usize,
}

impl Run<'_> {
    async fn measure(&self, case: Case<'_>) -> anyhow::Result<Cost> {
        let folder = tempfile::tempdir()?;
        match case {
            Case::Waxseal(_, filter) => {
                let server = self.waxseal(&folder, filter).await?;
                self.load(server, None).await
            }
            Case::Rspamd => {
                let own = tempfile::tempdir()?;
                let milter = rspamd::start(own.path()).await?;
                let server = self.waxseal(&folder, Filter::Milter(&milter.address)).await?;
                let cost = self.load(server, Some(&milter)).await;
                milter.stop().await?;
                cost
            }
            Case::Haraka(installed, plugins) => {
                let server = haraka::start(installed, folder.path(), plugins)?;
                self.load(server.answering(folder.path()).await?, None).await
            }
        }
    }

    async fn waxseal(&self, folder: &TempDir, filter: Filter<'_>) -> anyhow::Result<Server> {
        let (folder, program, certificate) = (folder.path(), self.program, self.certificate);
        Kind::Waxseal.start(&Setup { folder, program, certificate, mail: Mail::Hold, filter }).await
    }

    /// Letters that nobody counts, so that all is compiled and warm; then those that are measured.
    async fn load(&self, server: Server, milter: Option<&Milter>) -> anyhow::Result<Cost> {
        self.send(&server, self.messages / 10).await?;
        let used = || -> anyhow::Result<(Duration, Option<Duration>)> {
            let milter = milter.map(|milter| milter.family.processor_time()).transpose()?;
            Ok((server.family.processor_time()?, milter))
        };
        let before = used()?;
        self.send(&server, self.messages).await?;
        // What is written behind the reply belongs to the letters too.
        sleep(Duration::from_secs(1)).await;
        let after = used()?;
        server.stop().await?;
        let each = |time: Duration| {
            time.as_secs_f64() * 1000.0 / f64::from(u32::try_from(self.messages).unwrap_or(u32::MAX))
        };
        let of_milter = after.1.zip(before.1).map(|(after, before)| each(after - before));
        Ok(Cost { server: each(after.0 - before.0), milter: of_milter })
    }

    async fn send(&self, server: &Server, messages: usize) -> anyhow::Result<()> {
        let plan = Plan {
            target: Target::new(server.address, Security::Clear)?,
            letters: vec![Letter::of_size("sender@from.example", &format!("recipient@{DOMAIN}"), 10_000)],
            connections: 16,
            messages,
            per_session: 20,
            pace: Pace::Closed,
        };
        let failed = load::send(plan).await?.failed;
        anyhow::ensure!(failed == 0, "{failed} sessions failed");
        Ok(())
    }
}

impl Case<'_> {
    const fn title(self) -> &'static str {
        match self {
            Self::Waxseal(title, _) => title,
            Self::Rspamd => "Waxseal, rspamd as a milter",
            Self::Haraka(_, Plugins::Discard) => "Haraka, discards",
            Self::Haraka(_, Plugins::ReadAndDiscard) => "Haraka, a plugin reads, discards",
        }
    }
}

impl Cost {
    fn total(self) -> f64 {
        self.server + self.milter.unwrap_or(0.0)
    }
}
