use super::*;

fn guard() -> ContentGuard {
    testing::configured(include_str!("../content_guard.toml")).unwrap()
}

fn asked(guard: &ContentGuard, message: &Message) -> incoming::message::Verdict {
    guard.message(&testing::clear_client(), message)
}

#[test]
fn mail_from_outside_is_marked() {
    let marked = accept_changed(Edits::new().insert_header(0, "X-External", "yes").tag("external", "yes"));
    assert_eq!(asked(&guard(), &testing::message()), marked);
    for own in ["example.org", "mail.Example.org"] {
        assert_eq!(asked(&guard(), &testing::message().from_domain(own)), no_opinion(), "{own}");
    }
}

#[test]
fn programs_are_refused_by_name_and_by_what_they_are() {
    let attachment = || testing::part().attachment(true);
    for part in [
        attachment().name("Invoice.PDF.exe"),
        attachment().name("invoice.pdf").detected_type("application/x-dosexec"),
        attachment().content_type("application/x-msdownload"),
    ] {
        let verdict = asked(&guard(), &testing::message().parts([part]));
        assert_eq!((verdict.word(), verdict.code()), ("refuse", Some("5.7.1")));
        assert!(verdict.text().starts_with("Attachments like this are not taken here: "), "{verdict:?}");
    }
    let script = testing::part().name("shown.js");
    assert_eq!(asked(&guard(), &testing::message().parts([script])).word(), "accept", "it is no attachment");
}

#[test]
fn the_whole_body_is_looked_through() {
    let guard = ContentGuard { refuse_texts: vec!["eicar".to_owned()], ..guard() };
    let large = "x".repeat(100_000);
    assert_eq!(asked(&guard, &testing::message().body(format!("{large}eicar{large}"))).word(), "refuse");
    assert_eq!(asked(&guard, &testing::message().body(large)).word(), "accept");
}

#[test]
fn a_card_number_is_kept_aside_and_not_repeated() {
    let message = testing::message().text("My card is 4111 1111 1111 1111, thank you");
    let verdict = asked(&guard(), &message);
    assert_eq!((verdict.word(), verdict.text()), ("quarantine", "a card number: ************1111"));
    assert_eq!(asked(&ContentGuard { review_cards: false, ..guard() }, &message).word(), "accept");
}
