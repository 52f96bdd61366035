//! rspamd as a milter that scans by itself, with one rule of two header fields and nothing else.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::sleep;

use super::{Milter, terminate};
use crate::process::Family;

const RULE: &str = "rspamd_config:register_symbol({
  name = 'TWO_HEADERS',
  score = 1.0,
  callback = function(task)
    local subject = task:get_header('Subject')
    return (subject ~= nil and subject:find('viagra', 1, true) ~= nil) or task:get_header('List-Id') ~= nil
  end,
})
";

/// Starts it, and waits until it listens.
pub(crate) async fn start(folder: &Path) -> anyhow::Result<Milter> {
    // The list that it ships has thousands, which it compiles at each start.
    fs::write(folder.join("domains"), "com\norg\nexample\n")?;
    fs::write(folder.join("rules.lua"), RULE)?;
    fs::write(folder.join("rspamd.conf"), configuration(folder))?;
    let log = fs::File::create(folder.join("log"))?;
    let child = Command::new("rspamd")
        .args(["--no-fork", "--insecure", "-c"])
        .arg(folder.join("rspamd.conf"))
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .context("rspamd is not installed")?;
    let socket = folder.join("socket");
    let family = Family::of(child.id().context("it has ended already")?);
    for _ in 0..200 {
        if UnixStream::connect(&socket).await.is_ok() {
            return Ok(Milter { address: format!("unix:{}", socket.display()), family, child });
        }
        sleep(Duration::from_millis(50)).await;
    }
    terminate(child).await?;
    bail!("rspamd does not listen: see {}", folder.display())
}

fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"options {{
    filters = "";
    url_tld = "{folder}/domains";
    hs_cache_dir = "{folder}";
    tempdir = "{folder}";
    pidfile = "{folder}/pid";
    dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }}
}}
lua = "{folder}/rules.lua";
logging {{ type = "console"; level = "error"; }}
actions {{ reject = 15; add_header = 6; }}
worker "rspamd_proxy" {{
    bind_socket = "{folder}/socket";
    milter = yes;
    count = 1;
    upstream "local" {{ default = yes; self_scan = yes; }}
}}
"#
    )
}
