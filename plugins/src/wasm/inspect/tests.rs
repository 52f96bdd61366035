use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::*;

/// Starts TLS where it is offered, and defers with a text where it is not. An answer lies in memory as
/// `result<option<variant>, string>`: a discriminant each at 0, 4 and 8, the reply from 12 on.
const REQUIRE: &str = r#"
(module
  (import "waxseal:policy/facts@0.1.0" "[method]host.offers-tls" (func $offers_tls (param i32) (result i32)))
  (import "waxseal:policy/facts@0.1.0" "[resource-drop]host" (func $drop (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "4.7.4TLS is not offered")
  (func (export "waxseal:policy/outgoing-offer@0.1.0#offer") (param $host i32) (result i32)
    (if (call $offers_tls (local.get $host))
      (then (i32.store8 (i32.const 4) (i32.const 1)) (i32.store8 (i32.const 8) (i32.const 0)))
      (else
        (i32.store8 (i32.const 4) (i32.const 1)) (i32.store8 (i32.const 8) (i32.const 2))
        (i32.store8 (i32.const 12) (i32.const 1))
        (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (i32.const 5))
        (i32.store (i32.const 24) (i32.const 69)) (i32.store (i32.const 28) (i32.const 18))))
    (call $drop (local.get $host))
    (i32.const 0)))
"#;

/// Traps, whatever it is told.
const TRAP: &str = r#"
(module
  (memory (export "memory") 1)
  (func $fall (param i32) (result i32) unreachable)
  (export "waxseal:policy/outgoing-offer@0.1.0#offer" (func $fall)))
"#;

/// Fails where the list `blocked` cannot be looked into, as a plugin does that passes the error on.
const LISTED: &str = r#"
(module
  (import "waxseal:policy/lists@0.1.0" "contains" (func $contains (param i32 i32 i32 i32 i32)))
  (import "waxseal:policy/facts@0.1.0" "[resource-drop]host" (func $drop (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "blocked")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "waxseal:policy/outgoing-offer@0.1.0#offer") (param $host i32) (result i32)
    (call $contains (i32.const 64) (i32.const 7) (i32.const 64) (i32.const 7) (i32.const 1024))
    (if (i32.load8_u (i32.const 1024)) (then (unreachable)))
    (call $drop (local.get $host))
    (i32.const 0)))
"#;

fn component(module: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/wit");
    let (package, _) = resolve.push_dir(contract).unwrap();
    let world = resolve.select_world(&[package], Some("outgoing-offer-hook")).unwrap();
    let mut module = wat::parse_str(module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

fn inspected(module: &str, role: Option<Role>) -> Result<Inspection, Vec<Diagnostic>> {
    let wasm = component(module);
    inspect(&"outgoing/mine.wasm".into(), role, Files { wasm: &wasm, config: None, lists: None })
}

fn lines(inspection: &Inspection) -> Vec<String> {
    let hooks = inspection.hooks.iter();
    hooks.flat_map(|hook| hook.answers.iter().map(|said| format!("{} {said}", said.times))).collect()
}

#[test]
fn shows_what_it_is_and_what_it_answers() {
    let inspection = inspected(REQUIRE, None).unwrap();
    assert_eq!(&*inspection.name, "mine");
    assert_eq!(inspection.role, Role::Policy(Direction::Outgoing));
    assert_eq!(inspection.contract, ["0.1.0"]);
    assert_eq!(inspection.reads, ["host.offers_tls"]);
    assert_eq!(inspection.grants, []);
    assert_eq!(lines(&inspection), [r#"3 defer 4.7.4 "TLS is not offered""#, "9 start_tls"]);
    assert!(!inspection.fails());
}

#[test]
fn failures_are_shown_and_not_repeated_for_ever() {
    let inspection = inspected(TRAP, Some(Role::Filter)).unwrap();
    let lines = lines(&inspection);
    assert!(lines[0].starts_with("8 failure: `offer` trapped in `fall`"), "{lines:?}");
    assert_eq!(lines.len(), 1);
    assert!(inspection.fails());
}

#[test]
fn a_role_that_does_not_fit_is_an_error() {
    let errors = inspected(REQUIRE, Some(Role::Policy(Direction::Incoming))).unwrap_err();
    assert_eq!(errors[0].code, "W002");
    let text = b"fn offer(host) {}";
    let errors =
        inspect(&"mine.wasm".into(), None, Files { wasm: text, config: None, lists: None }).unwrap_err();
    assert_eq!(errors[0].code, "W001");
}

#[test]
fn another_version_of_the_contract_is_said_once() {
    let mut wasm = component(REQUIRE);
    let named = wasm.windows(6).enumerate().filter(|(_, text)| text == b"@0.1.0");
    let places: Vec<_> = named.map(|(at, _)| at).collect();
    assert!(places.len() > 2);
    places.iter().for_each(|at| wasm[at + 3] = b'2');
    let errors =
        inspect(&"mine.wasm".into(), None, Files { wasm: &wasm, config: None, lists: None }).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].message.contains("version 0.2.0 of the contract"), "{}", errors[0]);
}

#[test]
fn what_a_verdict_carries_is_shown() {
    use crate::decision::Outcome;
    use crate::place::Place;
    use crate::verdicts::{Floor, Terms, outgoing};

    let said = |outcome| {
        let place = Place::within("mine.wasm", "src/lib.rs", 7, 9);
        Said::of(Some(Answer { outcome: Outcome::Verdict(outcome), place })).to_string()
    };
    assert_eq!(said(outgoing::Offer::StartTls { floor: Floor::None }), "start_tls (src/lib.rs:7:9)");
    let floor = outgoing::Offer::StartTls { floor: Floor::Verified };
    assert_eq!(said(floor), r#"start_tls floor "verified" (src/lib.rs:7:9)"#);
    assert_eq!(Said::of::<outgoing::Offer>(None).to_string(), "no opinion");

    let terms = Terms { min_version: crate::facts::Version::Tls13, ..Terms::default() };
    let start = outgoing::Start::Accept { server_name: Some("mx".into()), identity: None, terms };
    let start = Said::of(Some(Answer { outcome: Outcome::Verdict(start), place: Place::file("mine.wasm") }));
    assert_eq!(start.to_string(), r#"accept min_version "1.3", server_name "mx""#);
}

#[test]
fn a_list_that_it_asks_for_is_imagined_where_there_is_no_folder() {
    let inspection = inspected(LISTED, None).unwrap();
    assert!(!inspection.fails(), "{:?}", lines(&inspection));
    assert_eq!(inspection.lists, ["blocked"]);
    assert!(inspected(REQUIRE, None).unwrap().lists.is_empty());
}

#[test]
fn the_lists_of_a_site_are_looked_into() {
    let site = tempfile::tempdir().unwrap();
    let wasm = component(LISTED);
    let files = Files { wasm: &wasm, config: None, lists: Some(site.path()) };
    let inspection = || inspect(&"outgoing/mine.wasm".into(), None, files).unwrap();
    assert!(inspection().fails(), "a relay would not load it: there is no such list");
    std::fs::write(site.path().join("blocked.txt"), "a.example\n").unwrap();
    assert!(!inspection().fails());
    assert!(inspection().lists.is_empty());
}
