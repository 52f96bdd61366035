//! Single mails to one destination, alone and then beside another that is dead and has much mail.

use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::latency::Percentiles;
use crate::letter::Letter;
use crate::load::{self, Pace, Plan, say};
use crate::servers::{DOMAIN, Kind, Mail, SLOW, Server, Setup};
use crate::sink::Sink;
use crate::smtp::{Security, Target};
use crate::tls::Certificate;

/// What `waxseal-bench dead` is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Waxseal's program, a release build.
    #[arg(long, default_value = "target/release/waxseal")]
    program: PathBuf,
    /// The server.
    #[arg(long, value_enum, default_value = "waxseal")]
    server: Kind,
    /// How many letters wait for the dead destination.
    #[arg(long, default_value_t = 100_000)]
    waiting: usize,
    /// How many single mails, twenty a second.
    #[arg(long, default_value_t = 400)]
    single: usize,
}

/// Measures both, and shows them.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let certificate = Certificate::new()?;
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let (sink, silent) = (Sink::start("127.0.0.1:0".parse()?, None).await?, Silent::start().await?);
    let mail = Mail::Split(sink.address, silent.address);
    let program = options.program.canonicalize()?;
    let setup = Setup { folder: folder.path(), program: &program, certificate: &certificate, mail };
    let server = options.server.start(&setup).await?;

    single(&server, &sink, options.single / 10).await?;
    say(format_args!("alone:  on their way {}", single(&server, &sink, options.single).await?));
    let letter = Letter::of_size("sender@from.example", &format!("recipient@{SLOW}"), 2_000);
    let plan = Plan { connections: 64, messages: options.waiting, ..plan(&server, letter)? };
    let loaded = load::send(plan).await?;
    say(format_args!("{} letters wait for a host that says nothing", loaded.accepted.count()));
    sleep(Duration::from_secs(2)).await;
    let before = server.family.processor_time()?;
    say(format_args!("beside: on their way {}", single(&server, &sink, options.single).await?));
    let used = server.family.processor_time()? - before;
    say(format_args!("processor time meanwhile {used:.1?}, memory {} KiB", server.family.memory()?));
    server.stop().await
}

/// Sends single mails at a fixed rate; how long they were on their way.
async fn single(server: &Server, sink: &Sink, count: usize) -> anyhow::Result<Percentiles> {
    sink.forget();
    let before = sink.count();
    let letter = Letter::of_size("sender@from.example", &format!("recipient@{DOMAIN}"), 10_000);
    load::send(Plan { messages: count, pace: Pace::Open(20.0), ..plan(server, letter)? }).await?;
    sink.wait_for(before + u64::try_from(count)?).await?;
    Ok(sink.percentiles())
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
