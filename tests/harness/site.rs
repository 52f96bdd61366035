//! The files of a relay under test: configuration, policies, certificates. The relay is started from
//! them as from anybody's, so that reading them is tested too.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::ca::{Authority, Identity};
use crate::dns::Zone;

/// The name of the relay under test.
pub const HOSTNAME: &str = "relay.example";

/// A site that is being furnished. Left as it is: TLS on, an identity that the configured roots
/// vouch for, `*` with `attempt` in both directions, every loopback client may relay, short waits.
#[derive(Debug)]
pub struct Site {
    folder: TempDir,
    /// The authority that the relay trusts, for hosts and clients alike. It has issued the relay's
    /// own certificate.
    pub authority: Authority,
    incoming: Vec<String>,
    outgoing: Vec<String>,
    routes: Vec<(String, String)>,
    transports: Vec<String>,
    listeners: Vec<&'static str>,
    /// The names of the identities beside its own.
    identities: Vec<String>,
    /// What plugins are granted.
    grants: BTreeMap<String, Vec<String>>,
    /// The milters: what the file says of each.
    milters: Vec<String>,
    /// The keys that sign mail: what the file says of each.
    dkim: Vec<String>,
    settings: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
    /// What its name server knows.
    pub(crate) zone: Zone,
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// A site in a new temporary directory.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        for each in [
            "policies/incoming",
            "policies/outgoing",
            "policies/filters",
            "policies/tests",
            "policies/lists",
            "tls",
        ] {
            fs::create_dir_all(folder.path().join(each)).expect("a directory in it");
        }
        let site = Self {
            folder,
            authority: Authority::new("Trusted root"),
            incoming: Vec::new(),
            outgoing: Vec::new(),
            routes: Vec::new(),
            transports: Vec::new(),
            listeners: vec!["starttls"],
            identities: Vec::new(),
            grants: BTreeMap::new(),
            milters: Vec::new(),
            dkim: Vec::new(),
            settings: BTreeMap::new(),
            zone: Zone::default(),
        };
        let identity = site.authority.issue(&[HOSTNAME]);
        fs::write(site.path("tls/root.pem"), site.authority.pem()).expect("the root is written");
        site.identity(&identity).with_defaults()
    }

    /// Rows of the table for incoming mail, beneath `"*" attempt`; one that begins with `"*"` takes
    /// its place.
    #[must_use]
    pub fn incoming(mut self, rows: &[&str]) -> Self {
        self.incoming.extend(rows.iter().map(ToString::to_string));
        self
    }

    /// Rows of the table for outgoing mail, likewise.
    #[must_use]
    pub fn outgoing(mut self, rows: &[&str]) -> Self {
        self.outgoing.extend(rows.iter().map(ToString::to_string));
        self
    }

    /// A policy or filter: a script as in `policy("outgoing/own.rhai", "fn offer(host) { .. }")`, a
    /// plugin as in `policy("outgoing/own.wasm", guests::example("pinned_key").await)`, or what a plugin
    /// is configured with.
    #[must_use]
    pub fn policy(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.policies().join(path), content).expect("the policy is written");
        self
    }

    /// What a plugin is granted, as in `grant("own", &["kv"])`.
    #[must_use]
    pub fn grant(mut self, plugin: &str, grants: &[&str]) -> Self {
        self.grants.insert(plugin.to_owned(), grants.iter().map(ToString::to_string).collect());
        self
    }

    /// A milter, asked after those before it: its name and address, and other keys as TOML writes them.
    #[must_use]
    pub fn milter(mut self, name: &str, address: impl Display, keys: &str) -> Self {
        self.milters.push(format!("name = \"{name}\"\naddress = \"{address}\"\n{keys}\n"));
        self
    }

    /// A key that signs mail of authors of a domain: the private key, PEM.
    #[must_use]
    pub fn dkim(mut self, domain: &str, selector: &str, key: &str) -> Self {
        let file = format!("tls/{selector}.dkim.key");
        fs::write(self.path(&file), key).expect("the key is written");
        self.dkim.push(format!("domain = \"{domain}\"\nselector = \"{selector}\"\nkey = \"{file}\""));
        self
    }

    /// A route: a host's name or address, with its port.
    #[must_use]
    pub fn route(mut self, domain: &str, to: impl Display) -> Self {
        self.routes.push((domain.to_owned(), to.to_string()));
        self
    }

    /// A transport that filters may choose: its keys, as TOML writes them.
    #[must_use]
    pub fn transport(mut self, keys: impl Display) -> Self {
        self.transports.push(keys.to_string());
        self
    }

    /// Gives a domain a mail host by the name `mx.DOMAIN`: a route to that name, and its address.
    #[must_use]
    pub fn host(mut self, domain: &str, address: SocketAddr) -> Self {
        let name = format!("mx.{domain}");
        self.zone = self.zone.address(&name, address.ip());
        self.route(domain, format!("{name}:{}", address.port()))
    }

    /// What its name server knows.
    #[must_use]
    pub fn zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    /// A second listener, on which TLS begins with the first byte.
    #[must_use]
    pub fn implicit_listener(mut self) -> Self {
        self.listeners.push("implicit");
        self
    }

    /// The relay's own certificate.
    #[must_use]
    pub fn identity(self, identity: &Identity) -> Self {
        identity.write(&self.path("tls/relay.pem"), &self.path("tls/relay.key"));
        self
    }

    /// A certificate beside the relay's own, which a row of the table may ask for by this name.
    #[must_use]
    pub fn another_identity(mut self, name: &str, identity: &Identity) -> Self {
        identity.write(&self.path(format!("tls/{name}.pem")), &self.path(format!("tls/{name}.key")));
        self.identities.push(name.to_owned());
        self
    }

    /// The global switch, off.
    #[must_use]
    pub fn tls_off(self) -> Self {
        self.set("tls", "enabled", "false")
    }

    /// A setting: section, key, and the value as TOML writes it.
    #[must_use]
    pub fn set(mut self, section: &'static str, key: &'static str, value: impl Into<String>) -> Self {
        self.settings.entry(section).or_default().insert(key, value.into());
        self
    }

    /// Writes configuration and table; gives the configuration's path.
    pub fn write(&self) -> PathBuf {
        fs::write(self.policies().join("domains.rhai"), self.table()).expect("the table is written");
        let file = self.path("waxseal.toml");
        fs::write(&file, self.configuration()).expect("the configuration is written");
        file
    }

    /// The domain table, as it is written.
    pub fn table(&self) -> String {
        table(&self.incoming, &self.outgoing)
    }

    /// Where the policies are.
    pub fn policies(&self) -> PathBuf {
        self.path("policies")
    }

    /// Where the relay keeps its data.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A path in the site's directory.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(relative)
    }

    fn with_defaults(self) -> Self {
        self.set("tls", "enabled", "true")
            .set("tls", "roots", r#"["tls/root.pem"]"#)
            .set("tls", "client_roots", r#"["tls/root.pem"]"#)
            .set("relay", "networks", r#"["127.0.0.0/8"]"#)
            .set("delivery", "retry", r#"["1s"]"#)
            .set("limits", "sessions_per_client", "1000")
            .set("timeouts", "handshake", r#""2s""#)
            .set("timeouts", "connect", r#""5s""#)
            .set("timeouts", "reply", r#""5s""#)
            .set("timeouts", "data_end", r#""20s""#)
            .set("timeouts", "stop", r#""5s""#)
    }

    fn configuration(&self) -> String {
        let mut text = format!("hostname = \"{HOSTNAME}\"\ndata_dir = \"data\"\npolicies = \"policies\"\n");
        for mode in &self.listeners {
            text += &format!("\n[[listener]]\naddress = \"127.0.0.1:0\"\ntls = \"{mode}\"\n");
        }
        for (section, values) in &self.settings {
            text += &format!("\n[{section}]\n");
            for (key, value) in values {
                text += &format!("{key} = {value}\n");
            }
        }
        text += &identity(HOSTNAME, "relay");
        for name in &self.identities {
            text += &identity(name, name);
        }
        for (plugin, grants) in &self.grants {
            text += &format!("\n[plugin.{plugin}]\ngrant = {grants:?}\n");
        }
        for milter in &self.milters {
            text += &format!("\n[[milter]]\n{milter}");
        }
        for keys in &self.dkim {
            text += &format!("\n[[dkim]]\n{keys}\n");
        }
        for (domain, to) in &self.routes {
            text += &format!("\n[[route]]\ndomain = \"{domain}\"\nto = \"{to}\"\n");
        }
        for keys in &self.transports {
            text += &format!("\n[[transport]]\n{keys}\n");
        }
        text
    }
}

fn identity(name: &str, files: &str) -> String {
    format!(
        "\n[[tls.identity]]\nnames = [\"{name}\"]\ncertificate = \"tls/{files}.pem\"\nkey = \"tls/{files}.key\"\n"
    )
}

/// A domain table with these rows, `"*" attempt` beneath them where no row has that pattern.
pub fn table(incoming: &[impl AsRef<str>], outgoing: &[impl AsRef<str>]) -> String {
    format!("{}{}", block("incoming", incoming), block("outgoing", outgoing))
}

fn block(direction: &str, rows: &[impl AsRef<str>]) -> String {
    let mut text = format!("{direction} {{\n");
    if !rows.iter().any(|row| row.as_ref().starts_with("\"*\"")) {
        text += "    \"*\" attempt\n";
    }
    for row in rows {
        text += &format!("    {}\n", row.as_ref());
    }
    text + "}\n"
}
