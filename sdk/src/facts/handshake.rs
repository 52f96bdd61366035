//! What a handshake negotiated.

use super::facts;

facts! {
    /// The finished handshake of an outgoing connection.
    pub struct Handshake {
        /// The TLS version negotiated.
        version: Version,
        /// The cipher suite negotiated, by its IANA name.
        suite: Text,
        /// The key exchange group; empty for a resumed TLS 1.2 session.
        group: Text,
        /// Whether the session was resumed.
        resumed: Flag,
        /// The application protocol negotiated; mostly empty.
        alpn: Text,
    }
}
