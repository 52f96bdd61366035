//! Postfix of Debian's package in an instance of its own, tuned in its favour: no brake on what
//! comes in, 50 deliveries at once to the host, connections reused inside TLS, no DNS. It needs root, as Postfix does.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::process::Command;
use tokio::time::sleep;

use super::{Mail, SLOW, Server, Setup, Stop, Towards, free_address};
use crate::process::Family;

/// Starts it.
pub(super) async fn start(setup: &Setup<'_>) -> anyhow::Result<Server> {
    let address = free_address()?;
    let folder = setup.folder.join("postfix");
    for part in ["etc", "queue", "data"] {
        fs::create_dir_all(folder.join(part))?;
    }
    fs::write(
        folder.join("etc/cert.pem"),
        format!("{}{}", setup.certificate.key, setup.certificate.certificate),
    )?;
    fs::write(folder.join("etc/main.cf"), main_cf(&folder, setup.mail)?)?;
    fs::write(folder.join("etc/transport"), transport(setup.mail))?;
    fs::write(folder.join("etc/master.cf"), master_cf(address)?)?;
    ensure!(
        Command::new("chown").args(["-R", "postfix"]).arg(folder.join("data")).status().await?.success(),
        "there is no user postfix: install the package"
    );
    let started = command(&folder, "start").status().context("postfix is not installed")?;
    ensure!(started.success(), "postfix does not start");
    let instance = Instance(folder.clone());
    Ok(Server {
        address,
        implicit: None,
        family: Family::of(master(&folder).await?),
        stop: Stop::Postfix(instance),
    })
}

/// An instance that runs. Dropped: ended, whatever went wrong meanwhile.
pub(super) struct Instance(PathBuf);

impl Drop for Instance {
    fn drop(&mut self) {
        // Its files go with their folder.
        let _ = command(&self.0, "stop").status();
    }
}

fn command(folder: &Path, command: &str) -> std::process::Command {
    let mut postfix = std::process::Command::new("postfix");
    postfix.arg("-c").arg(folder.join("etc")).arg(command).stdout(Stdio::null()).stderr(Stdio::null());
    postfix
}

async fn master(folder: &Path) -> anyhow::Result<u32> {
    for _ in 0..100 {
        if let Ok(text) = fs::read_to_string(folder.join("queue/pid/master.pid")) {
            return Ok(text.trim().parse()?);
        }
        sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("postfix has not started")
}

fn main_cf(folder: &Path, mail: Mail) -> anyhow::Result<String> {
    let folder = folder.display();
    let limit = active_limit(mail);
    let (relay, hold, tls) = match mail {
        Mail::Hold => (free_address()?, "check_client_access static:HOLD,", "none"),
        Mail::Relay(to, Towards::Clear) | Mail::Split(to, _) => (to, "", "none"),
        Mail::Relay(to, Towards::Encrypted) => (to, "", "encrypt"),
    };
    Ok(format!(
        "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
myhostname = relay.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = {hold} permit_mynetworks, reject
disable_dns_lookups = yes
smtp_host_lookup = native
relayhost = [{}]:{}
transport_maps = texthash:{folder}/etc/transport
alias_maps =
in_flow_delay = 0
qmgr_message_active_limit = {limit}
qmgr_message_recipient_limit = {limit}
default_process_limit = 200
smtpd_client_connection_count_limit = 0
default_destination_concurrency_limit = 50
initial_destination_concurrency = 50
smtp_connection_cache_on_demand = yes
smtp_connection_cache_destinations = static:all
smtp_tls_connection_reuse = yes
smtp_tls_security_level = {tls}
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/etc/cert.pem
smtpd_tls_eecdh_grade = auto
tls_eecdh_auto_curves = X25519
",
        relay.ip(),
        relay.port()
    ))
}

/// How many messages the queue manager has in view. Those for a dead destination fill it, and then no other
/// mail is seen: where there is one, it has room for them all.
fn active_limit(mail: Mail) -> u32 {
    match mail {
        Mail::Split(..) => 200_000,
        // The default.
        Mail::Hold | Mail::Relay(..) => 20_000,
    }
}

fn transport(mail: Mail) -> String {
    match mail {
        Mail::Split(_, slow) => format!("{SLOW} smtp:[{}]:{}\n", slow.ip(), slow.port()),
        Mail::Hold | Mail::Relay(..) => String::new(),
    }
}

/// Debian's own services, but for the address and without chroots.
fn master_cf(address: SocketAddr) -> anyhow::Result<String> {
    let text = fs::read_to_string("/etc/postfix/master.cf").context("postfix is not installed")?;
    let service = |line: &str| {
        // Commented out there, and needed to reuse connections inside TLS.
        let line = line.strip_prefix('#').filter(|line| line.starts_with("tlsproxy ")).unwrap_or(line);
        let mut fields: Vec<&str> = line.split_whitespace().collect();
        if line.starts_with([' ', '#']) || fields.len() < 8 {
            return line.to_owned();
        }
        let own = address.to_string();
        if fields.starts_with(&["smtp", "inet"]) {
            fields.splice(0..1, [own.as_str()]);
        }
        fields.splice(4..5, ["n"]);
        fields.join(" ")
    };
    Ok(text.lines().map(|line| service(line) + "\n").collect())
}
