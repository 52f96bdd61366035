//! A real browser without a window: Chromium, driven by ChromeDriver over WebDriver (W3C).
//!
//! `scripts/test-peers.sh` installs both from Debian's packages. Where they are missing the tests that need them
//! fail, and say so.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::http::Request;
use crate::wait::soon;

/// Keeps it from asking anybody else on the network anything.
const ARGUMENTS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--window-size=1280,900",
];

/// A key of the keyboard, in the words of WebDriver.
pub mod key {
    /// Tab.
    pub const TAB: &str = "\u{e004}";
    /// Enter.
    pub const ENTER: &str = "\u{e007}";
    /// Space.
    pub const SPACE: &str = " ";
}

/// A browser with one page. Dropped: killed.
pub struct Browser {
    driver: SocketAddr,
    session: String,
    process: Child,
    _folder: TempDir,
}

/// ChromeDriver that is killed leaves the browser running: both are of one process group.
impl Drop for Browser {
    fn drop(&mut self) {
        let group = self.process.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(group) = group {
            // It may be gone already.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Browser {
    /// Starts one. With dark colours where the system likes them so.
    ///
    /// # Panics
    ///
    /// Where Chromium or ChromeDriver is not installed.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let (process, driver) = chromedriver(folder.path()).await;
        let mut arguments: Vec<String> = ARGUMENTS.iter().map(ToString::to_string).collect();
        arguments.push(format!("--user-data-dir={}", folder.path().join("profile").display()));
        let options = json!({ "binary": "/usr/bin/chromium", "args": arguments });
        let wanted = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let request = json!({ "capabilities": { "alwaysMatch": wanted } });
        let answer = Request::post("/session", &request).send(driver).await.json();
        let session = answer["value"]["sessionId"].as_str();
        let session = session.unwrap_or_else(|| panic!("no browser: {answer:#}")).to_owned();
        Self { driver, session, process, _folder: folder }
    }

    /// Goes to an address.
    pub async fn go(&self, address: &str) {
        self.post("/url", &json!({ "url": address })).await;
    }

    /// Signs in at the dashboard on this address, with its token.
    pub async fn sign_in(&self, dashboard: SocketAddr, token: &str) {
        self.go(&format!("http://{dashboard}/login")).await;
        self.fill("#token", token).await;
        self.click("main button").await;
        self.says("Mail that waits").await;
    }

    /// Where it is.
    pub async fn address(&self) -> String {
        self.get("/url").await.as_str().expect("an address").to_owned()
    }

    /// What the page says: its text as it is seen.
    pub async fn text(&self) -> String {
        self.run("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script, as an administrator's own tools would, and gives what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// Types keys, wherever the focus is.
    pub async fn keys(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
            })
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", &json!({ "actions": [keyboard] })).await;
    }

    /// Clicks on what the selector finds.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.post(&format!("/element/{element}/click"), &json!({})).await;
    }

    /// Types into what the selector finds.
    pub async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.post(&format!("/element/{element}/value"), &json!({ "text": text })).await;
    }

    /// What has the focus: its tag, and its id, text or label.
    pub async fn focus(&self) -> String {
        let script = "const e = document.activeElement; \
                      return e.tagName + ' ' + (e.id || e.textContent || e.getAttribute('aria-label') || '').trim()";
        self.run(script).await.as_str().unwrap_or_default().to_owned()
    }

    /// Awaits that the page says something.
    pub async fn says(&self, part: &str) {
        let looking = async {
            while !self.text().await.contains(part) {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        match tokio::time::timeout(crate::wait::PATIENCE, looking).await {
            Ok(()) => {}
            Err(_) => panic!("`{part}` does not appear at {}:\n{}", self.address().await, self.text().await),
        }
    }

    /// As if the system liked these colours: `dark` or `light`.
    pub async fn system_colours(&self, scheme: &str) {
        let feature = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let command = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": feature } });
        self.post("/goog/cdp/execute", &command).await;
    }

    /// Scripts of pages run no more, from the next page on.
    pub async fn without_scripts(&self) {
        let command = json!({ "cmd": "Emulation.setScriptExecutionDisabled", "params": { "value": true } });
        self.post("/goog/cdp/execute", &command).await;
    }

    /// The screen of a telephone: narrower than any window can be made.
    pub async fn telephone(&self) {
        let screen = json!({ "width": 380, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": screen });
        self.post("/goog/cdp/execute", &command).await;
    }

    /// What the console has complained about since it was last asked: errors of scripts, of loading, of the
    /// content security policy.
    pub async fn complaints(&self) -> Vec<String> {
        let said = self.post("/se/log", &json!({ "type": "browser" })).await;
        let said = said.as_array().cloned().unwrap_or_default();
        let grave = said.iter().filter(|line| line["level"] == "SEVERE" || line["level"] == "WARNING");
        grave.map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    async fn find(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector })).await;
        let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("nothing is {selector}: {found}")).to_owned()
    }

    async fn get(&self, path: &str) -> Value {
        self.answer(&Request::get(format!("/session/{}{path}", self.session))).await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.answer(&Request::post(format!("/session/{}{path}", self.session), body)).await
    }

    async fn answer(&self, request: &Request) -> Value {
        let answer = request.send(self.driver).await;
        let value = answer.json()["value"].clone();
        assert_eq!(answer.status, 200, "{request:?}: {value:#}");
        value
    }
}

/// A file of a package from npm that tests need, which `scripts/test-peers.sh` has installed.
///
/// # Panics
///
/// Where it is not there.
pub fn npm(file: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let path = root.join("target/test-peers/node_modules").join(file);
    assert!(path.exists(), "{} is not there: scripts/test-peers.sh installs it", path.display());
    path
}

/// Starts it. What a browser that is killed leaves behind lies in the folder.
async fn chromedriver(folder: &Path) -> (Child, SocketAddr) {
    let mut command = Command::new("chromedriver");
    command
        .arg("--port=0")
        .env("TMPDIR", folder)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut process = command
        .spawn()
        .unwrap_or_else(|error| panic!("no chromedriver ({error}): scripts/test-peers.sh installs it"));
    let mut lines = BufReader::new(process.stdout.take().expect("a pipe from it")).lines();
    let looking = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return port.trim_end_matches('.').parse::<u16>().expect("a port");
            }
        }
        panic!("chromedriver ended before it listened");
    };
    let port = soon("the port of chromedriver", looking).await;
    // What else it says is of no interest, and must not fill the pipe.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (process, ([127, 0, 0, 1], port).into())
}
