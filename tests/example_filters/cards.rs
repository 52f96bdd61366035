//! Mail with the number of a card is kept, in whatever it is written; all else goes as it was.

use std::collections::BTreeSet;

use super::{Case, INSIDE, OUTSIDE, SENDER, arrive, head, multipart, relay, send, site};

fn kept() -> Vec<(&'static str, String)> {
    let of = |fields: &str, body: &str| head(fields) + body + "\r\n";
    let base64 = "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n";
    let utf_16 = "Content-Type: text/plain; charset=utf-16be\r\nContent-Transfer-Encoding: base64\r\n";
    let quoted = "Content-Transfer-Encoding: quoted-printable\r\n";
    vec![
        ("text", of("", "Card 4111-1111-1111-1111, 12/27")),
        ("subject", head("").replace("Elephants", "=?utf-8?B?NDExMSAxMTExIDExMTEgMTExMQ==?=")),
        ("quoted", of(quoted, "4111 1111=\r\n 1111 11=\r\n=31=31.")),
        ("tags", of("Content-Type: text/html\r\n", "<p>4111&nbsp;1111 <b>1111</b>&#32;1111</p>")),
        // <p>4111 1111 1111 1111
        ("base64", of(base64, "PHA+NDExMSAxMTExIDExMTEgMTExMQo=")),
        // 4111111111111111
        ("utf-16", of(utf_16, "ADQAMQAxADEAMQAxADEAMQAxADEAMQAxADEAMQAxADE=")),
        (
            "table",
            multipart(
                "mixed",
                &[
                    "\r\nsee below",
                    "Content-Type: text/csv; name=cards.csv\r\nContent-Transfer-Encoding: base64\r\n\r\nQW5uLDQxMTExMTExMTExMTExMTEsMTIvMjcK",
                ],
            ),
        ),
        (
            "forwarded",
            multipart(
                "mixed",
                &[
                    "\r\nsee below",
                    "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n4111 1111 1111 1111",
                ],
            ),
        ),
        (
            "signed",
            multipart(
                "signed",
                &["\r\n5555 5555 5555 4444", "Content-Type: application/pgp-signature\r\n\r\nx"],
            ),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_of_cards_do_not_leave_in_whatever_they_are_written() {
    let (relay, host) = relay(site("card_review")).await;
    for (what, content) in kept() {
        let recipient = format!("{what}@there.example");
        assert_eq!(
            send(&relay, INSIDE, (SENDER, &[&recipient]), content.as_bytes()).await.code,
            250,
            "{what}"
        );
    }
    let card = kept().remove(0).1;
    let other = card.replace("1111,", "1112,");
    arrive(&relay, &host, INSIDE, SENDER, vec![Case::same("another number", other)]).await;
    arrive(&relay, &host, OUTSIDE, SENDER, vec![Case::same("from outside", card)]).await;
    relay.drained().await;
    let arrived: BTreeSet<String> = host.messages().into_iter().flat_map(|one| one.recipients).collect();
    assert_eq!(arrived, BTreeSet::from(["bob@there.example".to_owned()]), "the others are kept");
    let count = format!("waxseal_messages_filtered_total{{outcome=\"quarantined\"}} {}", kept().len());
    assert!(relay.metrics().contains(&count), "no `{count}` in\n{}", relay.metrics());
}
