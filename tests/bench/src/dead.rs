//! Single mails to one destination, alone and then beside another that is dead and has much mail, of one
//! server and then the other.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::latency::Percentiles;
use crate::letter::Letter;
use crate::load::{self, Pace, Plan, say};
use crate::servers::{DOMAIN, Filter, Kind, Mail, SLOW, Server, Setup};
use crate::sink::Sink;
use crate::smtp::{Security, Target};
use crate::tls::Certificate;

/// What `waxseal-bench dead` is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Waxseal's program, a release build.
    #[arg(long, default_value = "target/release/waxseal")]
    program: PathBuf,
    /// The servers; Waxseal and Postfix if none is named.
    #[arg(long, value_enum, value_delimiter = ',')]
    servers: Vec<Kind>,
    /// How many letters wait for the dead destination.
    #[arg(long, default_value_t = 100_000)]
    waiting: usize,
    /// How many single mails, twenty a second.
    #[arg(long, default_value_t = 400)]
    single: usize,
}

/// How long the last of the single mails is awaited once all are sent.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures each server, and shows what it came to.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let certificate = Certificate::new()?;
    let program = options.program.canonicalize()?;
    let servers = match options.servers.as_slice() {
        [] => &[Kind::Waxseal, Kind::Postfix],
        named => named,
    };
    for kind in servers {
        say(format_args!("\n{kind}"));
        let folder = tempfile::tempdir()?;
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let (sink, silent) = (Sink::start("127.0.0.1:0".parse()?, None).await?, Silent::start().await?);
        let mail = Mail::Split(sink.address, silent.address);
        let (program, certificate, filter) = (&program, &certificate, Filter::Nobody);
        let setup = Setup { folder: folder.path(), program, certificate, mail, filter };
        let server = kind.start(&setup).await?;
        measure(&options, &server, &sink).await?;
        server.stop().await?;
    }
    Ok(())
}

async fn measure(options: &Options, server: &Server, sink: &Sink) -> anyhow::Result<()> {
    single(server, sink, options.single / 10).await?;
    say(format_args!("  alone:  {}", single(server, sink, options.single).await?));
    let letter = Letter::of_size("sender@from.example", &format!("recipient@{SLOW}"), 2_000);
    let plan = Plan { connections: 64, messages: options.waiting, ..plan(server, letter)? };
    let loaded = load::send(plan).await?;
    let (waiting, rate) = (loaded.accepted.count(), loaded.rate());
    say(format_args!("  {waiting} letters wait for a host that says nothing; they came in with {rate:.0}/s"));
    sleep(Duration::from_secs(2)).await;
    let before = server.family.processor_time()?;
    say(format_args!("  beside: {}", single(server, sink, options.single).await?));
    let used = server.family.processor_time()? - before;
    say(format_args!("  processor time meanwhile {used:.1?}, memory {} KiB", server.family.memory()?));
    Ok(())
}

/// Single mails, and how many of them have arrived.
struct Arrived {
    sent: u64,
    arrived: u64,
    on_their_way: Percentiles,
}

impl fmt::Display for Arrived {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, arrived, on_their_way } = self;
        write!(formatter, "{arrived} of {sent} have arrived")?;
        if *arrived < *sent {
            write!(formatter, " {} s after the last was sent", PATIENCE.as_secs())?;
        }
        write!(formatter, ", on their way {on_their_way}")
    }
}

/// Sends single mails at a fixed rate; how long they were on their way.
async fn single(server: &Server, sink: &Sink, count: usize) -> anyhow::Result<Arrived> {
    sink.forget();
    let (before, sent) = (sink.count(), u64::try_from(count)?);
    let letter = Letter::of_size("sender@from.example", &format!("recipient@{DOMAIN}"), 10_000);
    load::send(Plan { messages: count, pace: Pace::Open(20.0), ..plan(server, letter)? }).await?;
    if let Ok(all) = timeout(PATIENCE, sink.wait_for(before + sent)).await {
        all?;
    }
    Ok(Arrived { sent, arrived: sink.count() - before, on_their_way: sink.percentiles() })
}

fn plan(server: &Server, letter: Letter) -> anyhow::Result<Plan> {
    Ok(Plan {
        target: Target::new(server.address, Security::Clear)?,
        letters: vec![letter],
        connections: 4,
        messages: 0,
        per_session: 20,
        pace: Pace::Closed,
    })
}

/// A host that takes connections and says nothing: worse than one that refuses them.
struct Silent {
    address: std::net::SocketAddr,
    _listening: JoinSet<()>,
}

impl Silent {
    async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            let mut held = Vec::new();
            while let Ok((socket, _)) = listener.accept().await {
                held.push(socket);
            }
        });
        Ok(Self { address, _listening: listening })
    }
}
