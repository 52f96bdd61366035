//! A server that makes TLS handshakes and says hello and goodbye: what is left of a mail server
//! when nothing is decided, so the limit that Waxseal is measured by.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::load::say;
use crate::tls::Certificate;

/// What `waxseal-bench bare` is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Serves until it is ended; says first where.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let acceptor = TlsAcceptor::from(Certificate::new()?.server);
    let listener = TcpListener::bind(options.listen).await?;
    say(listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // A client that goes away is no concern of this server.
            let _ = serve(socket, acceptor).await;
        });
    }
}

async fn serve(socket: TcpStream, acceptor: TlsAcceptor) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut stream = acceptor.accept(socket).await?;
    stream.write_all(b"220 bare.example ESMTP\r\n").await?;
    stream.flush().await?;
    let mut command = [0; 512];
    if stream.read(&mut command).await? > 0 {
        stream.write_all(b"221 bye\r\n").await?;
    }
    stream.shutdown().await
}
