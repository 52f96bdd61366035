//! The sink: takes every letter, at once, and says how long it was on its way.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::latency::{Latency, Percentiles};
use crate::letter;
use crate::load::say;
use crate::smtp::Io;
use crate::tls::Certificate;

/// What `waxseal-bench sink` is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:2600")]
    listen: SocketAddr,
    /// Offer STARTTLS.
    #[arg(long)]
    starttls: bool,
}

/// Takes letters until it is dropped.
pub(crate) struct Sink {
    /// Where it listens.
    pub address: SocketAddr,
    taken: Arc<Taken>,
    count: watch::Receiver<u64>,
    _serving: JoinSet<()>,
}

struct Taken {
    on_the_way: Latency,
    count: watch::Sender<u64>,
    config: Option<Arc<ServerConfig>>,
}

/// Takes letters until it is interrupted.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let config = if options.starttls { Some(Certificate::new()?.server) } else { None };
    let sink = Sink::start(options.listen, config).await?;
    say(format_args!("listening on {}; interrupt to see what came", sink.address));
    tokio::signal::ctrl_c().await?;
    let Percentiles { count, .. } = sink.percentiles();
    say(format_args!("{count} letters; on their way {}", sink.percentiles()));
    Ok(())
}

impl Sink {
    /// Listens; with a configuration it offers STARTTLS.
    pub(crate) async fn start(
        address: SocketAddr,
        config: Option<Arc<ServerConfig>>,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (sender, count) = watch::channel(0);
        let taken = Arc::new(Taken { on_the_way: Latency::new()?, count: sender, config });
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, Arc::clone(&taken)));
        Ok(Self { address, taken, count, _serving: serving })
    }

    /// Waits for so many letters.
    pub(crate) async fn wait_for(&self, count: u64) -> anyhow::Result<()> {
        self.count.clone().wait_for(|taken| *taken >= count).await?;
        Ok(())
    }

    /// How many came.
    pub(crate) fn count(&self) -> u64 {
        *self.count.borrow()
    }

    /// Forgets how long the letters were on their way so far.
    pub(crate) fn forget(&self) {
        self.taken.on_the_way.forget();
    }

    /// How long the letters were on their way.
    pub(crate) fn percentiles(&self) -> Percentiles {
        self.taken.on_the_way.percentiles()
    }
}

async fn accept(listener: TcpListener, taken: Arc<Taken>) {
    let mut sessions = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let taken = Arc::clone(&taken);
        sessions.spawn(async move {
            // A client that goes away is no concern of a sink.
            let _ = serve(socket, &taken).await;
        });
        while sessions.try_join_next().is_some() {}
    }
}

async fn serve(socket: TcpStream, taken: &Taken) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut session = Session {
        stream: BufReader::new(Box::new(socket)),
        replies: b"220 sink.example ESMTP\r\n".to_vec(),
        line: Vec::new(),
        offers_tls: taken.config.is_some(),
        taken,
    };
    while session.command().await? {}
    session.flush().await
}

struct Session<'a> {
    stream: BufReader<Box<dyn Io>>,
    replies: Vec<u8>,
    line: Vec<u8>,
    offers_tls: bool,
    taken: &'a Taken,
}

impl Session<'_> {
    /// Reads a command and answers it; false at the end.
    async fn command(&mut self) -> std::io::Result<bool> {
        if !self.read_line().await? {
            return Ok(false);
        }
        match self.line.get(..4).unwrap_or_default().to_ascii_uppercase().as_slice() {
            b"EHLO" => self.hello(),
            b"DATA" => return self.data().await,
            b"BDAT" => return self.chunk().await,
            b"STAR" => return self.starttls().await,
            b"QUIT" => {
                self.say("221 bye");
                return Ok(false);
            }
            _ => self.say("250 ok"),
        }
        Ok(true)
    }

    fn hello(&mut self) {
        let starttls = if self.offers_tls { "250-STARTTLS\r\n" } else { "" };
        self.say(&format!("250-sink.example\r\n{starttls}250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME"));
    }

    async fn starttls(&mut self) -> std::io::Result<bool> {
        let Some(config) = self.taken.config.clone().filter(|_| self.offers_tls) else {
            self.say("502 no");
            return Ok(true);
        };
        self.say("220 go ahead");
        self.flush().await?;
        let clear = std::mem::replace(&mut self.stream, BufReader::new(Box::new(tokio::io::empty())));
        let encrypted = TlsAcceptor::from(config).accept(clear.into_inner()).await?;
        self.stream = BufReader::with_capacity(32 * 1024, Box::new(encrypted));
        self.offers_tls = false;
        Ok(true)
    }

    async fn data(&mut self) -> std::io::Result<bool> {
        self.say("354 go ahead");
        while self.read_line().await? {
            if self.line == b".\r\n" {
                self.took();
                return Ok(true);
            }
            self.look();
        }
        Ok(false)
    }

    async fn chunk(&mut self) -> std::io::Result<bool> {
        let command = String::from_utf8_lossy(&self.line).into_owned();
        let mut words = command.split_whitespace().skip(1);
        let length: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        self.flush().await?;
        let mut content = Vec::new();
        (&mut self.stream).take(length).read_to_end(&mut content).await?;
        if let Some(age) = content.split_inclusive(|byte| *byte == b'\n').find_map(letter::age) {
            self.taken.on_the_way.record(age);
        }
        match words.next() {
            Some(_) => self.took(),
            None => self.say("250 more"),
        }
        Ok(true)
    }

    fn look(&self) {
        if let Some(age) = letter::age(&self.line) {
            self.taken.on_the_way.record(age);
        }
    }

    fn took(&mut self) {
        self.taken.count.send_modify(|count| *count += 1);
        self.say("250 ok");
    }

    /// Replies wait for each other as long as commands were sent ahead.
    fn say(&mut self, reply: &str) {
        self.replies.extend_from_slice(reply.as_bytes());
        self.replies.extend_from_slice(b"\r\n");
    }

    async fn read_line(&mut self) -> std::io::Result<bool> {
        self.line.clear();
        if !self.stream.buffer().contains(&b'\n') {
            self.flush().await?;
        }
        Ok(self.stream.read_until(b'\n', &mut self.line).await? > 0)
    }

    async fn flush(&mut self) -> std::io::Result<()> {
        if !self.replies.is_empty() {
            self.stream.write_all(&self.replies).await?;
            self.stream.flush().await?;
            self.replies.clear();
        }
        Ok(())
    }
}
