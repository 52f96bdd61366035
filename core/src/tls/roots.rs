//! The roots that chains may lead to.
