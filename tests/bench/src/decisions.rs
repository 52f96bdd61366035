//! A decision log as a busy relay writes it: what `waxseal replay` is measured with.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::load::say;

/// What `waxseal-bench decisions` is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The log that is written.
    file: PathBuf,
    /// How many records.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// How many domains send and receive.
    #[arg(long, default_value_t = 5000)]
    domains: u64,
}

/// Writes a log: each mail comes in by TLS and goes out by TLS, but for one in ten, which is in clear.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut log = Log { file: BufWriter::new(File::create(&options.file)?), left: options.records, mail: 0 };
    while log.left > 0 {
        log.mail += 1;
        let domain = format!("d{}.example", log.mail.wrapping_mul(2_654_435_761) % options.domains.max(1));
        log.incoming(&domain)?;
        log.outgoing(&domain)?;
    }
    log.file.flush()?;
    say(format_args!("{}: {} records", options.file.display(), options.records));
    Ok(())
}

struct Log {
    file: BufWriter<File>,
    left: u64,
    mail: u64,
}

impl Log {
    fn is_clear(&self) -> bool {
        self.mail.is_multiple_of(10)
    }

    fn incoming(&mut self, domain: &str) -> anyhow::Result<()> {
        let number = self.mail;
        let clear = json!({
            "address": format!("192.0.{}.{}", number / 256 % 256, number % 256), "port": 30_000 + number % 30_000,
            "ehlo": format!("mx.{domain}"), "listener": "203.0.113.1:25", "offers_tls": true, "row": row("attempt"),
        });
        let mut client = clear.clone();
        self.write("incoming", "offer", "advertise", "", &json!({ "client": clear }))?;
        if !self.is_clear() {
            self.write("incoming", "start", "accept", "", &json!({ "client": clear }))?;
            self.write(
                "incoming",
                "cipher",
                "accept",
                "",
                &json!({ "client": clear, "hello": hello(domain) }),
            )?;
            with(&mut client, &encrypted());
            with(
                &mut client,
                &json!({ "server_name": "relay.example", "own_certificate": certificate("relay.example") }),
            );
            let told = json!({ "client": client, "certificate": certificate(domain) });
            self.write("incoming", "certificate", "accept", "", &told)?;
        }
        with(&mut client, &json!({ "at_mail": true, "sender_domain": domain }));
        if !self.is_clear() {
            self.write(
                "incoming",
                "cipher",
                "accept",
                domain,
                &json!({ "client": client, "hello": hello(domain) }),
            )?;
            let told = json!({ "client": client, "certificate": certificate(domain) });
            self.write("incoming", "certificate", "accept", domain, &told)?;
        }
        let mail = json!({ "sender": format!("someone{number}@{domain}"), "sender_domain": domain, "size": 20_000 + number });
        self.write("incoming", "mail", "accept", domain, &json!({ "client": client, "mail": mail }))
    }

    fn outgoing(&mut self, domain: &str) -> anyhow::Result<()> {
        let number = self.mail;
        let mut host = json!({
            "name": format!("mx.{domain}"), "address": format!("198.51.100.{}", number % 256), "port": 25,
            "domain": domain, "found_by": "mx", "ehlo": format!("mx.{domain} ESMTP"), "dane": "unknown",
            "mta_sts": "unknown", "row": row("attempt"),
            "extensions": ["PIPELINING", "SIZE", "STARTTLS", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING"],
        });
        if !self.is_clear() {
            with(&mut host, &json!({ "offers_tls": true }));
            self.write("outgoing", "offer", "start_tls", domain, &json!({ "host": host }))?;
            self.write("outgoing", "start", "accept", domain, &json!({ "host": host }))?;
            with(&mut host, &encrypted());
            let told = json!({ "host": host, "handshake": encrypted_alone() });
            self.write("outgoing", "cipher", "accept", domain, &told)?;
            let told = json!({ "host": host, "certificate": certificate(domain) });
            self.write("outgoing", "certificate", "accept", domain, &told)?;
        } else {
            self.write("outgoing", "offer", "stay_clear", domain, &json!({ "host": host }))?;
        }
        let mail = json!({ "sender": format!("someone{number}@sender.example"), "sender_domain": "sender.example",
            "recipient_domain": domain, "size": 20_000 + number });
        self.write("outgoing", "mail", "accept", domain, &json!({ "host": host, "mail": mail }))
    }

    fn write(
        &mut self,
        direction: &str,
        hook: &str,
        verdict: &str,
        domain: &str,
        facts: &Value,
    ) -> anyhow::Result<()> {
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        let (hour, minute, second) = (self.mail / 360_000 % 24, self.mail / 6000 % 60, self.mail / 100 % 60);
        // The members in the order in which the relay writes them: `json!` would sort them.
        writeln!(
            self.file,
            r#"{{"time":"2026-11-28T{hour:02}:{minute:02}:{second:02}.{:09}Z","session":"{direction}{:x}","direction":"{direction}","hook":"{hook}","peer":"192.0.2.1","domain":"{domain}","verdict":"{verdict}","reason":"","decided_by":"{direction}/attempt.rhai:8:5","row":"*","policy":"attempt","generation":1,"facts":{facts}}}"#,
            self.mail % 1_000_000_000,
            self.mail,
        )?;
        Ok(())
    }
}

fn row(policy: &str) -> Value {
    json!({ "pattern": "*", "policy": policy, "place": "domains.rhai:2:5" })
}

fn encrypted_alone() -> Value {
    json!({ "version": "1.3", "suite": "TLS_AES_256_GCM_SHA384", "group": "X25519MLKEM768" })
}

fn encrypted() -> Value {
    let mut encrypted = encrypted_alone();
    with(&mut encrypted, &json!({ "encrypted": true }));
    encrypted
}

fn hello(domain: &str) -> Value {
    json!({
        "server_name": domain, "versions": ["1.3", "1.2"], "highest_version": "1.3",
        "suites": ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
        "extensions": ["supported_versions", "key_share", "signature_algorithms", "supported_groups", "session_ticket",
            "ec_point_formats", "psk_key_exchange_modes", "extended_master_secret"],
        "groups": ["X25519MLKEM768", "x25519", "secp256r1", "secp384r1"],
        "signature_schemes": ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ed25519", "rsa_pss_rsae_sha256",
            "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pkcs1_sha256"],
        "ja4": "t13d0708h1_8daaf6152771_e5627efa2ab1",
    })
}

fn certificate(domain: &str) -> Value {
    json!({
        "presented": true, "trusted": true, "verified": true, "name_matches": true, "possession": true,
        "root": "CN=ISRG Root X1,O=Internet Security Research Group,C=US",
        "expected_names": [domain, format!(".{domain}")], "names": [format!("mx.{domain}"), domain],
        "valid_from": 1_790_000_000, "valid_until": 1_800_000_000, "server_usage": true, "client_usage": true,
        "subject": format!("CN=mx.{domain}"), "issuer": "CN=R11,O=Let's Encrypt,C=US", "key": "ecdsa-256",
        "sha256": "4f".repeat(32), "spki_sha256": "a7".repeat(32), "chain_length": 2,
    })
}

fn with(facts: &mut Value, more: &Value) {
    if let (Some(facts), Some(more)) = (facts.as_object_mut(), more.as_object()) {
        facts.extend(more.clone());
    }
}
