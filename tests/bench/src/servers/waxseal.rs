//! Waxseal, as it is shipped: hooks, decision log and all seven policies on, synced before `250`.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::process::Command;

use super::{DOMAIN, ENCRYPTED, Filter, Mail, SLOW, Server, Setup, Stop, Towards, free_address};
use crate::process::Family;

/// Each shipped policy has a row, so that each is loaded.
const TABLE: &str = r#"
incoming {
    "*"                  attempt
    "required.example"   require
    "verified.example"   require_verified
}
outgoing {
    "*"                  attempt
    "clear.example"      prevent
    "encrypted.example"  require
    "verified.example"   require_verified
}
"#;

/// Starts it.
pub(super) fn start(setup: &Setup<'_>) -> anyhow::Result<Server> {
    let (address, implicit) = (free_address()?, free_address()?);
    let (folder, certificate) = (setup.folder, setup.certificate);
    fs::create_dir_all(folder.join("policies"))?;
    fs::write(folder.join("policies/domains.rhai"), TABLE)?;
    fs::write(folder.join("cert.pem"), &certificate.certificate)?;
    fs::write(folder.join("key.pem"), &certificate.key)?;
    let mut text = configuration(address, implicit, setup.mail)?;
    fs::create_dir_all(folder.join("policies/filters"))?;
    match setup.filter {
        Filter::Nobody => {}
        Filter::Script(script) => fs::write(folder.join("policies/filters/two_headers.rhai"), script)?,
        Filter::Plugin(file) => {
            fs::copy(file, folder.join("policies/filters/two_headers.wasm"))?;
        }
        Filter::Milter(milter) => {
            write!(text, "[[milter]]\nname = \"two_headers\"\naddress = \"{milter}\"\n")?;
        }
    }
    fs::write(folder.join("waxseal.toml"), text)?;
    // Not beside the configuration: that folder is watched, and each line would be an event.
    fs::create_dir_all(folder.join("logs"))?;
    let log = File::create(folder.join("logs/waxseal"))?;
    let child = Command::new(setup.program)
        .arg("run")
        .arg("--config")
        .arg(folder.join("waxseal.toml"))
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", setup.program.display()))?;
    let family = Family::of(child.id().context("it has ended already")?);
    Ok(Server { address, implicit: Some(implicit), family, stop: Stop::Child(child) })
}

fn configuration(address: SocketAddr, implicit: SocketAddr, mail: Mail) -> anyhow::Result<String> {
    let mut text = format!(
        r#"hostname = "relay.example"
data_dir = "data"
policies = "policies"
[[listener]]
address = "{address}"
[[listener]]
address = "{implicit}"
tls = "implicit"
[tls]
enabled = true
[[tls.identity]]
names = ["bench.example"]
certificate = "cert.pem"
key = "key.pem"
[relay]
networks = ["127.0.0.0/8"]
[delivery.connections]
host = 50
[limits]
sessions = 20000
sessions_per_client = 20000
"#
    );
    for (domain, to) in routes(mail)? {
        write!(text, "[[route]]\ndomain = \"{domain}\"\nto = \"{to}\"\n")?;
    }
    Ok(text)
}

fn routes(mail: Mail) -> anyhow::Result<Vec<(&'static str, SocketAddr)>> {
    Ok(match mail {
        // Nobody listens there.
        Mail::Hold => vec![(DOMAIN, free_address()?)],
        Mail::Relay(to, Towards::Clear) => vec![(DOMAIN, to)],
        Mail::Relay(to, Towards::Encrypted) => vec![(ENCRYPTED, to)],
        Mail::Split(to, slow) => vec![(DOMAIN, to), (SLOW, slow)],
    })
}
