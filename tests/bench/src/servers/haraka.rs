//! Haraka in one process, which takes mail and forgets it: no DNS, no log, and no disk.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use tokio::process::Command;

use super::{Server, Stop, free_address};
use crate::process::Family;

/// What its plugins do with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plugins {
    /// They discard it.
    Discard,
    /// They read two of its header fields, and discard it.
    ReadAndDiscard,
}

/// The fields that are read: one that letters have, and one that they have not.
const TWO_HEADERS: &str = "exports.hook_data_post = (next, connection) => {
    const header = connection.transaction.header
    if (header.get('Subject').includes('viagra') || header.get('List-Id') !== '') return next(DENY)
    next()
}
";

/// Starts it from the folder in which npm has put it, with its configuration in another.
pub(crate) fn start(installed: &Path, folder: &Path, plugins: Plugins) -> anyhow::Result<Server> {
    let (address, config) = (free_address()?, folder.join("config"));
    fs::create_dir_all(&config)?;
    fs::create_dir_all(folder.join("plugins"))?;
    let package = installed.join("node_modules/Haraka");
    fs::copy(package.join("config/connection.ini"), config.join("connection.ini"))
        .with_context(|| format!("there is no Haraka in {}: `npm install Haraka@3`", installed.display()))?;
    // It adds a process for each of its nodes; without them it is one.
    fs::write(config.join("smtp.ini"), format!("listen={address}\nnodes=0\n"))?;
    fs::write(config.join("log.ini"), "[main]\nlevel=crit\nformat=default\n")?;
    fs::write(config.join("me"), "relay.example\n")?;
    let named = match plugins {
        Plugins::Discard => "accept_rcpt\nqueue/discard\n",
        Plugins::ReadAndDiscard => "accept_rcpt\ntwo_headers\nqueue/discard\n",
    };
    fs::write(config.join("plugins"), named)?;
    fs::write(folder.join("plugins/accept_rcpt.js"), "exports.hook_rcpt = (next) => next(OK)\n")?;
    fs::write(folder.join("plugins/two_headers.js"), TWO_HEADERS)?;
    let log = fs::File::create(folder.join("haraka.log"))?;
    let child = Command::new("node")
        .arg(package.join("bin/haraka"))
        .arg("-c")
        .arg(folder)
        .env("YES_REALLY_DO_DISCARD", "1")
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .context("there is no node")?;
    let family = Family::of(child.id().context("it has ended already")?);
    Ok(Server { address, implicit: None, family, stop: Stop::Child(child) })
}
