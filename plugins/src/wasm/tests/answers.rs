//! What plugins answer.

use std::sync::Arc;

use super::super::Host;
use super::support::{
    DROPS, ask, component, component_of, contract, failure, good, load, mail_hook, mail_plugin,
};
use crate::decider::Decider;
use crate::decision::Outcome;
use crate::facts::{Mail, Row, canonical};
use crate::hooks::outgoing;
use crate::verdicts::{Passage, Reply};

/// Writes a byte of the answer at 1024, of `result<option<passage>, string>`.
fn put(offset: u32, value: u32) -> String {
    format!("(i32.store (i32.const {}) (i32.const {value}))", 1024 + offset)
}

const ANSWER: &str = "(i32.const 1024)";

#[test]
fn no_opinion_is_none() {
    let plugin = good(&Host::default(), &mail_plugin("", ANSWER));
    assert!(ask(&plugin).is_none());
}

#[test]
fn a_verdict_is_the_hooks_own() {
    let body = format!("{}{}{ANSWER}", put(4, 1), put(8, 0));
    let answer = ask(&good(&Host::default(), &mail_plugin("", &body))).unwrap();
    assert_eq!(answer.outcome, Outcome::Verdict(Passage::Accept));
    assert_eq!(answer.place.to_string(), "outgoing/under_test.wasm");
}

#[test]
fn a_reply_is_cleaned_and_its_code_read() {
    let data = "(data (i32.const 2048) \"4.7.5\") (data (i32.const 2064) \"two\\0d\\0alines\")";
    let reply =
        [put(4, 1), put(8, 1), put(12, 1), put(16, 2048), put(20, 5), put(24, 2064), put(28, 10)].concat();
    let answer = ask(&good(&Host::default(), &mail_plugin(data, &format!("{reply}{ANSWER}")))).unwrap();
    let expected = Reply::new("4.7.5".parse().unwrap(), "two lines");
    assert_eq!(answer.outcome, Outcome::Verdict(Passage::Defer(expected)));
}

#[test]
fn an_error_is_a_failure() {
    let data = "(data (i32.const 2048) \"no idea\")";
    let body = format!("{}{}{}{ANSWER}", put(0, 1), put(4, 2048), put(8, 7));
    let plugin = good(&Host::default(), &mail_plugin(data, &body));
    assert_eq!(failure(&plugin), "no idea");
}

#[test]
fn a_code_that_does_not_fit_is_a_failure_that_says_what_would() {
    let data = "(data (i32.const 2048) \"5.7.5\")";
    let reply =
        [put(4, 1), put(8, 1), put(12, 1), put(16, 2048), put(20, 5), put(24, 2048), put(28, 0)].concat();
    let plugin = good(&Host::default(), &mail_plugin(data, &format!("{reply}{ANSWER}")));
    assert!(failure(&plugin).contains("did you mean \"4.7.5\"?"));
}

/// A plugin built before `host.extensions` and the hook `outgoing-start` were there.
#[test]
fn a_plugin_built_before_some_facts_and_hooks_goes_on() {
    let older: Vec<_> = contract()
        .into_iter()
        .map(|(name, text)| {
            (
                name,
                without(
                    &text,
                    &["extensions: func", "mta-sts: func", "dane: func"],
                    &["interface outgoing-start", "world outgoing-start-hook"],
                ),
            )
        })
        .collect();
    let encrypted = "(import \"waxseal:policy/facts@0.1.0\" \"[method]host.encrypted\" (func $encrypted (param i32) (result i32)))";
    let body = format!(
        "{}(i32.store (i32.const 1032) (i32.mul (i32.const 2) (i32.eqz (call $encrypted (local.get $host))))){ANSWER}",
        put(4, 1)
    );
    let code = format!("{DROPS} {encrypted} {}", mail_hook(&body));
    let plugin = good(&Host::default(), &component_of(&older, &["outgoing-mail-hook"], &code));
    assert_eq!(ask(&plugin).unwrap().outcome, Outcome::Verdict(Passage::Accept));
    assert_eq!(plugin.exports().reads().collect::<Vec<_>>(), ["host.encrypted"]);
}

/// A text of the contract without the lines that begin so, and without the items that do.
fn without(text: &str, lines: &[&str], items: &[&str]) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.lines() {
        inside |= items.iter().any(|item| line.starts_with(item));
        if !inside && !lines.iter().any(|one| line.trim_start().starts_with(one)) {
            kept.push_str(line);
            kept.push('\n');
        }
        inside &= line != "}";
    }
    assert!(kept.len() < text.len() || !text.contains(lines[0]));
    kept
}

/// Policies are also loaded from within a task, at the start of a relay.
#[tokio::test]
async fn a_plugin_is_tried_however_often_within_a_task() {
    let plugin = Decider::Plugin(good(&Host::default(), &mail_plugin("", ANSWER)));
    let peer = Arc::new(canonical::encrypted_host(Arc::<Row>::default()));
    for _ in 0..1000 {
        assert!(plugin.try_out::<outgoing::Mail>(&peer, &Arc::<Mail>::default()).is_none());
    }
}

#[test]
fn each_hook_of_a_filter_is_asked_in_its_direction() {
    let connect = "(func (export \"waxseal:policy/incoming-connect@0.1.0#connect\") (param i32) (result i32) (call $drop_client (local.get 0)) (i32.const 1024))";
    let drop_client =
        "(import \"waxseal:policy/facts@0.1.0\" \"[resource-drop]client\" (func $drop_client (param i32)))";
    let code = format!("{DROPS} {drop_client} {connect} {}", mail_hook(ANSWER));
    let wasm = component(&["incoming-connect-hook", "outgoing-mail-hook"], &code);
    let plugin = load(&Host::default(), "filters/both.wasm", &wasm).unwrap();
    assert_eq!(plugin.exports().hooks().count(), 2);
    assert!(ask(&plugin).is_none());
}
