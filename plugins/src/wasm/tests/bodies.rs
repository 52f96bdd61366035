//! Plugins that look through the body of a message, however large it is.

use std::sync::Arc;

use bytes::Bytes;

use super::super::Host;
use super::support::{component, load};
use crate::decider::Decider;
use crate::decision::Outcome;
use crate::facts::{Body, Client, Message};
use crate::hooks::incoming;

/// A filter that fails with `unreachable` unless its `message` finds what it should.
fn filter(imports: &str, body: &str) -> Vec<u8> {
    let code = format!(
        r#"(import "waxseal:policy/facts@0.1.0" "[resource-drop]client" (func $drop_client (param i32)))
        (import "waxseal:policy/facts@0.1.0" "[resource-drop]message" (func $drop_message (param i32)))
        (import "waxseal:policy/facts@0.1.0" "[method]message.body" (func $body (param i32) (result i32)))
        (import "waxseal:policy/contents@0.1.0" "[resource-drop]body" (func $drop_body (param i32)))
        {imports}
        (func (export "waxseal:policy/incoming-message@0.1.0#message") (param $client i32) (param $message i32) (result i32)
            (local $body i32) (local $at i64) (local $octet i32) (local $end i32) (local $lines i32) (local $sought i32)
            (local.set $body (call $body (local.get $message)))
            {body}
            (call $drop_body (local.get $body))
            (call $drop_client (local.get $client))
            (call $drop_message (local.get $message))
            (i32.const 1024))"#
    );
    component(&["incoming-message-hook"], &code)
}

const READ: &str =
    r#"(import "waxseal:policy/contents@0.1.0" "[method]body.read" (func $read (param i32 i64 i32 i32)))"#;

/// Reads the whole body in pieces, and looks at each octet.
const LINES_ARE_COUNTED: &str = r#"
    (loop $pieces
        (global.set $free (i32.const 65536))
        (call $read (local.get $body) (local.get $at) (i32.const 65536) (i32.const 2048))
        (local.set $octet (i32.load (i32.const 2048)))
        (local.set $end (i32.add (local.get $octet) (i32.load (i32.const 2052))))
        (local.set $at (i64.add (local.get $at) (i64.load32_u (i32.const 2052))))
        (loop $octets
            (if (i32.lt_u (local.get $octet) (local.get $end))
                (then
                    (local.set $lines (i32.add (local.get $lines) (i32.eq (i32.load8_u (local.get $octet)) (i32.const 10))))
                    (local.set $octet (i32.add (local.get $octet) (i32.const 1)))
                    (br $octets))))
        (br_if $pieces (i32.load (i32.const 2052))))
"#;

/// What comes of a filter for a message with this body: the message of its failure, or nothing.
fn failure(filter: &[u8], body: String) -> Option<String> {
    let plugin = load(&Host::default(), "filters/under_test.wasm", filter)
        .unwrap_or_else(|findings| panic!("{}", findings[0]));
    let message = Message { body: Arc::new(Body::new(Arc::new(Bytes::from(body)), 0)), ..Message::default() };
    let (decider, client, message) = (Decider::Plugin(plugin), Arc::<Client>::default(), Arc::new(message));
    match pollster::block_on(decider.ask::<incoming::Message>(&client, &message))?.outcome {
        Outcome::Failure(failure) => Some(failure.message),
        Outcome::Verdict(_) => None,
    }
}

fn lines(count: usize) -> String {
    format!("{}\r\n", "x".repeat(98)).repeat(count)
}

#[test]
fn a_large_body_is_looked_through_octet_by_octet() {
    let check = |count: usize| {
        format!(
            "{LINES_ARE_COUNTED} (if (i32.and (i32.ne (local.get $lines) (i32.const {count})) (i64.gt_u (local.get $at) (i64.const 1000))) (then (unreachable)))"
        )
    };
    for count in [50_000, 390_000] {
        assert_eq!(failure(&filter(READ, &check(count)), lines(count)), None, "{count} lines");
    }
    // It does look: with one line less it would fail.
    assert!(
        failure(&filter(READ, &check(99)), lines(100)).is_some_and(|message| message.contains("unreachable"))
    );
}

/// Reading the same again and again adds no fuel: the size of the message is what bounds a call.
#[test]
fn who_reads_for_ever_is_ended() {
    let for_ever = format!(
        "(loop $for_ever (local.set $at (i64.const 0)) {LINES_ARE_COUNTED} (br_if $for_ever (i32.gt_u (local.get $lines) (i32.const 9))))"
    );
    let message = failure(&filter(READ, &for_ever), lines(20_000)).expect("a failure");
    assert!(message.contains("runs too long"), "{message}");
}

const CONTAINS: &str = r#"(import "waxseal:policy/contents@0.1.0" "[method]body.contains" (func $contains (param i32 i32 i32) (result i32)))
    (data (i32.const 3000) "needle")"#;

#[test]
fn the_relay_looks_for_octets() {
    let found = "(if (i32.eqz (call $contains (local.get $body) (i32.const 3000) (i32.const 6))) (then (unreachable)))";
    // It is loaded with an empty message at hand, which must not fail.
    let found =
        format!("(if (call $contains (local.get $body) (i32.const 3000) (i32.const 1)) (then {found}))");
    let filter = filter(CONTAINS, &found);
    let large = lines(300_000);
    assert_eq!(failure(&filter, format!("{large}needle{large}")), None);
    assert!(failure(&filter, format!("{large}need")).is_some_and(|message| message.contains("unreachable")));
}

#[test]
fn who_has_the_relay_look_for_ever_is_ended() {
    let size = r#"(import "waxseal:policy/contents@0.1.0" "[method]body.size" (func $size (param i32) (result i64)))"#;
    let for_ever = "(loop $for_ever (br_if $for_ever (i32.eqz (call $contains (local.get $body) (i32.const 3000) (i32.const 6)))))";
    let large_only =
        format!("(if (i64.gt_u (call $size (local.get $body)) (i64.const 5000)) (then {for_ever}))");
    let message =
        failure(&filter(&format!("{size} {CONTAINS}"), &large_only), lines(100_000)).expect("a failure");
    assert!(message.contains("runs too long"), "{message}");
}
