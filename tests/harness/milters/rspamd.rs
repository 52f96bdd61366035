//! rspamd.

use super::Milter;

impl Milter {
    /// Starts rspamd as a milter that scans by itself, with no rules but its test patterns, and awaits that it
    /// listens.
    ///
    /// # Panics
    ///
    /// Where it is not installed.
    pub async fn rspamd() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = |name: &str| folder.path().join(name).display().to_string();
        // The list that it ships has thousands, which it compiles at each start.
        std::fs::write(path("domains"), "com\norg\nexample\n").expect("a list that can be written");
        let text = format!(
            r#"
            options {{
                filters = "";
                url_tld = "{domains}";
                hs_cache_dir = "{folder}";
                tempdir = "{folder}";
                pidfile = "{folder}/pid";
                enable_test_patterns = true;
                dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }}
            }}
            logging {{ type = "console"; level = "warning"; }}
            actions {{ reject = 15; add_header = 6; }}
            worker "rspamd_proxy" {{
                bind_socket = "{socket}";
                milter = yes;
                count = 1;
                upstream "local" {{ default = yes; self_scan = yes; }}
            }}
            "#,
            domains = path("domains"),
            folder = folder.path().display(),
            socket = path("socket"),
        );
        std::fs::write(path("rspamd.conf"), text).expect("a configuration that can be written");
        let arguments = ["--no-fork", "--insecure", "-c"].map(str::to_owned);
        let arguments = [&arguments[..], &[path("rspamd.conf")]].concat();
        Self::start("rspamd", &arguments, folder).await
    }
}
