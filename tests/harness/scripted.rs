//! A milter that says at the end of each message what a test has told it, and lets everything else pass.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Version 6 of the protocol, all that a milter may change, and nothing that it leaves out.
const CHOICE: [u32; 3] = [6, 0x1ff, 0];

/// A milter. Dropped: gone, with its connections.
pub struct Scripted {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Scripted {
    /// A milter that answers to the end of a message with these frames, each a letter of the protocol and its data.
    ///
    /// # Panics
    ///
    /// It cannot listen.
    pub async fn saying(frames: &[(u8, &[u8])]) -> Self {
        let said: Vec<u8> = frames.iter().flat_map(|(letter, data)| frame(*letter, data)).collect();
        let said = Arc::<[u8]>::from([said, frame(b'c', b"")].concat());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&said)));
            }
        });
        Self { address, serving }
    }

    /// Its address, as a configuration has it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Answers until the relay hangs up.
async fn serve(mut stream: TcpStream, said: Arc<[u8]>) {
    while let Ok(length) = stream.read_u32().await {
        let mut command = vec![0; usize::try_from(length).expect("a length")];
        if stream.read_exact(&mut command).await.is_err() {
            return;
        }
        let answer = match command.first() {
            Some(b'O') => frame(b'O', &CHOICE.map(u32::to_be_bytes).concat()),
            Some(b'E') => said.to_vec(),
            // Macros, the end of a message that did not come, and of the connection have no answer.
            Some(b'D' | b'A' | b'Q') => Vec::new(),
            _ => frame(b'c', b""),
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

fn frame(letter: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 1).expect("a short frame");
    [&length.to_be_bytes()[..], &[letter], data].concat()
}
