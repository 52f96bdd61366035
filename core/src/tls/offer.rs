//! The offer hook: offer TLS to the client? the host offers it or not, what now?
