//! The dialogue with hosts that take, refuse, and break.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::outgoing::outcome::Schedule;
use crate::outgoing::peer::{Peer, delivery, session_with};
use crate::outgoing::schedule::Chance;
use crate::smtp::capabilities::Capabilities;
use crate::spool::{BodyReader, Outcome, SpoolError};

mod chunks;

struct Text(Vec<Bytes>);

#[async_trait]
impl BodyReader for Text {
    async fn read(&mut self) -> Result<Bytes, SpoolError> {
        Ok(if self.0.is_empty() { Bytes::new() } else { self.0.remove(0) })
    }
}

fn envelope() -> Envelope {
    Envelope {
        id: Uuid::nil(),
        received: Timestamp::UNIX_EPOCH,
        sender: "ann@example.net".to_owned(),
        size: 300,
        eight_bit: false,
        smtp_utf8: false,
        dsn: Default::default(),
        tags: Default::default(),
        quarantine: None,
    }
}

fn recipients(count: u32) -> Vec<LeasedRecipient> {
    let recipient = |number| LeasedRecipient {
        number,
        address: format!("r{number}@example.org"),
        attempts: 0,
        last: None,
        dsn: Default::default(),
        attention: Timestamp::MAX,
    };
    (0..count).map(recipient).collect()
}

/// What became of each recipient, in a word and the code, and what the host heard after EHLO.
async fn deliver(script: &[(&'static str, &'static str)], count: u32) -> (Vec<String>, Vec<String>, After) {
    deliver_over(script, count, Usage::First).await
}

async fn deliver_over(
    script: &[(&'static str, &'static str)],
    count: u32,
    usage: Usage,
) -> (Vec<String>, Vec<String>, After) {
    let peer = Peer::playing(vec![script.to_vec()]).await;
    let session = session_with(&peer.endpoint).await;
    let recipients = recipients(count);
    let mut tally = Tally::new(&recipients);
    let body = Box::new(Text(vec![
        Bytes::from_static(b"Subject: hi\r\n\r\n"),
        Bytes::from_static(b".dot\r\nend\r\n"),
    ]));
    let envelope = envelope();
    let content = Content::open(body, envelope.size).await.unwrap();
    let letter = Letter { envelope: &envelope, recipients: &recipients, content, usage };
    let (session, after) = transact(Accepted::for_test(session), letter, &mut tally).await;
    session.dialogue.close().await;
    let heard = peer.heard().await.remove(0).split_off(1);
    (words(tally), heard, after)
}

fn words(tally: Tally) -> Vec<String> {
    let delivery = delivery(1);
    let now = Timestamp::UNIX_EPOCH;
    let mut outcomes =
        tally.settle(&Schedule { delivery: &delivery, received: now, now, chance: Chance(0.5) });
    outcomes.sort_by_key(|(recipient, _)| recipient.number);
    let word = |outcome: &Outcome| match outcome {
        Outcome::Delivered => "delivered".to_owned(),
        Outcome::Deferred { status, .. } => format!("deferred {}", status.code),
        Outcome::Failed { status } => format!("failed {}", status.code),
        Outcome::Abandoned => "abandoned".to_owned(),
    };
    outcomes.iter().map(|(_, outcome)| word(outcome)).collect()
}

