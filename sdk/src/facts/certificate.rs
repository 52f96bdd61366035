//! A certificate and its judgement.

use super::facts;

facts! {
    /// The certificate that the peer presented, or that none was, and what we found out about it:
    /// every aspect on its own.
    pub struct Certificate {
        /// Whether a certificate was presented at all.
        presented: Flag,
        /// Whether everything holds: presented, possession proven, chain trusted, name right,
        /// dates good. Of a client it is false before MAIL FROM unless the row has `names`: no name is
        /// expected yet.
        verified: Flag,
        /// The first reason why it is not verified, in words; empty where it is.
        problem: Text,
        /// Whether the chain leads to one of the chosen roots, dates and name aside.
        trusted: Flag,
        /// Why the chain is not trusted, in words.
        chain_problem: Text,
        /// The subject of the root that the chain leads to.
        root: Text,
        /// Whether it names one of the expected names (RFC 9525: subject alternative names only).
        name_matches: Flag,
        /// The names of which it should have one. A leading `.` stands for any name below.
        expected_names: Texts,
        /// The names it has: subject alternative names, the first 100, each cut at 1024 octets. All of
        /// them count for the match of names.
        names: Texts,
        /// Whether its end date is past.
        expired: Flag,
        /// Whether its start date is still to come.
        not_yet_valid: Flag,
        /// Its start date, seconds since 1970.
        valid_from: Number,
        /// Its end date, seconds since 1970.
        valid_until: Number,
        /// Whether it is signed with its own key.
        self_signed: Flag,
        /// Whether the peer proved in the handshake that it has the key.
        possession: Flag,
        /// Whether one of the row's pins matches; false where the row has no pins.
        pinned: Flag,
        /// Whether its extended key usages allow a TLS client (RFC 5280 section 4.2.1.12).
        client_usage: Flag,
        /// Whether its extended key usages allow a TLS server.
        server_usage: Flag,
        /// The subject, as RFC 4514 writes it.
        subject: Text,
        /// The issuer, as RFC 4514 writes it.
        issuer: Text,
        /// The kind and size of the key, as in `ecdsa-256` or `rsa-2048`.
        key: Text,
        /// SHA-256 of the certificate, in lower-case hexadecimal.
        sha256: Text,
        /// SHA-256 of the public key (SubjectPublicKeyInfo), in lower-case hexadecimal.
        spki_sha256: Text,
        /// How many certificates the peer sent.
        chain_length: Number,
    }
}
