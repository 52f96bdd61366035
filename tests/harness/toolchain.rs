//! What plugins are built with: the toolchain that `scripts/wasm-target.sh` finds, or makes. Where it can
//! do neither, a test fails, and says what to install.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// An environment to run cargo in.
pub type Environment = HashMap<OsString, OsString>;

/// The environment in which cargo builds plugins.
///
/// # Panics
///
/// Where there is no toolchain for them.
pub fn environment() -> &'static Environment {
    found().unwrap_or_else(|why| panic!("{why}"))
}

/// The environment in which cargo builds plugins. It is looked for once.
///
/// # Errors
///
/// There is no toolchain for them: what to install.
pub fn found() -> Result<&'static Environment, &'static str> {
    static ENVIRONMENT: OnceLock<Result<Environment, String>> = OnceLock::new();
    ENVIRONMENT.get_or_init(look).as_ref().map_err(String::as_str)
}

fn look() -> Result<Environment, String> {
    let script = repository().join("scripts/wasm-target.sh");
    let asked = r#"env=$("$0") && eval "$env" && env -0"#;
    let output = Command::new("bash").arg("-c").arg(asked).arg(&script).output().expect("bash");
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("there is nothing to build plugins with:\n{said}"));
    }
    Ok(output.stdout.split(|byte| *byte == 0).filter_map(variable).collect())
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
