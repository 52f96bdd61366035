use super::*;
use crate::decision::{Answer, Failure};
use crate::facts::Version;
use crate::hooks::{Hook, incoming};
use crate::place::Place;

const ROW: &str = "domains.rhai:1:12";

fn row(pattern: &str) -> Arc<Row> {
    Arc::new(Row { pattern: pattern.to_owned(), place: ROW.to_owned(), ..Row::default() })
}

fn client(row: &Arc<Row>) -> Arc<Client> {
    Arc::new(Client { row: Arc::clone(row), ..Client::default() })
}

fn decision<H: Hook>(row: &Arc<Row>, place: &str, outcome: Outcome<H::Verdict>) -> Decision<H::Verdict> {
    let answer = Answer { outcome, place: Place::file(place) };
    Decision { hook: H::NAME, answer, row: Arc::clone(row), generation: 7, asked: Vec::new(), filters: None }
}

fn accepting(terms: Terms) -> Outcome<Cipher> {
    Outcome::Verdict(Cipher::Accept { identity: None, terms })
}

fn failed<V>() -> Outcome<V> {
    Outcome::Failure(Failure { message: "broken".to_owned() })
}

fn at_least(min_version: Version) -> Terms {
    Terms { min_version, ..Terms::default() }
}

/// What one row comes to that accepts at mail.
fn asked(row: &Arc<Row>, cipher: Outcome<Cipher>, certificate: Outcome<OfCertificate>) -> Asked {
    let handshake = Handshake { version: Version::Tls12, ..Handshake::default() };
    let mut at = AtMail::begin(row, 7, Some((&handshake, Terms::of(row))));
    at.cipher(&decision::<incoming::Cipher>(row, "cipher", cipher));
    let certificate = decision::<incoming::Certificate>(row, "certificate", certificate);
    at.certificate(Arc::default(), &certificate);
    at.mail(client(row), decision::<incoming::Mail>(row, "mail", Outcome::Verdict(Passage::Accept)))
}

fn accepted() -> Outcome<OfCertificate> {
    Outcome::Verdict(OfCertificate::Accept)
}

fn came_to(asked: Vec<Asked>) -> String {
    let (decision, _) = decide(asked).expect("rows were asked");
    let code = decision.outcome().reply().and_then(|reply| reply.code);
    let code = code.map(|code| format!(" {code}")).unwrap_or_default();
    format!("{}{code} {} ({})", decision.outcome().word(), decision.reason(), decision.answer.place)
}

#[test]
fn what_cipher_asks_holds_on_what_was_negotiated() {
    let row = row("*");
    let denied = asked(&row, accepting(at_least(Version::Tls13)), accepted());
    assert_eq!(
        came_to(vec![denied]),
        "refuse 5.7.5 TLS 1.3 is required, but TLS 1.2 was negotiated (cipher)"
    );
    assert_eq!(came_to(vec![asked(&row, accepting(at_least(Version::Tls12)), accepted())]), "accept  (mail)");
}

#[test]
fn a_failure_lets_nothing_on_and_hides_no_refusal() {
    let row = row("*");
    assert_eq!(came_to(vec![asked(&row, failed(), accepted())]), "failure broken (cipher)");
    assert_eq!(
        came_to(vec![asked(&row, accepting(Terms::default()), failed())]),
        "failure broken (certificate)"
    );
    let refused = Outcome::Verdict(OfCertificate::Refuse(Reply::text("whose is it?")));
    assert_eq!(came_to(vec![asked(&row, failed(), refused)]), "refuse 5.7.5 whose is it? (certificate)");
}

#[test]
fn the_row_that_denies_decides_and_its_terms_are_the_relays_to_hold() {
    let strict = Arc::new(Row { min_version: Version::Tls13, ..Row::clone(&row("example.org")) });
    let both = || {
        [row("*"), Arc::clone(&strict)]
            .map(|row| asked(&row, accepting(Terms::default()), accepted()))
            .to_vec()
    };
    let (joined, decider) = decide(both()).expect("rows were asked");
    assert_eq!(joined.answer.place.to_string(), ROW);
    assert_eq!([&joined.row.pattern, &decider.client.row.pattern], ["example.org", "example.org"]);
    let clear = |row: &Arc<Row>| {
        let mail = decision::<incoming::Mail>(row, "mail", Outcome::Verdict(Passage::Accept));
        AtMail::begin(row, 7, None).mail(client(row), mail)
    };
    assert!(came_to(vec![clear(&strict)]).starts_with("refuse 5.7.0 TLS is required"));
    assert!(decide(Vec::new()).is_none());
}

#[test]
fn what_another_rows_policy_allowed_does_not_hold() {
    let (own, other) = (row("192.0.2.0/24"), row("example.org"));
    let (allowed, by_filters) = (at_least(Version::Tls13), at_least(Version::Tls12));
    assert_eq!(terms_for(&own, &own, &allowed, &by_filters).min_version, Version::Tls13);
    assert_eq!(terms_for(&other, &own, &allowed, &by_filters).min_version, Version::Tls12);
}
