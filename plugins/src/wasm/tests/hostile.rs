//! Plugins that mean no good: each is contained, in bounded time, with a message that says what it did.

use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use super::super::Host;
use super::support::{ask, failure, good, mail_plugin};

/// Asks a plugin that fails, twice: what it did the first time must not matter to the second.
#[track_caller]
fn fails(imports: &str, body: &str, expected: &str) {
    // It behaves while it is tried: the first two questions are those of the load.
    let plugin = good(&Host::default(), &mail_plugin(imports, body));
    for _ in 0..2 {
        let begun = Instant::now();
        let message = failure(&plugin);
        assert!(message.contains(expected), "{message}, not {expected}");
        assert!(message.starts_with("`mail` "), "{message}");
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    }
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    fails("", "(loop $for_ever (br $for_ever)) (unreachable)", "runs too long: its fuel is used up");
}

#[test]
fn deep_recursion_overflows_only_its_own_stack() {
    let deep = "(func $deep (param i64) (result i64) (i64.add (i64.const 1) (call $deep (i64.add (local.get 0) (i64.const 1)))))";
    fails(
        deep,
        "(drop (call $deep (i64.const 0))) (i32.const 1024)",
        "trapped in `deep`: wasm trap: call stack exhausted: its functions call each other too deeply for a stack of 256 KiB",
    );
}

#[test]
fn a_memory_bomb_is_stopped() {
    fails(
        "",
        "(loop $more (drop (memory.grow (i32.const 16))) (br $more)) (unreachable)",
        "was stopped: it wants 16448 KiB of memory, and has 16384 KiB at most",
    );
}

#[test]
fn filling_memory_again_and_again_is_stopped() {
    let fill = "(memory.fill (i32.const 4096) (i32.const 0) (i32.const 60000))";
    fails("", &format!("(loop $for_ever {fill} (br $for_ever)) (unreachable)"), "runs too long");
}

#[test]
fn traps_are_told() {
    fails("", "(unreachable)", "trapped: wasm trap: wasm `unreachable` instruction executed");
    fails("", "(drop (i32.div_s (i32.const 1) (i32.const 0))) (unreachable)", "integer divide by zero");
    fails(
        "",
        "(i32.load (i32.const -4))",
        "out of bounds memory access: it reads or writes what is not its own",
    );
}

#[test]
fn a_panic_is_told_in_its_own_words() {
    let panicked = "(import \"waxseal:policy/trace@0.1.0\" \"panicked\" (func $panicked (param i32 i32)))
        (data (i32.const 2048) \"index 3 is out of 2 at src/lib.rs:16:30\")";
    let body = "(call $panicked (i32.const 2048) (i32.const 39)) (unreachable)";
    fails(panicked, body, "panicked: index 3 is out of 2 at src/lib.rs:16:30");
}

#[test]
fn an_answer_that_lies_nowhere_is_a_failure() {
    fails("", "(i32.const -16)", "was stopped");
    // A discriminant that no case has.
    fails("", "(i32.store (i32.const 1024) (i32.const 7)) (i32.const 1024)", "was stopped");
}

#[test]
fn a_huge_text_is_cut() {
    let body = "(drop (memory.grow (i32.const 100)))
        (memory.fill (i32.const 65536) (i32.const 65) (i32.const 6000000))
        (i32.store (i32.const 1024) (i32.const 1)) (i32.store (i32.const 1028) (i32.const 65536)) (i32.store (i32.const 1032) (i32.const 6000000))
        (i32.const 1024)";
    let plugin = good(&Host::default(), &mail_plugin("", body));
    let message = failure(&plugin);
    assert!(message.len() <= 400, "{} octets", message.len());
}

#[test]
fn handles_cannot_be_hoarded() {
    let row =
        "(import \"waxseal:policy/facts@0.1.0\" \"[method]host.row\" (func $row (param i32) (result i32)))";
    let body = "(loop $more (drop (call $row (local.get $host))) (br $more)) (unreachable)";
    fails(row, body, "was stopped: it holds more than 1088 facts");
}

#[test]
fn a_handle_of_nothing_is_a_failure() {
    let row = "(import \"waxseal:policy/facts@0.1.0\" \"[method]host.encrypted\" (func $encrypted (param i32) (result i32)))";
    fails(row, "(drop (call $encrypted (i32.const 77))) (i32.const 1024)", "was stopped");
}

#[test]
fn a_plugin_that_fails_again_and_again_rests_and_lets_nothing_through() {
    let plugin = good(&Host::default(), &mail_plugin("", "(unreachable)"));
    let messages: Vec<_> = (0..12).map(|_| failure(&plugin)).collect();
    assert!(messages[..10].iter().all(|message| message.contains("unreachable")), "{messages:?}");
    assert!(messages[10..].iter().all(|message| message.contains("is not asked for")), "{messages:?}");
}

/// While one instance burns its fuel, another's caller is served: the thread is given up again and again.
#[test]
fn others_have_their_turn_while_a_plugin_runs_in_circles() {
    let host = Host::default();
    let circling = good(&host, &mail_plugin("", "(loop $for_ever (br $for_ever)) (unreachable)"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let turns = runtime.block_on(async {
        let asked = tokio::spawn(async move { ask_async(&circling).await });
        let other = tokio::spawn(async move {
            let mut turns = 0;
            while !asked.is_finished() {
                turns += 1;
                at_the_end_of_the_queue().await;
            }
            assert!(asked.await.unwrap().contains("fuel"));
            turns
        });
        other.await.unwrap()
    });
    assert!(turns > 100, "{turns}");
}

/// Gives up the thread, and is woken at once.
async fn at_the_end_of_the_queue() {
    let mut gave_up = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut gave_up, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn ask_async(plugin: &Arc<super::super::Plugin>) -> String {
    use crate::decider::Decider;
    use crate::decision::Outcome;
    use crate::facts::{Mail, Row, canonical};
    let peer = Arc::new(canonical::encrypted_host(Arc::<Row>::default()));
    let decider = Decider::Plugin(Arc::clone(plugin));
    let answer = decider.ask::<crate::hooks::outgoing::Mail>(&peer, &Arc::<Mail>::default()).await;
    match answer.unwrap().outcome {
        Outcome::Failure(failure) => failure.message,
        Outcome::Verdict(verdict) => format!("{verdict:?}"),
    }
}

/// What a plugin keeps in its memory is a cache: an instance is used again, and a trap loses it.
#[test]
fn an_instance_is_used_again_until_it_traps() {
    let count = "(global $calls (mut i32) (i32.const 0))";
    let body = "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (if (i32.eq (global.get $calls) (i32.const 3)) (then (unreachable)))
        (i32.const 1024)";
    let plugin = good(&Host::default(), &mail_plugin(count, body));
    let trapped: Vec<bool> = (0..6).map(|_| ask(&plugin).is_some()).collect();
    assert_eq!(trapped, [false, false, true, false, false, true]);
}
