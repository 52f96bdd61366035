//! The suite that every engine passes.

use std::sync::Arc;

use super::*;
use crate::spool::conformance::{self, Site};

struct Folder(tempfile::TempDir);

impl Site for Folder {
    async fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> Arc<dyn Spool> {
        Arc::new(open(self.0.path()))
    }
}

#[tokio::test]
async fn the_embedded_engine_does_what_every_engine_must() {
    conformance::all::<Folder>().await;
}
