//! Our certificates with their keys, reloaded while mail flows.
