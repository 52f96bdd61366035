//! The peer of an outgoing connection.

use super::facts;

facts! {
    /// The host: the other end of an outgoing connection, and the connection as it is.
    pub struct Host as "host" {
        /// The host's name: of an MX record, of a route, or the domain itself.
        name: Text,
        /// The host's IP address.
        address: Text,
        /// The host's TCP port.
        port: Number,
        /// The domain of the recipients; its row chose the policy.
        domain: Text,
        /// How the host was found: `mx`, `implicit_mx` (RFC 5321 section 5.1) or `route`.
        found_by: Text,
        /// The first line of the host's EHLO reply: the name it gives itself.
        ehlo: Text,
        /// The keywords of the host's EHLO reply, in upper case.
        extensions: Texts,
        /// The row of the domain table whose policy is asked.
        row: Row,
        /// Whether the connection is encrypted now.
        encrypted: Flag,
        /// Whether the host offered STARTTLS.
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
        /// Why the connection is not encrypted, in words: not offered, refused, or how the
        /// handshake failed.
        tls_failure: Text,
        /// How many handshakes with this host, under the same terms, failed within the last hour. A
        /// success sets it to zero, and once in a quarter of an hour one attempt is told zero.
        recent_failures: Number,
        /// What DNSSEC says of the host's TLSA records: `unknown` where it was not looked up.
        dane: Text,
        /// What the domain's MTA-STS policy says: `unknown` where it was not looked up.
        mta_sts: Text,
    }
}
