//! The certificate hook: is this certificate the peer's?
