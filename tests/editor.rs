//! `waxseal lsp`, as an editor meets it: what is typed, what is shown.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use waxseal_tests::editor::{Editor, uri};

const TABLE: &str =
    "incoming {\n    \"*\"   attempt\n}\noutgoing {\n    \"*\"   attempt\n    \"a.example\"   mine\n}\n";
const POLICY: &str = "//! outgoing/mine.rhai: Encrypted, or not at all.\n\nfn offer(host) {\n    start_tls()\n}\n\n\
                      fn mail(host, mail) {\n    if host.encrypted { accept() } else { defer(\"4.7.5\", \"\u{1f512} is wanted\") }\n}\n";

/// A policies' directory with a table and a policy of its own.
fn site() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let site = tempfile::tempdir().unwrap();
    let table = site.path().join("policies/domains.rhai");
    let policy = site.path().join("policies/outgoing/mine.rhai");
    fs::create_dir_all(policy.parent().unwrap()).unwrap();
    fs::write(&table, TABLE).unwrap();
    fs::write(&policy, POLICY).unwrap();
    (site, table, policy)
}

fn labels(answer: &Value) -> Vec<&str> {
    answer.as_array().unwrap().iter().map(|one| one["label"].as_str().unwrap()).collect()
}

fn document(file: &Path) -> Value {
    json!({ "textDocument": { "uri": uri(file) } })
}