#[tokio::test]
async fn commands_go_out_at_once_where_the_host_allows_it() {
    let (outcomes, heard, after) = deliver(
        &[
            ("", "220 mx\r\n"),
            ("EHLO", "250-mx\r\n250-PIPELINING\r\n250 SIZE 1000\r\n"),
            ("MAIL", ""),
            ("RCPT", ""),
            ("RCPT", ""),
            // Nothing is said before DATA is heard: the group came at once.
            ("DATA", "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
            (">", "250 2.0.0 queued\r\n"),
        ],
        2,
    )
    .await;
    assert_eq!(outcomes, ["delivered", "delivered"]);
    assert_eq!(after, After::Reuse);
    let expected = [
        "MAIL FROM:<ann@example.net> SIZE=300",
        "RCPT TO:<r0@example.org>",
        "RCPT TO:<r1@example.org>",
        "DATA",
        "Subject: hi",
        "",
        "..dot",
        "end",
        ".",
    ];
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn recipients_are_refused_one_by_one() {
    let (outcomes, _, after) = deliver(
        &[
            ("", "220 mx\r\n"),
            ("EHLO", "250 mx\r\n"),
            ("MAIL", "250 ok\r\n"),
            ("RCPT", "550 5.1.1 unknown\r\n"),
            ("RCPT", "250 ok\r\n"),
            ("RCPT", "451 4.7.1 greylisted\r\n"),
            ("RCPT", "552 5.5.3 too many recipients\r\n"),
            ("DATA", "354 go\r\n"),
            (">", "250 queued\r\n"),
        ],
        4,
    )
    .await;
    assert_eq!(outcomes, ["failed 5.1.1", "delivered", "deferred 4.7.1", "deferred 4.5.3"]);
    assert_eq!(after, After::Reuse);
}

#[tokio::test]
async fn a_host_without_ehlo_is_greeted_with_helo() {
    let (outcomes, heard, _) = deliver(
        &[
            ("", "220 mx\r\n"),
            ("EHLO", "502 what\r\n"),
            ("HELO", "250 mx\r\n"),
            ("MAIL", "250 ok\r\n"),
            ("RCPT", "250 ok\r\n"),
            ("DATA", "354 go\r\n"),
            (">", "250 queued\r\n"),
        ],
        1,
    )
    .await;
    assert_eq!(outcomes, ["delivered"]);
    assert_eq!(heard[1], "MAIL FROM:<ann@example.net>");
}

#[tokio::test]
async fn nobody_taken_means_no_data() {
    let (outcomes, heard, after) = deliver(
        &[
            ("", "220 mx\r\n"),
            ("EHLO", "250-mx\r\n250 PIPELINING\r\n"),
            ("MAIL", "250 ok\r\n"),
            ("RCPT", "550 5.1.1 unknown\r\n"),
            ("DATA", "354 go\r\n"),
            (">", "554 no valid recipients\r\n"),
        ],
        1,
    )
    .await;
    assert_eq!(outcomes, ["failed 5.1.1"]);
    assert_eq!(heard.last().unwrap(), ".");
    assert!(!heard.iter().any(|line| line.contains("Subject")), "{heard:?}");
    assert_eq!(after, After::Quit);
}

#[tokio::test]
async fn a_refused_sender_ends_it() {
    let script: &[(&'static str, &'static str)] =
        &[("", "220 mx\r\n"), ("EHLO", "250 mx\r\n"), ("MAIL", "451 4.3.2 later\r\n")];
    let (outcomes, heard, after) = deliver(script, 2).await;
    assert_eq!(outcomes, ["deferred 4.3.2", "deferred 4.3.2"]);
    assert_eq!(heard.len(), 1);
    assert_eq!(after, After::Throttled);
}

#[tokio::test]
async fn a_host_that_wants_the_tls_that_failed_may_have_it_next_time() {
    let (mail, rcpt): (&[_], &[_]) = (
        &[("MAIL", "530 5.7.0 Must issue a STARTTLS command first\r\n")],
        &[("MAIL", "250 ok\r\n"), ("RCPT", "530 5.7.0 Must issue a STARTTLS command first\r\n")],
    );
    for refusal in [mail, rcpt] {
        for (ehlo, outcome, then) in [
            ("250-mx\r\n250 STARTTLS\r\n", "deferred 4.7.0", After::WantsTls),
            ("250 mx\r\n", "failed 5.7.0", After::Reuse),
        ] {
            let script = [&[("", "220 mx\r\n"), ("EHLO", ehlo)], refusal, &[("RSET", "250 ok\r\n")]].concat();
            let (outcomes, _, after) = deliver(&script, 1).await;
            assert_eq!((outcomes, after), (vec![outcome.to_owned()], then), "{ehlo} {refusal:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_at_the_end_of_data_is_for_those_who_were_taken() {
    for (reply, expected) in
        [("451 4.3.0 later\r\n", "deferred 4.3.0"), ("554 5.6.0 spam\r\n", "failed 5.6.0")]
    {
        let script = vec![
            ("", "220 mx\r\n"),
            ("EHLO", "250 mx\r\n"),
            ("MAIL", "250 ok\r\n"),
            ("RCPT", "550 5.1.1 unknown\r\n"),
            ("RCPT", "250 ok\r\n"),
            ("DATA", "354 go\r\n"),
            (">", reply),
        ];
        let (outcomes, _, _) = deliver(&script, 2).await;
        assert_eq!(outcomes, ["failed 5.1.1", expected]);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_the_mail_with_us() {
    let whole = [
        ("", "220 mx\r\n"),
        ("EHLO", "250 mx\r\n"),
        ("MAIL", "250 ok\r\n"),
        ("RCPT", "250 ok\r\n"),
        ("DATA", "354 go\r\n"),
        (">", ""),
    ];
    for end in 2..=whole.len() {
        let script = whole[..end].to_vec();
        let (outcomes, _, after) = deliver(&script, 1).await;
        assert_eq!(outcomes, ["deferred 4.4.2"], "after {end} steps");
        assert_eq!(after, After::Drop, "after {end} steps");
    }
}

#[tokio::test]
async fn what_is_no_smtp_is_said_so() {
    let script: &[(&'static str, &'static str)] =
        &[("", "220 mx\r\n"), ("EHLO", "250 mx\r\n"), ("MAIL", "HTTP/1.1 400\r\n")];
    let (outcomes, _, after) = deliver(script, 1).await;
    assert_eq!(outcomes, ["deferred 4.5.0"]);
    assert_eq!(after, After::Drop);
}

#[test]
fn a_host_is_only_given_what_it_can_take() {
    let host = |keywords: &[&str]| {
        let lines = ["mx"].iter().chain(keywords).map(|line| (*line).to_owned()).collect();
        Capabilities::of(&Reply { code: 250, enhanced: None, lines })
    };
    let plain = envelope();
    let eight_bit = Envelope { eight_bit: true, ..envelope() };
    let utf8 = Envelope { smtp_utf8: true, ..envelope() };
    let table: [(&Envelope, &[&str], Result<&str, &str>); 8] = [
        (&plain, &[], Ok("MAIL FROM:<ann@example.net>")),
        (&plain, &["SIZE", "8BITMIME", "SMTPUTF8"], Ok("MAIL FROM:<ann@example.net> SIZE=300")),
        (&plain, &["SIZE 299"], Err("5.3.4")),
        (&eight_bit, &[], Err("5.6.3")),
        (&eight_bit, &["8BITMIME"], Ok("MAIL FROM:<ann@example.net> BODY=8BITMIME")),
        (&utf8, &["8BITMIME"], Err("5.6.7")),
        (&utf8, &["SMTPUTF8"], Ok("MAIL FROM:<ann@example.net> SMTPUTF8")),
        (&plain, &["SIZE 0"], Ok("MAIL FROM:<ann@example.net> SIZE=300")),
    ];
    for (envelope, keywords, expected) in table {
        let said = mail_command(envelope, &recipients(1), &host(keywords));
        let said = said.map_err(|problem| problem.status().code.to_string());
        assert_eq!(said, expected.map(str::to_owned).map_err(str::to_owned), "{keywords:?}");
    }
}

#[test]
fn an_address_beyond_ascii_needs_a_host_that_takes_it() {
    let recipient = LeasedRecipient { address: "jörg@example.org".to_owned(), ..recipients(1).remove(0) };
    let problem = mail_command(&envelope(), &[recipient], &Capabilities::default()).unwrap_err();
    assert_eq!(problem.status().code, EnhancedCode::new(5, 6, 7));
}

#[tokio::test]
async fn a_reply_that_comes_before_its_message_promises_nothing() {
    let (outcomes, heard, after) = deliver(
        &[
            ("", "220 mx\r\n"),
            ("EHLO", "250 mx\r\n"),
            ("MAIL", "250 ok\r\n"),
            ("RCPT", "250 ok\r\n"),
            ("DATA", "354 go\r\n250 2.0.0 queued\r\n"),
            (">", "554 5.7.1 spam\r\n"),
        ],
        1,
    )
    .await;
    assert_eq!((outcomes, after), (vec!["deferred 4.5.0".to_owned()], After::Drop));
    assert_eq!(heard.last().unwrap(), "DATA");
}

#[tokio::test]
async fn a_host_that_takes_data_without_a_sender_gets_none() {
    let (outcomes, heard, after) = deliver(
        &[
            ("", "220 mx\r\n"),
            ("EHLO", "250-mx\r\n250 PIPELINING\r\n"),
            ("MAIL", "550 5.7.1 not you\r\n"),
            ("RCPT", "250 ok\r\n"),
            ("DATA", "354 go\r\n"),
            (">", "250 queued\r\n"),
        ],
        1,
    )
    .await;
    assert_eq!((outcomes, after), (vec!["failed 5.7.1".to_owned()], After::Drop));
    assert_eq!(heard.last().unwrap(), "DATA");
}
