//! The peer of an incoming connection.

use super::facts;

facts! {
    /// The client: the other host of an incoming connection, and the connection as it is.
    pub struct Client {
        /// The client's IP address.
        address: Text,
        /// The client's TCP port.
        port: Number,
        /// The name that the client gave in EHLO or HELO; empty before it. It proves nothing.
        ehlo: Text,
        /// Our own address and port that the client connected to.
        listener: Text,
        /// Whether the listener speaks TLS from the first byte (RFC 8314 section 3.3).
        implicit_tls: Flag,
        /// The row of the domain table whose policy is asked.
        row: Row,
        /// Whether the connection is encrypted now.
        encrypted: Flag,
        /// Whether STARTTLS was offered to the client in this session.
        offers_tls: Flag,
        /// The TLS version in use.
        version: Version,
        /// The cipher suite in use, by its IANA name.
        suite: Text,
        /// The key exchange group in use; empty for a resumed TLS 1.2 session, which makes no key
        /// exchange.
        group: Text,
        /// Whether the TLS session was resumed.
        resumed: Flag,
        /// The name that the client asked for in the ClientHello (SNI).
        server_name: Text,
        /// Why the last handshake with this client address failed, if one did within the hour.
        tls_failure: Text,
        /// How many handshakes with this client address failed within the last hour. A success
        /// sets it to zero.
        recent_failures: Number,
        /// Whether MAIL FROM has been read: certificates are then judged against the sender's
        /// domain.
        at_mail: Flag,
        /// The domain of MAIL FROM; empty before it, and for the null sender and address literals.
        sender_domain: Text,
        /// The judgement of our own certificate, the one presented in this session, as a host that
        /// trusts the public roots sees it.
        own_certificate: Certificate,
    }
}
