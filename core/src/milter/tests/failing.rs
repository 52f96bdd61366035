//! Milters that hang, crash and lie: mail is deferred, and the next goes.

use std::sync::atomic::{AtomicBool, Ordering};

use super::fake::{choice, ok};
use super::*;

const FAILED: &str = "451 4.3.0";

/// A milter with so little patience that a test sees the end of it.
fn impatient(fake: &Fake) -> Milter {
    let wait = Duration::from_millis(50);
    Milter {
        timeouts: MilterTimeouts { connect: wait, command: wait, content: wait, end: wait },
        ..milter(fake)
    }
}

#[tokio::test]
async fn whatever_goes_wrong_at_whatever_command_defers_and_the_next_mail_goes() {
    let wrong = [
        Reaction::Close,
        Reaction::Silence,
        Reaction::Say(b"\0\0\0\0".to_vec()),
        Reaction::Say(b"HTTP/1.1 400 Bad Request\r\n".to_vec()),
        Reaction::Say(frame(b'?', b"")),
        Reaction::Say(frame(b'y', b"250 fine\0")),
        Reaction::Say(frame(b'O', &[0; 12])),
        Reaction::Say(frame(b'f', b"")),
        Reaction::Say(frame(b's', b"").repeat(2)),
    ];
    for command in *b"CHMRTLNE" {
        for reaction in &wrong {
            let case = format!("{reaction:?} to {}", char::from(command));
            let (broken, wrong) = (Arc::new(AtomicBool::new(true)), reaction.clone());
            let state = Arc::clone(&broken);
            let fake = Fake::start(0x1ff, 0, move |letter, _| match letter {
                _ if letter == command && state.load(Ordering::Relaxed) => wrong.clone(),
                _ => ok(letter),
            });
            let fake = fake.await;
            let mut chain = chain(vec![impatient(&fake)]);
            assert_eq!(greet(&mut chain).await, Ok(()), "{case}: there is no mail to defer yet");
            assert_eq!(word(&send(&mut chain).await), FAILED, "{case}");
            broken.store(false, Ordering::Relaxed);
            chain = self::chain(vec![milter(&fake)]);
            greet(&mut chain).await.unwrap();
            assert_eq!(word(&send(&mut chain).await), "accepted", "{case}: and then");
        }
    }
}

#[tokio::test]
async fn the_same_session_goes_on_once_the_milter_is_well() {
    let (broken, heard) = (Arc::new(AtomicBool::new(true)), Reaction::Close);
    let state = Arc::clone(&broken);
    let fake = Fake::start(0x1ff, 0, move |letter, _| match letter {
        b'E' if state.load(Ordering::Relaxed) => heard.clone(),
        _ => ok(letter),
    });
    let fake = fake.await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    assert_eq!(word(&send(&mut chain).await), FAILED);
    broken.store(false, Ordering::Relaxed);
    assert_eq!(word(&send(&mut chain).await), "accepted");
    let heard = fake.heard();
    let again = heard.iter().rposition(|text| text == "connected").unwrap();
    assert_eq!(
        heard[again + 2..again + 4],
        ["C unknown|4\u{4}\u{1}192.0.2.1|", "H client.example|"],
        "told anew"
    );
}

/// Clients wait for the greeting: nobody is to wait twice for a milter that hangs.
#[tokio::test]
async fn a_milter_that_failed_at_the_connection_is_left_alone_until_there_is_mail() {
    let fake = Fake::but(b'C', Reaction::Close).await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    let connections = || fake.heard().iter().filter(|text| *text == "connected").count();
    assert_eq!(connections(), 1);
    assert_eq!(word(&send(&mut chain).await), FAILED);
    assert_eq!(connections(), 2);
}

#[tokio::test]
async fn nobody_is_there() {
    let gone = Fake::but(b'E', Reaction::Close).await;
    let milter = milter(&gone);
    drop(gone);
    let mut chain = chain(vec![Milter { name: "gone".into(), ..milter }]);
    assert_eq!(greet(&mut chain).await, Ok(()));
    assert_eq!(word(&send(&mut chain).await), FAILED);
}

#[tokio::test]
async fn a_negotiation_beyond_the_offer_is_none() {
    for wrong in [
        choice(7, 0, 0, b""),
        choice(1, 0, 0, b""),
        choice(6, 0x8000, 0, b""),
        choice(6, 0, 0x80_0000, b""),
        choice(6, 0, 0, b"\0\0"),
        Reaction::Say(frame(b'c', b"")),
        Reaction::Close,
        Reaction::Silence,
    ] {
        let case = format!("{wrong:?}");
        let fake = Fake::raw(move |letter, _| if letter == b'O' { wrong.clone() } else { ok(letter) }).await;
        let mut chain = chain(vec![impatient(&fake)]);
        assert_eq!(greet(&mut chain).await, Ok(()));
        assert_eq!(word(&send(&mut chain).await), FAILED, "{case}");
    }
}

