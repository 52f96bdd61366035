//! A gate before a milter, which can be shut.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::Milter;

/// The way to a milter, open or shut.
pub struct Gate {
    folder: TempDir,
    state: watch::Sender<Way>,
    serving: JoinHandle<()>,
}

/// What a gate does with connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They reach the milter.
    Open,
    /// They are taken, and nothing is ever said.
    Hangs,
    /// They are closed as soon as something was said on them.
    Crashes,
}

impl Gate {
    /// A gate before a milter.
    pub fn before(milter: &Milter, way: Way) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let listener = UnixListener::bind(folder.path().join("socket")).expect("a free path");
        let (state, ways) = watch::channel(way);
        let serving = tokio::spawn(serve(listener, Arc::from(milter.socket()), ways));
        Self { folder, state, serving }
    }

    /// Its address, as the configuration has it.
    pub fn address(&self) -> impl fmt::Display + use<> {
        format!("unix:{}", self.folder.path().join("socket").display())
    }

    /// From now on it does otherwise; connections that it has taken before are closed.
    pub fn change(&self, way: Way) {
        self.state.send_replace(way);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: UnixListener, milter: Arc<Path>, ways: watch::Receiver<Way>) {
    let mut running = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        running.spawn(pass(stream, Arc::clone(&milter), ways.clone()));
    }
}

async fn pass(mut stream: UnixStream, milter: Arc<Path>, mut ways: watch::Receiver<Way>) {
    let way = *ways.borrow_and_update();
    let doing = async {
        match way {
            Way::Open => {
                let mut there = UnixStream::connect(&milter).await.expect("the milter behind the gate");
                let _ = copy_bidirectional(&mut stream, &mut there).await;
            }
            Way::Hangs => std::future::pending().await,
            Way::Crashes => {
                let _ = stream.read_u8().await;
            }
        }
    };
    tokio::select! {
        () = doing => {}
        _ = ways.changed() => {}
    }
}
