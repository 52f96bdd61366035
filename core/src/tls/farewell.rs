//! The end of a connection that is refused before its handshake.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the client has to take the alert, and to read it before the socket is closed.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why we refuse, RFC 8446 section 6.2.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum Alert {
    /// A policy refuses.
    AccessDenied = 49,
    /// A policy failed, or our own side cannot begin.
    InternalError = 80,
}

/// Before the ServerHello alerts go in clear (RFC 8446 section 6): one record with a fatal alert.
pub(super) async fn refuse(mut socket: TcpStream, alert: Alert) {
    const FATAL: u8 = 2;
    let alert = [21, 3, 3, 0, 2, FATAL, alert as u8];
    // The client may be gone already, or read nothing; there is nobody left to tell.
    let _written = timeout(PATIENCE, socket.write_all(&alert)).await;
    part(socket).await;
}

/// Closes the socket so that the client can read the alert: with octets unread, a mere close would
/// reset the connection and take the alert with it (RFC 1122 section 4.2.2.13).
pub(super) async fn part(mut socket: TcpStream) {
    let _: io::Result<()> = socket.shutdown().await;
    let mut rest = [0; 1024];
    let drained = async { while socket.read(&mut rest).await.is_ok_and(|count| count > 0) {} };
    let _elapsed = timeout(PATIENCE, drained).await;
}
