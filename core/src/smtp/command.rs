//! The commands a client may send, RFC 5321 section 4.1.1.
