//! An editor that speaks with `waxseal lsp` in a process of its own, message by message.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::command;
use crate::wait::soon;

/// A session with the server. Dropped: killed.
pub struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    requests: i64,
    /// The codes that were published last, by URI.
    published: HashMap<String, Vec<String>>,
}

impl Editor {
    /// Starts the server and says what the editor can do; gives what the server answers, too.
    pub async fn start(capabilities: Value) -> (Self, Value) {
        let mut child =
            command::of(&["lsp"]).stdin(Stdio::piped()).spawn().expect("the test binary runs again");
        let input = child.stdin.take().expect("a pipe to it");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe from it"));
        soon("the server", command::begun(&mut output)).await;
        let mut editor = Self { child, input, output, requests: 0, published: HashMap::new() };
        let answer = editor
            .ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": capabilities }));
        let answer = answer.await.expect("its capabilities");
        editor.say("initialized", json!({})).await;
        (editor, answer)
    }

    /// Asks, and awaits the answer; an error is its code.
    pub async fn ask(&mut self, method: &str, params: Value) -> Result<Value, i64> {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        loop {
            let mut message = self.read().await;
            if message["id"] == id {
                return match message["error"]["code"].as_i64() {
                    Some(code) => Err(code),
                    None => Ok(message["result"].take()),
                };
            }
            self.note(&message);
        }
    }

    /// Asks about a place of a text: its first octet is marked by its line and character.
    pub async fn ask_at(&mut self, method: &str, file: &Path, (line, character): (u32, u32)) -> Value {
        let params = json!({
            "textDocument": { "uri": uri(file) },
            "position": { "line": line, "character": character },
        });
        self.ask(&format!("textDocument/{method}"), params).await.expect("an answer")
    }

    /// Says something that has no answer.
    pub async fn say(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
    }

    /// Opens a file with this text in it.
    pub async fn open(&mut self, file: &Path, text: &str) {
        let document = json!({ "uri": uri(file), "languageId": "rhai", "version": 1, "text": text });
        self.say("textDocument/didOpen", json!({ "textDocument": document })).await;
    }

    /// Types: the file has this text now.
    pub async fn type_over(&mut self, file: &Path, text: &str) {
        let document = json!({ "uri": uri(file), "version": 2 });
        let changes = json!([{ "text": text }]);
        self.say("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }))
            .await;
    }

    /// Awaits that the findings of a file have these codes.
    pub async fn await_codes(&mut self, file: &Path, codes: &[&str]) {
        let uri = uri(file);
        let published = async {
            while self.published.get(&uri).is_none_or(|last| last != codes) {
                let message = self.read().await;
                self.note(&message);
            }
        };
        soon(format!("{codes:?} in {uri}"), published).await;
    }

    /// Sends octets as they are.
    pub async fn send_octets(&mut self, octets: &[u8]) {
        self.input.write_all(octets).await.expect("a pipe to it");
        self.input.flush().await.expect("a pipe to it");
    }

    /// Says `shutdown` and `exit`; gives the exit code.
    pub async fn end(mut self) -> Option<i32> {
        self.ask("shutdown", Value::Null).await.expect("an answer");
        self.say("exit", Value::Null).await;
        soon("the server's end", self.child.wait()).await.expect("its end").code()
    }

    /// Is gone without a word; gives the exit code.
    pub async fn vanish(mut self) -> Option<i32> {
        drop(self.input);
        soon("the server's end", self.child.wait()).await.expect("its end").code()
    }

    fn note(&mut self, message: &Value) {
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = message["params"]["uri"].as_str().expect("a URI").to_owned();
            let all = message["params"]["diagnostics"].as_array().expect("a list");
            let code = |one: &Value| one["code"].as_str().unwrap_or_default().to_owned();
            self.published.insert(uri, all.iter().map(code).collect());
        }
    }

    async fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.send_octets(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes()).await;
    }

    async fn read(&mut self) -> Value {
        let message = async {
            let mut length = 0;
            loop {
                let mut line = String::new();
                let octets = self.output.read_line(&mut line).await.expect("a pipe from it");
                assert!(octets > 0, "the server has ended");
                match line.trim().split_once(": ") {
                    Some((_, value)) => length = value.parse().expect("a length"),
                    None => break,
                }
            }
            let mut text = vec![0; length];
            self.output.read_exact(&mut text).await.expect("a message");
            serde_json::from_slice(&text).expect("JSON")
        };
        soon("a message of the server", message).await
    }
}

/// The URI of a file.
pub fn uri(file: &Path) -> String {
    format!("file://{}", file.display())
}
