//! stub

/// Stub.
#[derive(Debug)]
pub struct Embedded {}

/// Stub.
#[derive(Debug, thiserror::Error)]
#[error("stub")]
pub struct OpenError;

impl Embedded {
    /// Stub.
    pub fn open(dir: &std::path::Path) -> Result<std::sync::Arc<dyn super::Spool>, OpenError> {
        let _ = dir;
        todo!()
    }
}
