//! The bare server of this program, in a process of its own.

use anyhow::Context as _;
use tokio::process::Command;

use super::{Server, Stop, free_address};
use crate::process::Family;

/// Starts it.
pub(super) fn start() -> anyhow::Result<Server> {
    let address = free_address()?;
    let child = Command::new(std::env::current_exe()?)
        .args(["bare", "--listen", &address.to_string()])
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let family = Family::of(child.id().context("it has ended already")?);
    Ok(Server { address, implicit: Some(address), family, stop: Stop::Child(child) })
}
