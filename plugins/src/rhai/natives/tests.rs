//! Scripts that remember, hold rates, count, and look names up.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::*;
use crate::bundle::{Bundle, Settings, Snapshot};
use crate::decision::Outcome;
use crate::facts::{Client, Recipient, Row, canonical};
use crate::hooks::incoming;
use crate::outside::{Forgotten, Health, LookingUp, LookupFailure, OfList, Outside, Query};
use crate::verdicts::Verdict as _;
use crate::wasm::Host;
use crate::wasm::failure::Kind;

/// A relay that answers when it may.
#[derive(Debug, Default)]
struct Relay {
    asked: Arc<AtomicUsize>,
    held: Option<Arc<Notify>>,
    counted: Mutex<BTreeMap<(String, String), u64>>,
}

impl Outside for Relay {
    fn look_up(&self, query: Query) -> LookingUp {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let held = self.held.clone();
        Box::pin(async move {
            if let Some(held) = held {
                held.notified().await;
            }
            match query {
                Query::Txt(name) if name == "broken.example" => {
                    Err(LookupFailure::Unavailable("no name server answers".to_owned()))
                }
                Query::Txt(name) if name == "none.example" => Err(LookupFailure::NoRecord),
                Query::Txt(name) => Ok(vec![format!("text of {name}")]),
                _ => Err(LookupFailure::NoRecord),
            }
        })
    }

    fn count(&self, who: &str, counter: &str, amount: u64) {
        *self.counted.lock().unwrap().entry((who.to_owned(), counter.to_owned())).or_default() += amount;
    }

    fn forgot(&self, _: &str, _: Forgotten, _: u64) {}

    fn list(&self, _: &str, _: OfList) {}

    fn failed(&self, _: &str, _: Kind) {}

    fn health(&self, _: &str, _: Health) {}
}

fn settings(relay: &Arc<Relay>) -> Settings {
    let plugins = Host::new(None, BTreeMap::new(), Arc::clone(relay) as Arc<dyn Outside>);
    Settings { tls_enabled: true, plugins, ..Settings::default() }
}

/// The bundle with one filter, of this body of its hook `rcpt`.
fn bundle(body: &str, settings: &Settings) -> Bundle {
    let source = format!("fn rcpt(client, recipient) {{\n{body}\n}}");
    let files = [("filters/mine.rhai", source.as_str())];
    Bundle::load(&Snapshot::of(files), settings, 1).unwrap_or_else(|rejected| panic!("{rejected}")).0
}

fn client() -> Arc<Client> {
    let row = Row { policy: "attempt".to_owned(), ..Row::default() };
    Arc::new(canonical::clear_client(Arc::new(row)))
}

/// What the filter says about a recipient, in a word with its text.
async fn said(bundle: &Bundle, address: &str) -> String {
    let recipient = Arc::new(Recipient { address: address.to_owned(), ..Recipient::default() });
    let decision = bundle.ask::<incoming::Rcpt>(&client(), &recipient).await;
    match decision.answer.outcome {
        Outcome::Verdict(verdict) => match verdict.reply() {
            Some(reply) => format!("{} {}", verdict.word(), reply.text),
            None => verdict.word().to_owned(),
        },
        Outcome::Failure(failure) => format!("failure {}", failure.message),
    }
}

#[test]
fn what_a_script_needs_stands_in_its_text() {
    let needs = |source: &str| {
        let needs = Needs::of(&crate::rhai::engine::sandbox().compile(source).unwrap());
        [needs.memory, needs.lists, needs.names]
    };
    assert_eq!(needs("fn mail(client, mail) { accept() }"), [false; 3]);
    assert_eq!(
        needs("fn f(x) { if recall(x) == () { g(x) } } fn g(x) { in_list(\"a\", x) }"),
        [true, true, false]
    );
    assert_eq!(needs("fn f(x) { x.map(|one| dnsbl(one, \"a\")) }"), [false, false, true]);
    assert_eq!(needs("fn f(x) { let g = Fn(\"dns_txt\"); g.call(x) }"), [false, false, true]);
    assert_eq!(needs("fn f(x) { `a ${dns_mx(x)} b` }"), [false, false, true]);
}

