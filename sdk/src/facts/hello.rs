//! What a client's ClientHello says.

use super::facts;

facts! {
    /// The ClientHello of an incoming handshake (RFC 8446 section 4.1.2).
    pub struct Hello {
        /// The name that the client asks for (SNI, RFC 6066 section 3).
        server_name: Text,
        /// The TLS versions that the client supports, highest first.
        versions: Texts,
        /// The highest TLS version that the client supports.
        highest_version: Version,
        /// The cipher suites, by IANA name, in the client's order; unknown ones as `0x1a2b`.
        suites: Texts,
        /// The key exchange groups, by IANA name, in the client's order; unknown ones as `0x1a2b`.
        groups: Texts,
        /// The signature schemes, by IANA name, in the client's order; unknown ones as `0x1a2b`.
        signature_schemes: Texts,
        /// The application protocols (ALPN, RFC 7301).
        alpn: Texts,
        /// Whether the client presents a session to resume.
        resumes: Flag,
        /// Why the TLS library refuses this hello itself; empty where it does not. Accepting it
        /// does not help: the handshake fails all the same, but the hook has heard of it.
        library_refusal: Text,
    }
}
