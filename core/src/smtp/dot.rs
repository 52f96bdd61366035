//! Dot transparency, RFC 5321 section 4.5.2: reading DATA, and writing it.