#[tokio::test]
async fn what_is_remembered_outlives_the_bundle() {
    let settings = settings(&Arc::default());
    let body = "if !remember_first(recipient.address, 1, \"1h\") { defer(\"again\") }";
    let first = bundle(body, &settings);
    assert_eq!(said(&first, "a@x.example").await, "accept");
    assert_eq!(said(&first, "a@x.example").await, "defer again");
    let changed = bundle(&format!("log(\"new\"); {body}"), &settings);
    assert_eq!(said(&changed, "a@x.example").await, "defer again");
    assert_eq!(said(&changed, "b@x.example").await, "accept");
}

#[tokio::test]
async fn values_come_back_as_they_were() {
    let body = r#"
        remember("n", 5, "1h"); remember("t", "text", "1h"); remember("f", true, "1h");
        let long = "x"; long.pad(300, "y");
        remember(long, "long", "1h");
        if recall("n") == 5 && recall("t") == "text" && recall("f") && recall(long) == "long" && recall("none") == () && recall("none", 7) == 7 {
            forget("n");
            if recall("n") == () { refuse("all") }
        }
    "#;
    let bundle = bundle(body, &settings(&Arc::default()));
    assert_eq!(said(&bundle, "a@x.example").await, "refuse all");
}

#[tokio::test]
async fn rates_hold_between_sessions_and_bundles() {
    let settings = settings(&Arc::default());
    let body = "if !allows(\"2 per 1h\", recipient.address) { defer(\"too much\") }";
    for expected in ["accept", "accept", "defer too much"] {
        assert_eq!(said(&bundle(body, &settings), "a@x.example").await, expected);
    }
    assert_eq!(said(&bundle(body, &settings), "b@x.example").await, "accept");
}

#[tokio::test]
async fn counters_go_by_the_name_of_the_file() {
    let relay = Arc::<Relay>::default();
    let bundle = bundle("count(\"seen\"); count(\"seen\", 4);", &settings(&relay));
    said(&bundle, "a@x.example").await;
    bundle.try_out::<incoming::Rcpt>(&client(), &Arc::default());
    let expected = BTreeMap::from([(("mine".to_owned(), "seen".to_owned()), 5)]);
    assert_eq!(*relay.counted.lock().unwrap(), expected, "what is only tried is not counted");
}

#[tokio::test]
async fn a_wrong_value_is_a_failure() {
    for (body, why) in [
        ("remember(recipient.address, [1], \"1h\");", "not a list"),
        (
            "let time = \"soon\"; remember(recipient.address, 1, time + recipient.sender);",
            "`soon` is no time",
        ),
        ("if allows(\"2 per 1h\", \"k\", recipient.address.len()) { accept() }", "ever allows"),
        ("if in_list(\"no\" + \"ne\", recipient.address) { accept() }", "there is no list `none`"),
    ] {
        let source = format!("if recipient.address == \"now@x.example\" {{ {body} }}");
        let bundle = bundle(&source, &settings(&Arc::default()));
        let said = said(&bundle, "now@x.example").await;
        assert!(said.starts_with("failure") && said.contains(why), "{body}: {said}");
    }
}

/// The runtime has one thread: were it to wait, nobody would let the answer go.
#[tokio::test]
async fn who_waits_for_names_holds_nobody_up() {
    let held = Arc::new(Notify::new());
    let relay = Arc::new(Relay { held: Some(Arc::clone(&held)), ..Relay::default() });
    let body = "for text in dns_txt(recipient.address) { return refuse(text); }";
    let bundle = bundle(body, &settings(&relay));
    let release = async {
        while relay.asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        held.notify_one();
    };
    let (said, ()) = tokio::join!(said(&bundle, "there.example"), release);
    assert_eq!(said, "refuse text of there.example");
}