#[tokio::test]
async fn changes_without_end_or_leave_are_none() {
    let header = |letter, name: &[u8]| frame(letter, &[name, b"\0value\0"].concat());
    let large = frame(b'b', &[b'x'; 60_000]);
    for (actions, changes) in [
        // Not asked for at the negotiation.
        (0x1fe, header(b'h', b"X")),
        (0x1fd, frame(b'b', b"x")),
        (0x17b, frame(b'+', b"<a@b.example>\0")),
        (0x1df, frame(b'q', b"x\0")),
        // What no mail may have.
        (0x1ff, header(b'h', b"X\r\nY")),
        (0x1ff, frame(b'+', b"<a@b.example>\r\nRCPT TO:<c\0")),
        (0x1ff, frame(b'e', b"nobody\0")),
        // Beyond what a message may have: 10 000 octets, and a MiB to spare.
        (0x1ff, large.repeat(20)),
        (0x1ff, header(b'h', b"X").repeat(10_001)),
    ] {
        let said = [changes, frame(b'a', b"")].concat();
        let fake = Fake::start(actions, 0, move |letter, _| match letter {
            b'E' => Reaction::Say(said.clone()),
            _ => ok(letter),
        });
        let fake = fake.await;
        let mut chain = chain(vec![milter(&fake)]);
        greet(&mut chain).await.unwrap();
        let outcome = send(&mut chain).await;
        assert_eq!((word(&outcome), outcome.edits), (FAILED.to_owned(), vec![]), "{actions:x}");
    }
}

#[tokio::test]
async fn a_flood_drowns_nobody() {
    for flood in [frame(b'h', b"X\0y\0"), frame(b'b', &[b'x'; 60_000]), vec![0xff; 4096]] {
        let fake = Fake::but(b'E', Reaction::Flood(flood)).await;
        let mut chain = chain(vec![milter(&fake)]);
        greet(&mut chain).await.unwrap();
        assert_eq!(word(&send(&mut chain).await), FAILED);
    }
}

/// Paused: what is awaited for minutes is awaited at once.
#[tokio::test(start_paused = true)]
async fn a_milter_is_at_work_for_nine_minutes_at_most() {
    let fake = Fake::but(b'E', Reaction::Silence).await;
    let slow = Milter {
        timeouts: MilterTimeouts { end: Duration::from_secs(3600), ..milter(&fake).timeouts },
        ..milter(&fake)
    };
    let begun = tokio::time::Instant::now();
    let mut chain = chain(vec![slow]);
    greet(&mut chain).await.unwrap();
    assert_eq!(word(&send(&mut chain).await), FAILED);
    assert!(begun.elapsed() >= Duration::from_secs(540) && begun.elapsed() < Duration::from_secs(600));
}

/// Each answer is in time, and all of them together are not.
#[tokio::test(start_paused = true)]
async fn all_milters_have_nine_minutes_together() {
    let fake = Fake::but(b'B', Reaction::Silence).await;
    let skipped = |seconds| Milter {
        timeouts: MilterTimeouts { content: Duration::from_secs(seconds), ..milter(&fake).timeouts },
        on_failure: OnFailure::Skip,
        ..milter(&fake)
    };
    let begun = tokio::time::Instant::now();
    let mut chain = chain(vec![skipped(200), skipped(200), skipped(200), skipped(200)]);
    greet(&mut chain).await.unwrap();
    assert_eq!(word(&send(&mut chain).await), "accepted");
    assert!(begun.elapsed() >= Duration::from_secs(540) && begun.elapsed() < Duration::from_secs(600));
}

#[tokio::test]
async fn a_milter_that_may_be_skipped_is() {
    for command in *b"CMRTLE" {
        let fake = Fake::but(command, Reaction::Close).await;
        let mut chain = chain(vec![Milter { on_failure: OnFailure::Skip, ..milter(&fake) }]);
        greet(&mut chain).await.unwrap();
        assert_eq!(word(&send(&mut chain).await), "accepted", "{}", char::from(command));
    }
    let denies = Fake::but(b'E', Reaction::Say(frame(b'r', b""))).await;
    let mut chain = chain(vec![Milter { on_failure: OnFailure::Skip, ..milter(&denies) }]);
    greet(&mut chain).await.unwrap();
    assert_eq!(word(&send(&mut chain).await), "550 5.7.1", "a verdict is no failure");
}

#[tokio::test]
async fn an_answer_that_nobody_awaits_any_more_is_not_taken_for_another() {
    let fake = Fake::but(b'R', Reaction::Silence).await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    chain.mail("<>", &[]).await.unwrap();
    tokio::select! {
        biased;
        _ = chain.rcpt("<b@mx.example>", &[]) => panic!("it does not answer"),
        () = fake.hears("R <b@mx.example>|") => {}
    }
    assert_eq!(word(&chain.message("id", &mut Paper::new()).await), FAILED);
}
