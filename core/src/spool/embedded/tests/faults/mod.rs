//! A disk that remembers and one that fails, under a spool in a process of its own.
//!
//! `disk.c` stands before the C library, so that it sees what SQLite does as well as what we do. It is
//! built here, with the compiler that SQLite needs anyway.

mod errors;
mod lost;
mod power;
mod replay;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The disk, built once.
fn disk() -> &'static Path {
    static BUILT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/spool/embedded/tests/faults/disk.c");
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let built = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&path, &source])
            .args(["-ldl", "-lpthread"])
            .status();
        assert!(built.unwrap().success(), "the disk cannot be built");
        (folder, path)
    });
    path
}

/// Runs a test of this module as a child on that disk, to its end; what it said.
fn on_disk(child: &str, folder: &Path, variables: &[(&str, &str)]) -> Vec<String> {
    let module = module_path!().split_once("::").unwrap().1;
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::{child}"), "--ignored", "--nocapture", "--test-threads=1"])
        .env("LD_PRELOAD", disk())
        .env("DISK_FOLDER", folder)
        .envs(variables.iter().copied())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the child has failed");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The folder that a child is to use; `None` in a test run that is none.
fn folder() -> Option<PathBuf> {
    std::env::var_os("DISK_FOLDER").map(PathBuf::from)
}
