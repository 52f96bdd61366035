//! What plugins are built with: the toolchain that `scripts/wasm-target.sh` finds, or makes. Where it can
//! do neither, a test fails, and says what to install.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// The environment in which cargo builds plugins.
///
/// # Panics
///
/// Where there is no toolchain for them.
pub fn environment() -> &'static HashMap<OsString, OsString> {
    static ENVIRONMENT: OnceLock<HashMap<OsString, OsString>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let script = repository().join("scripts/wasm-target.sh");
        let asked = r#"env=$("$0") && eval "$env" && env -0"#;
        let output = Command::new("bash").arg("-c").arg(asked).arg(&script).output().expect("bash");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "there is nothing to build plugins with:\n{said}");
        output.stdout.split(|byte| *byte == 0).filter_map(variable).collect()
    })
}

/// The sources of Waxseal.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn variable(text: &[u8]) -> Option<(OsString, OsString)> {
    let at = text.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (text[..at].to_vec(), text[at + 1..].to_vec());
    Some((OsString::from_vec(name), OsString::from_vec(value)))
}
