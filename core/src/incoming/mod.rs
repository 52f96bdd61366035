//! Mail that reaches us: listener, session, STARTTLS, receiving.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::config::Listener;
use crate::relay::Services;

/// A bound listener.
#[derive(Debug)]
pub struct Server {}

impl Server {
    /// Binds a listener.
    ///
    /// # Errors
    ///
    /// The address is taken, or not ours.
    pub async fn bind(listener: &Listener) -> io::Result<Self> {
        let _ = listener;
        todo!()
    }

    /// The bound address.
    pub fn address(&self) -> SocketAddr {
        todo!()
    }

    /// Accepts connections until the relay is stopping. Sessions run as tasks of the relay's
    /// tracker.
    pub async fn run(self, services: Arc<Services>) {
        let _ = services;
        todo!()
    }
}
