//! What is known of milters that fail, and what is told of milters to who follows.

use std::sync::atomic::{AtomicBool, Ordering};

use super::fake::ok;
use super::*;
use crate::observe::trace::{Interest, Said, What};

async fn failing_at(letter: u8) -> (Fake, Arc<AtomicBool>) {
    let broken = Arc::new(AtomicBool::new(true));
    let state = Arc::clone(&broken);
    let fake = Fake::start(0x1ff, 0, move |command, _| match command {
        _ if command == letter && state.load(Ordering::Relaxed) => Reaction::Close,
        _ => ok(command),
    });
    (fake.await, broken)
}

async fn a_message(milter: &Milter, observer: &Observer) -> String {
    let mut chain = watched(vec![milter.clone()], observer);
    greet(&mut chain).await.unwrap();
    word(&send(&mut chain).await)
}

#[tokio::test]
async fn an_outage_is_known_from_the_first_failure_to_the_next_good_answer() {
    for letter in *b"CMTE" {
        let case = char::from(letter);
        let (fake, broken) = failing_at(letter).await;
        let (milter, observer) = (milter(&fake), Observer::off());
        assert_eq!(observer.outages().all(), []);
        a_message(&milter, &observer).await;
        a_message(&milter, &observer).await;
        let [outage] = <[_; 1]>::try_from(observer.outages().all()).unwrap();
        assert_eq!((outage.milter.as_str(), &outage.address), ("fake", &fake.address.to_string()), "{case}");
        assert!(outage.failures >= 2 && outage.since < outage.last, "{case}: the same outage: {outage}");
        assert!(outage.reason.contains("closed"), "{case}: {outage}");
        broken.store(false, Ordering::Relaxed);
        assert_eq!(a_message(&milter, &observer).await, "accepted");
        assert_eq!(observer.outages().all(), [], "{case}");
    }
}

#[tokio::test]
async fn a_milter_that_is_passed_over_has_come_to_nothing() {
    let (fake, _) = failing_at(b'C').await;
    let observer = Observer::off();
    let skipped = Milter { on_failure: OnFailure::Skip, ..milter(&fake) };
    assert_eq!(a_message(&skipped, &observer).await, "accepted");
    let metrics = observer.metrics().encode();
    assert!(!metrics.contains("waxseal_milter_messages_total{"), "{metrics}");
    assert!(metrics.contains("waxseal_milter_failures_total{"), "{metrics}");
    assert!(observer.outages().all()[0].to_string().contains("MAIL GOES ON WITHOUT IT"));
}

#[tokio::test]
async fn who_follows_hears_each_answer_and_each_failure() {
    let (fake, _) = failing_at(b'E').await;
    let observer = Observer::off();
    let mut following = observer.follow(Interest::Steps);
    a_message(&milter(&fake), &observer).await;
    let mut told = Vec::new();
    while !told.last().is_some_and(|last: &String| last.contains("failed")) {
        let What::Milter { milter, at, said } = &following.next().await.what else { continue };
        assert_eq!(milter, "fake");
        told.push(match said {
            Said::Answered(answer) => format!("{at} {answer}"),
            Said::Failed(_) => format!("{at} failed"),
        });
    }
    let steps = ["the connection", "EHLO", "MAIL", "RCPT", "DATA"];
    let expected: Vec<_> = steps.iter().map(|at| format!("{at} continue")).collect();
    assert_eq!(told[..expected.len()], expected);
    assert_eq!(told.len(), expected.len() + 1, "{told:?}");
}
