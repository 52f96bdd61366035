//! The keywords of an EHLO reply, RFC 5321 section 4.1.1.1: ours, and a host's.
