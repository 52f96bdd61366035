//! The client may go, or the relay stop, while a hook is asked: what waits for its answer is dropped.

use std::sync::atomic::Ordering;

use super::*;

/// Sends a line to a session whose hooks do not answer.
fn send_unanswered(session: &mut Session<Told>, line: &str) {
    let silent = Arc::clone(&session.hooks.silent);
    silent.store(true, Ordering::Relaxed);
    let step = at_once(session.command(Command::parse(line.as_bytes()), Instant::now()));
    assert_eq!(step, None, "{line}");
    silent.store(false, Ordering::Relaxed);
}

#[test]
fn a_question_without_an_answer_opens_nothing() {
    let mut session = open(Told::default(), Switch::On);
    send_unanswered(&mut session, "EHLO c");
    talk(&mut session, &[("STARTTLS", "502 5.5.1 "), ("EHLO c", "250")]);
    send_unanswered(&mut session, "STARTTLS");
    send_unanswered(&mut session, "MAIL FROM:<>");
    talk(&mut session, &[("RCPT TO:<x@example.org>", "503 5.5.1 "), ("MAIL FROM:<>", "250")]);
    send_unanswered(&mut session, "RCPT TO:<x@example.org>");
    talk(&mut session, &[("DATA", "503 5.5.1 "), ("RCPT TO:<x@example.org>", "250"), ("DATA", "receive")]);
}
