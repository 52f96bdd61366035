//! A copy goes to the archive, as it was, and nobody gets around it.

use waxseal_tests::host::{Host, Mode};

use super::{INSIDE, RECIPIENT, SENDER, head, multipart, relay, send, site, untraced};

const ARCHIVE: &str = "everything@archive.example";

/// From where, from whom, to whom, and to whom it goes at the archive.
type Copied<'a> = ([u8; 4], &'a str, &'a [&'a str], &'a [&'a str]);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_archive_has_what_the_recipient_has() {
    let archive = Host::start(Mode::NoStartTls).await;
    let (relay, host) = relay(site("archive_copy").host("archive.example", archive.address)).await;
    let eight = [head("").as_bytes(), b"Gr\xfc\xdfe\r\n.\r\n"].concat();
    let signed = multipart("signed", &["\r\nsigned", "Content-Type: application/pgp-signature\r\n\r\nx"]);
    let report = multipart(
        "report",
        &["\r\nIt failed", "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x"],
    );
    let cases = [(SENDER, eight), (SENDER, signed.into_bytes()), ("", report.into_bytes())];
    for (number, (sender, content)) in (1..).zip(cases) {
        assert_eq!(send(&relay, INSIDE, (sender, &[RECIPIENT]), &content).await.code, 250);
        for (host, recipient) in [(&host, RECIPIENT), (&archive, ARCHIVE)] {
            let arrived = host.messages_until(number).await;
            let arrived = arrived.last().unwrap();
            assert_eq!(
                (arrived.sender.as_str(), &arrived.recipients[..]),
                (sender, &[recipient.to_owned()][..])
            );
            assert_eq!(untraced(arrived), content);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_around_it_and_nothing_goes_round() {
    let archive = Host::start(Mode::NoStartTls).await;
    let (relay, host) = relay(site("archive_copy").host("archive.example", archive.address)).await;
    let content = head("");
    let archives = [127, 0, 7, 7];
    let cases: [Copied<'_>; 4] = [
        (INSIDE, "forged@archive.example", &[RECIPIENT], &[ARCHIVE]),
        (INSIDE, SENDER, &["nobody@archive.example"], &["nobody@archive.example", ARCHIVE]),
        (INSIDE, SENDER, &["Everything@archive.example"], &["Everything@archive.example"]),
        (archives, "reports@archive.example", &[RECIPIENT], &[]),
    ];
    for (from, sender, recipients, _) in cases {
        assert_eq!(send(&relay, from, (sender, recipients), content.as_bytes()).await.code, 250);
    }
    relay.drained().await;
    assert_eq!(host.messages().len(), 2);
    let mut archived: Vec<_> = archive.messages().into_iter().flat_map(|one| one.recipients).collect();
    let mut expected: Vec<_> =
        cases.iter().flat_map(|(_, _, _, archived)| *archived).map(ToString::to_string).collect();
    archived.sort();
    expected.sort();
    assert_eq!(archived, expected);
}