#[tokio::test]
async fn what_cannot_be_found_out_is_a_failure_but_for_a_default() {
    let settings = settings(&Arc::default());
    let strict = bundle("if !dns_txt(recipient.address).is_empty() { refuse(\"there\") }", &settings);
    assert_eq!(said(&strict, "there.example").await, "refuse there");
    assert_eq!(said(&strict, "none.example").await, "accept");
    assert_eq!(said(&strict, "broken.example").await, "failure no name server answers");
    let lenient = bundle("if dns_txt(recipient.address, ()) == () { defer(\"later\") }", &settings);
    assert_eq!(said(&lenient, "broken.example").await, "defer later");
    assert_eq!(said(&lenient, "none.example").await, "accept");
}

#[tokio::test]
async fn a_call_may_make_ten_lookups_also_in_closures() {
    let relay = Arc::<Relay>::default();
    let body = "let l = []; l.pad(if recipient.address == \"many\" { 11 } else { 10 }, 1); \
                if l.all(|x| !dns_txt(recipient.address + x).is_empty()) { refuse(\"all\") }";
    let bundle = bundle(body, &settings(&relay));
    assert_eq!(said(&bundle, "few").await, "refuse all");
    assert!(said(&bundle, "many").await.contains("all the lookups"));
    assert_eq!(relay.asked.load(Ordering::SeqCst), 20);
}

#[tokio::test]
async fn a_number_is_added_to_at_once() {
    let settings = settings(&Arc::default());
    let body = r#"
        let sum = remember_sum(recipient.address, 2, "1h");
        if sum != recall(recipient.address) { throw "something else is remembered" }
        if sum > 5 { refuse(sum.to_string()) }
    "#;
    let bundle = bundle(body, &settings);
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(said(&bundle, "a@x.example").await);
    }
    assert_eq!(answers, ["accept", "accept", "refuse 6"]);
}

/// A metric is no reason to put mail off: a name that is none, and a number below 0, are not counted.
#[tokio::test]
async fn what_cannot_be_counted_puts_no_mail_off() {
    let relay = Arc::<Relay>::default();
    let bundle = bundle("count(\"seen\", -3); count(\"seen\", 2);", &settings(&relay));
    assert_eq!(said(&bundle, "a@x.example").await, "accept");
    assert_eq!(relay.counted.lock().unwrap().values().copied().collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn what_is_only_tried_reaches_nothing() {
    let relay = Arc::<Relay>::default();
    let settings = settings(&relay);
    let body = "if !dns_txt(recipient.address).is_empty() || !remember_first(recipient.address, 1, \"1h\") { refuse(\"yes\") }";
    let bundle = bundle(body, &settings);
    let recipient = Arc::new(Recipient { address: "there.example".to_owned(), ..Recipient::default() });
    let tried = bundle.try_out::<incoming::Rcpt>(&client(), &recipient).answer.outcome.word();
    assert_eq!((tried, relay.asked.load(Ordering::SeqCst)), ("accept", 0));
    let again = said(
        &self::bundle("if recall(recipient.address) != () { refuse(\"it was kept\") }", &settings),
        "there.example",
    )
    .await;
    assert_eq!(again, "accept");
}

#[tokio::test]
async fn waiting_is_not_counted_as_time_of_the_script() {
    let held = Arc::new(Notify::new());
    let relay = Arc::new(Relay { held: Some(Arc::clone(&held)), ..Relay::default() });
    let body = "let found = dns_txt(recipient.address); let n = 0; while n < 2_000 { n += 1; } if !found.is_empty() { refuse(\"found\") }";
    let bundle = bundle(body, &settings(&relay));
    let release = async {
        // Longer than the time that a call has.
        tokio::time::sleep(Duration::from_millis(80)).await;
        held.notify_one();
    };
    let (said, ()) = tokio::join!(said(&bundle, "there.example"), release);
    assert_eq!(said, "refuse found");
}

#[test]
fn what_stands_outside_of_hooks_reaches_nothing() {
    let source = "let first = recall(\"x\");\nfn rcpt(client, recipient) { }";
    let rejected =
        Bundle::load(&Snapshot::of([("filters/mine.rhai", source)]), &Settings::default(), 1).unwrap_err();
    assert!(rejected.to_string().contains("`recall` is for hooks that are asked"), "{rejected}");
}
