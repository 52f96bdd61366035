//! The other implementations, in Python.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::cases::{Case, Kind};

/// Asks them; names they look up on this port of loopback.
pub(crate) struct Peer {
    pub(crate) port: u16,
}

impl Peer {
    /// The fields that each order asks for: they go before its message.
    pub(crate) async fn make(&self, orders: &[Value]) -> Vec<Vec<u8>> {
        let answer = self.ask(&json!({ "port": self.port, "make": orders })).await;
        let fields = answer.as_array().unwrap().iter().map(|field| octets(field.as_str().unwrap()));
        fields.collect()
    }

    /// What they say of each case.
    pub(crate) async fn judge(&self, cases: &[Case]) -> Vec<String> {
        let asked: Vec<Value> = cases.iter().map(question).collect();
        let answer = self.ask(&json!({ "port": self.port, "judge": asked })).await;
        answer.as_array().unwrap().iter().zip(cases).map(|(found, case)| said(found, case.kind)).collect()
    }

    async fn ask(&self, question: &Value) -> Value {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/authentication.py");
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().expect("Debian's Python: scripts/test-peers.sh");
        let mut input = child.stdin.take().unwrap();
        let text = question.to_string();
        let write = async move {
            input.write_all(text.as_bytes()).await.unwrap();
        };
        let (output, ()) = tokio::join!(child.wait_with_output(), write);
        let output = output.unwrap();
        assert!(
            output.status.success(),
            "are the packages there that scripts/test-peers.sh installs?\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn question(case: &Case) -> Value {
    let kind = match case.kind {
        Kind::Spf => "spf",
        Kind::Dkim => "dkim",
        Kind::Arc => "arc",
        Kind::Dmarc => "dmarc",
    };
    json!({
        "kind": kind,
        "message": latin1(&case.message),
        "client": case.client.to_string(),
        "ehlo": case.ehlo,
        "sender": case.sender,
    })
}

fn said(found: &Value, kind: Kind) -> String {
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    match kind {
        Kind::Spf => text("spf"),
        Kind::Arc => text("arc"),
        Kind::Dkim => {
            let mut holds: Vec<bool> =
                found["dkim"].as_array().unwrap().iter().map(|one| one.as_bool().unwrap()).collect();
            holds.sort_unstable();
            format!("{holds:?}")
        }
        Kind::Dmarc if text("dmarc") == "fail" => format!("fail {}", text("policy")),
        Kind::Dmarc => text("dmarc"),
    }
}

/// Octets as characters of Latin-1: JSON has no octets.
pub(crate) fn latin1(octets: &[u8]) -> String {
    octets.iter().map(|octet| char::from(*octet)).collect()
}

fn octets(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect()
}