#[tokio::test]
async fn a_session_from_the_first_message_to_the_last() {
    let (_site, table, policy) = site();
    let snippets =
        json!({ "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } } });
    let (mut editor, hello) = Editor::start(snippets).await;
    assert_eq!(hello["capabilities"]["positionEncoding"], "utf-16");

    editor.open(&table, TABLE).await;
    editor.await_codes(&table, &[]).await;
    editor.open(&policy, POLICY).await;
    editor.await_codes(&policy, &[]).await;

    let typed = POLICY.replace("host.encrypted", "host.encryptd");
    editor.type_over(&policy, &typed).await;
    editor.await_codes(&policy, &["T001"]).await;
    let range = json!({ "start": { "line": 7, "character": 15 }, "end": { "line": 7, "character": 15 } });
    let asked =
        json!({ "textDocument": { "uri": uri(&policy) }, "range": range, "context": { "diagnostics": [] } });
    let actions = editor.ask("textDocument/codeAction", asked).await.unwrap();
    assert_eq!(actions[0]["edit"]["changes"][uri(&policy)][0]["newText"], "encrypted", "{actions}");
    editor.type_over(&policy, POLICY).await;
    editor.await_codes(&policy, &[]).await;

    let policies = editor.ask_at("completion", &table, (5, 20)).await;
    assert_eq!(labels(&policies), ["attempt", "mine", "prevent", "require", "require_verified"]);
    let facts = editor.ask_at("completion", &policy, (7, 12)).await;
    assert!(labels(&facts).contains(&"offers_tls"), "{facts}");
    let verdicts = editor.ask_at("completion", &policy, (3, 4)).await;
    let defer = verdicts.as_array().unwrap().iter().find(|one| one["label"] == "defer").unwrap();
    assert_eq!(defer["textEdit"]["newText"], "defer(\"${1:4.7.5}\", \"${2:why}\")");

    let hover = editor.ask_at("hover", &policy, (7, 14)).await;
    assert!(
        hover["contents"]["value"].as_str().unwrap().contains("Whether the connection is encrypted now.")
    );
    let row = editor.ask_at("hover", &table, (5, 6)).await;
    assert!(
        row["contents"]["value"].as_str().unwrap().starts_with("Mail to `a.example`: policy `mine`."),
        "{row}"
    );

    assert_eq!(editor.ask_at("definition", &table, (5, 20)).await["uri"], uri(&policy));
    let symbols = editor.ask("textDocument/documentSymbol", document(&table)).await.unwrap();
    assert_eq!(symbols[1]["children"][1]["name"], "a.example");
    let options =
        json!({ "textDocument": { "uri": uri(&table) }, "options": { "tabSize": 4, "insertSpaces": true } });
    let edits = editor.ask("textDocument/formatting", options).await.unwrap();
    assert!(edits[0]["newText"].as_str().unwrap().contains("\n    \"a.example\"          mine\n"), "{edits}");
    assert_eq!(editor.end().await, Some(0));
}

/// A shipped policy has no file in the site; where a row leads to is one all the same.
#[tokio::test]
async fn a_shipped_policy_can_be_opened_and_not_written() {
    let (_site, table, _) = site();
    let (mut editor, _) = Editor::start(json!({})).await;
    editor.open(&table, TABLE).await;
    let target = editor.ask_at("definition", &table, (4, 12)).await;
    let file = PathBuf::from(target["uri"].as_str().unwrap().strip_prefix("file://").unwrap());
    assert!(file.ends_with("outgoing/attempt.rhai"), "{}", file.display());
    assert!(fs::metadata(&file).unwrap().permissions().readonly());
    editor.open(&file, &fs::read_to_string(&file).unwrap()).await;
    editor.await_codes(&file, &[]).await;
    assert_eq!(editor.end().await, Some(0));
    assert!(!file.exists(), "the copies go with the server");
}

/// What one file says may be wrong by another: all that are open are told.
#[tokio::test]
async fn what_is_wrong_between_files_is_told_to_both() {
    let (_site, table, policy) = site();
    let (mut editor, _) = Editor::start(json!({})).await;
    editor.open(&policy, POLICY).await;
    editor.open(&table, &TABLE.replace("mine", "mine min_version \"1.3\"")).await;
    editor.await_codes(&table, &[]).await;
    editor.type_over(&policy, "fn mail(host, mail) { accept() }\n").await;
    editor.await_codes(&table, &["B005"]).await;
    // What is on the disk counts again.
    editor.say("textDocument/didClose", document(&policy)).await;
    editor.await_codes(&table, &[]).await;
    // Another program takes the policy away.
    fs::remove_file(&policy).unwrap();
    editor.say("workspace/didChangeWatchedFiles", json!({ "changes": [] })).await;
    editor.await_codes(&table, &["P001"]).await;
    assert_eq!(editor.end().await, Some(0));
}

#[tokio::test]
async fn columns_are_counted_as_was_agreed() {
    let (_site, _, policy) = site();
    let last = u32::try_from(POLICY.lines().nth(7).unwrap().find("is wanted").unwrap()).unwrap();
    let text = POLICY.replace("is wanted\")", "is wanted\", advertise())");
    for (offered, units) in [(json!(["utf-16"]), 2), (json!(["utf-8", "utf-16"]), 4)] {
        let (mut editor, hello) = Editor::start(json!({ "general": { "positionEncodings": offered } })).await;
        assert_eq!(hello["capabilities"]["positionEncoding"], if units == 4 { "utf-8" } else { "utf-16" });
        editor.open(&policy, &text).await;
        // The lock before it is 4 octets, or 2 units of 16 bits.
        let hover = editor.ask_at("hover", &policy, (7, last - 4 + units + 12)).await;
        let column = hover["range"]["start"]["character"].as_u64().unwrap();
        assert_eq!(column, u64::from(last - 4 + units + 12), "{hover}");
        assert!(hover["contents"]["value"].as_str().unwrap().contains("`advertise()`"));
        assert_eq!(editor.end().await, Some(0));
    }
}

/// Nonsense is passed over, or answered by an error; the session goes on.
#[tokio::test]
async fn broken_messages_do_not_end_it() {
    let (_site, table, _) = site();
    let (mut editor, _) = Editor::start(json!({})).await;
    editor
        .send_octets(
            b"hello\nContent-Length: x\r\n\r\nContent-Length: 3\r\n\r\n{{{Content-Length: 2\r\n\r\n\xff\xff",
        )
        .await;
    assert_eq!(editor.ask("textDocument/hover", json!([1])).await, Err(-32602));
    assert_eq!(editor.ask("textDocument/rename", json!({})).await, Err(-32601));
    assert_eq!(editor.ask("initialize", json!({})).await, Err(-32601), "once is enough");
    editor.say("textDocument/didChange", json!({ "textDocument": 5 })).await;
    editor.type_over(&table, "never opened").await;
    for text in ["incoming {", "\u{0}", "outgoing { \"\u{1f512}", "fn offer(host) { offer(host) } offer(1);"]
    {
        editor.open(&table, text).await;
        editor.ask_at("completion", &table, (9, 9)).await;
        editor.ask_at("hover", &table, (0, 14)).await;
    }
    editor.open(&table, TABLE).await;
    editor.await_codes(&table, &[]).await;
    assert_eq!(editor.end().await, Some(0));
}

#[tokio::test]
async fn an_editor_that_is_gone_ends_it() {
    let (editor, _) = Editor::start(json!({})).await;
    assert_eq!(editor.vanish().await, Some(1));
}

/// What people copy into the settings of their editors.
#[test]
fn the_client_for_vs_code_names_what_there_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/editors/vscode");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let package: Value = serde_json::from_str(&read("package.json")).unwrap();
    let language = &package["contributes"]["languages"][0];
    assert_eq!(language["id"], "rhai");
    let _: Value = serde_json::from_str(&read(language["configuration"].as_str().unwrap())).unwrap();
    let main = read(package["main"].as_str().unwrap());
    for setting in package["contributes"]["configuration"]["properties"].as_object().unwrap().keys() {
        let name = setting.strip_prefix("waxseal.").unwrap();
        assert!(main.contains(&format!("get(\"{name}\")")), "{name} is a setting that nobody reads");
    }
}
