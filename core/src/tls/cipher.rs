//! The cipher hook: is what the client supports, or what was negotiated, good enough?
