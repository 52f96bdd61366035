//! A milter that answers as it is told, and notes what it hears.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::config::MilterAddress;

/// A milter. Dropped: gone, with its connections.
pub(super) struct Fake {
    pub(super) address: MilterAddress,
    heard: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

/// What it does.
#[derive(Clone, Debug)]
pub(super) enum Reaction {
    /// It sends these octets.
    Say(Vec<u8>),
    /// It goes on reading, and says nothing.
    Silence,
    /// It closes the connection.
    Close,
    /// It sends these octets again and again, as long as somebody reads them.
    Flood(Vec<u8>),
}

/// What a milter does about a command: its letter, and its data.
type Script = dyn Fn(u8, &[u8]) -> Reaction + Send + Sync;

impl Fake {
    /// A milter that negotiates these bits, and does about the other commands what the script says.
    pub(super) async fn start(
        actions: u32,
        protocol: u32,
        script: impl Fn(u8, &[u8]) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let choice = choice(6, actions, protocol, &[]);
        Self::raw(move |letter, data| if letter == b'O' { choice.clone() } else { script(letter, data) })
            .await
    }

    /// One that says `continue` to all but one command.
    pub(super) async fn but(letter: u8, reaction: Reaction) -> Self {
        Self::start(
            0x1ff,
            0,
            move |command, _| if command == letter { reaction.clone() } else { ok(command) },
        )
        .await
    }

    /// One whose script has the negotiation too.
    pub(super) async fn raw(script: impl Fn(u8, &[u8]) -> Reaction + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (noted, script) = (Arc::clone(&heard), Arc::new(script) as Arc<Script>);
        let serving = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                noted.lock().unwrap().push("connected".to_owned());
                connections.spawn(serve(stream, Arc::clone(&noted), Arc::clone(&script)));
            }
        });
        Self { address: MilterAddress::Tcp { host: "127.0.0.1".into(), port }, heard, serving }
    }

    /// What it has heard, macros aside, each as its letter and its data.
    pub(super) fn heard(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|text| !text.starts_with("D ")).cloned().collect()
    }

    /// The macros that it has heard.
    pub(super) fn macros(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|text| text.starts_with("D ")).cloned().collect()
    }

    /// Waits until it has heard this.
    pub(super) async fn hears(&self, awaited: &str) {
        while !self.heard().iter().any(|text| text == awaited) {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A frame.
pub(super) fn frame(letter: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 1).unwrap();
    [&length.to_be_bytes()[..], &[letter], data].concat()
}

/// `continue`; to what has no answer nothing.
pub(super) fn ok(command: u8) -> Reaction {
    if b"DAQ".contains(&command) { Reaction::Silence } else { Reaction::Say(frame(b'c', b"")) }
}

/// A negotiation's answer.
pub(super) fn choice(version: u32, actions: u32, protocol: u32, macros: &[u8]) -> Reaction {
    let numbers = [version, actions, protocol].map(u32::to_be_bytes).concat();
    Reaction::Say(frame(b'O', &[&numbers, macros].concat()))
}

async fn serve(mut stream: TcpStream, heard: Arc<Mutex<Vec<String>>>, script: Arc<Script>) {
    loop {
        let Ok(length) = stream.read_u32().await else { return };
        let mut command = vec![0; length as usize];
        if stream.read_exact(&mut command).await.is_err() {
            return;
        }
        let (letter, data) = command.split_first().unwrap();
        let text = String::from_utf8_lossy(data).replace('\0', "|");
        let text = if data.len() > 1000 { format!("{} octets", data.len()) } else { text };
        heard
            .lock()
            .unwrap()
            .push(format!("{} {text}", char::from(*letter)).trim_end_matches(' ').to_owned());
        match script(*letter, data) {
            Reaction::Say(octets) => {
                let _ = stream.write_all(&octets).await;
            }
            Reaction::Silence => {}
            Reaction::Close => return,
            Reaction::Flood(octets) => while stream.write_all(&octets).await.is_ok() {},
        }
    }
}
