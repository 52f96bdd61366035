//! Hosts that take messages in chunks (RFC 3030), and connections that were used before.

use super::*;

const CHUNKING: (&str, &str) = ("EHLO", "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n");

/// The message of these tests, as a chunk: dots are content.
const CHUNK: [&str; 5] = ["BDAT 26 LAST", "Subject: hi", "", ".dot", "end"];

#[tokio::test]
async fn a_small_message_goes_out_in_one_write_where_chunks_are_taken() {
    let (outcomes, heard, after) = deliver(
        &[
            ("", "220 mx\r\n"),
            CHUNKING,
            ("MAIL", ""),
            ("RCPT", ""),
            ("BDAT", ""),
            ("Subject", ""),
            ("", ""),
            // Nothing is said before the last line is heard: all came at once.
            ("END", "250 ok\r\n250 ok\r\n250 2.0.0 queued\r\n"),
        ],
        1,
    )
    .await;
    assert_eq!((outcomes, after), (vec!["delivered".to_owned()], After::Reuse));
    assert_eq!(heard[2..], CHUNK);
}

#[tokio::test]
async fn a_chunk_for_nobody_serves_nobody() {
    for (mail, rcpt, chunk, expected, then) in [
        ("550 5.7.1 not you", "503 first MAIL", "503 first MAIL", "failed 5.7.1", After::Reuse),
        ("250 ok", "550 5.1.1 unknown", "554 no recipients", "failed 5.1.1", After::Reuse),
        ("250 ok", "451 4.2.1 later", "554 no recipients", "deferred 4.2.1", After::Quit),
        ("421 4.3.2 too many", "503 first MAIL", "503 first MAIL", "deferred 4.3.2", After::Closing),
        // Whatever it has taken there, it was for nobody.
        ("250 ok", "550 5.1.1 unknown", "250 queued", "failed 5.1.1", After::Drop),
        ("550 5.7.1 not you", "250 ok", "250 queued", "failed 5.7.1", After::Drop),
    ] {
        let said = format!("{mail}\r\n{rcpt}\r\n{chunk}\r\n").leak();
        let script = [("", "220 mx\r\n"), CHUNKING, ("END", said), ("RSET", "250 ok\r\n")];
        let (outcomes, _, after) = deliver(&script, 1).await;
        assert_eq!((outcomes, after), (vec![expected.to_owned()], then), "{mail} | {rcpt} | {chunk}");
    }
}

#[tokio::test]
async fn a_chunk_that_is_refused_is_refused_for_those_who_were_taken() {
    let said = "250 ok\r\n550 5.1.1 unknown\r\n250 ok\r\n554 5.6.0 spam\r\n";
    let script = [("", "220 mx\r\n"), CHUNKING, ("END", said), ("RSET", "250 ok\r\n")];
    let (outcomes, _, after) = deliver(&script, 2).await;
    assert_eq!(outcomes, ["failed 5.1.1", "failed 5.6.0"]);
    assert_eq!(after, After::Reuse);
}

#[tokio::test]
async fn without_pipelining_a_chunk_needs_no_go_ahead() {
    let (outcomes, heard, _) = deliver(
        &[
            ("", "220 mx\r\n"),
            ("EHLO", "250-mx\r\n250 CHUNKING\r\n"),
            ("MAIL", "250 ok\r\n"),
            ("RCPT", "250 ok\r\n"),
            ("END", "250 queued\r\n"),
        ],
        1,
    )
    .await;
    assert_eq!(outcomes, ["delivered"]);
    assert_eq!(heard[2..], CHUNK);
}

#[tokio::test]
async fn a_used_connection_that_is_gone_is_nobodys_fault() {
    for (end, then) in [("", After::Drop), ("421 4.4.2 idle for too long\r\n", After::Closing)] {
        let script: &[(&'static str, &'static str)] =
            &[("", "220 mx\r\n"), ("EHLO", "250-mx\r\n250 PIPELINING\r\n"), ("MAIL", end)];
        let (outcomes, _, after) = deliver_over(script, 1, Usage::Again).await;
        assert_eq!((outcomes, after), (vec!["abandoned".to_owned()], After::Stale), "{end:?}");
        let (outcomes, _, after) = deliver_over(script, 1, Usage::First).await;
        assert_eq!((outcomes, after), (vec!["deferred 4.4.2".to_owned()], then), "{end:?}");
    }
}

#[tokio::test]
async fn after_a_rest_the_envelope_goes_ahead_of_the_message() {
    let script = [
        ("", "220 mx\r\n"),
        CHUNKING,
        ("MAIL", ""),
        ("RCPT", "250 ok\r\n250 ok\r\n"),
        ("END", "250 2.0.0 queued\r\n"),
    ];
    let (outcomes, _, after) = deliver_over(&script, 1, Usage::Rested).await;
    assert_eq!((outcomes, after), (vec!["delivered".to_owned()], After::Reuse));
    let gone = [("", "220 mx\r\n"), CHUNKING, ("MAIL", ""), ("RCPT", "")];
    let (_, heard, after) = deliver_over(&gone, 1, Usage::Rested).await;
    assert_eq!((heard.len(), after), (2, After::Stale), "no message was sent that it might have taken");
}

#[tokio::test]
async fn who_may_have_a_message_that_went_out_at_once_is_not_told_at_once_again() {
    for (said, outcome) in [
        ("", "deferred 4.4.2"),
        ("250 ok\r\n", "deferred 4.4.2"),
        ("250 ok\r\n250 ok\r\n", "deferred 4.4.2"),
        ("550 5.7.1 not you\r\n", "failed 5.7.1"),
        ("250 ok\r\n550 5.1.1 unknown\r\n", "failed 5.1.1"),
    ] {
        for usage in [Usage::First, Usage::Again] {
            let script = [("", "220 mx\r\n"), CHUNKING, ("END", said)];
            let (outcomes, _, after) = deliver_over(&script, 1, usage).await;
            assert_eq!((outcomes, after), (vec![outcome.to_owned()], After::Drop), "{said:?} {usage:?}");
        }
    }
}

#[tokio::test]
async fn a_host_that_closes_anywhere_is_heard() {
    const CLOSES: &str = "421 4.3.2 too many\r\n";
    let start = [("", "220 mx\r\n"), ("EHLO", "250 mx\r\n"), ("MAIL", "250 ok\r\n")];
    let rcpt = ("RCPT", "250 ok\r\n");
    for (then, chunks) in [
        (vec![("RCPT", CLOSES)], false),
        (vec![rcpt, ("DATA", CLOSES)], false),
        (vec![rcpt, ("DATA", "354 go\r\n"), (">", CLOSES)], false),
        (vec![rcpt, ("END", CLOSES)], true),
    ] {
        let mut script = [start.to_vec(), then.clone()].concat();
        if chunks {
            script[1] = ("EHLO", "250-mx\r\n250 CHUNKING\r\n");
        }
        let (outcomes, _, after) = deliver(&script, 1).await;
        assert_eq!((outcomes, after), (vec!["deferred 4.3.2".to_owned()], After::Closing), "{then:?}");
    }
}
