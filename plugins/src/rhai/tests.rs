//! Scripts, asked.
