//! The start hook: the handshake is about to begin.
