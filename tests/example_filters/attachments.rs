//! Programs do not come in: by whatever name, in whatever they are wrapped.

use waxseal_tests::host::Host;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

use super::{Case, OUTSIDE, RECIPIENT, SENDER, arrive, bounded, head, multipart, relay, send, shipped, site};

/// A program, by its first octets.
const PROGRAM: &str = "\r\nContent-Transfer-Encoding: base64\r\n\r\nTVqQAAMAAAAEAAAA//8AALgAAAA=";

/// A message with a file that has these fields.
fn with_file(fields: &str) -> String {
    multipart("mixed", &["\r\nLook!", &format!("{fields}\r\n\r\nx")])
}

/// A message that is nothing but this part.
fn alone(part: &str) -> String {
    format!("{}\r\n{part}\r\n", head("").trim_end())
}

/// Fields of a file with a name that a program has.
fn names() -> Vec<String> {
    let disposition = [
        "filename=setup.exe",
        "filename=my setup.exe",
        "filename=\"setup.exe",
        "FILENAME = \"SETUP.EXE\"",
        "filename=\"setup.exe. .\"",
        "filename=\"offer.pdf     .scr\"",
        "filename=\"offer.pdf.html\"",
        "filename*=utf-8''set%75p.exe",
        "filename*0*=utf-8''setup.;\r\n filename*1*=%65xe",
        "filename*1=xe; filename*0=setup.e",
        "filename=\"=?utf-8?B?c2V0dXAuZXhl?=\"",
        "filename=\"=?utf-8?Q?setup.e?=\r\n =?utf-8?Q?xe?=\"",
        "filename=a.txt; filename=setup.exe",
        "filename=a.txt; filename*=utf-8''setup.exe",
        "filename=\"photo\u{202e}gpj.exe\"",
    ];
    let mut all: Vec<_> =
        disposition.iter().map(|name| format!("Content-Disposition: attachment; {name}")).collect();
    all.push("Content-Type: text/plain; name=\"=?iso-8859-1?Q?Gr=FC=DFe=2Eexe?=\"".to_owned());
    all.push(
        "Content-Type: text/plain; name=setup.exe\r\nContent-Disposition: inline; filename=a.txt".to_owned(),
    );
    all.push("Content-Disposition: inline\r\nContent-Disposition: attachment; filename=setup.exe".to_owned());
    all.push(format!("Content-Disposition: attachment; filename=\"{}.exe\"", "long ".repeat(500)));
    all
}

/// Programs that are wrapped.
fn wrapped() -> Vec<(&'static str, String)> {
    let program = format!("Content-Type: application/pdf; name=offer.pdf{PROGRAM}");
    let message = format!("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n{program}");
    let deep = format!(
        "Content-Type: multipart/related; boundary=a\r\n\r\n{}",
        bounded("a", &["Content-Type: text/html\r\n\r\n<p>", &program])
    );
    let closed = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeAoK";
    let piece = head("Content-Type: message/partial; id=1; number=1; total=2\r\n");
    let many: Vec<_> = (0..1_100).map(|_| "\r\nx").chain([program.as_str()]).collect();
    let digest = format!(
        "Content-Type: multipart/digest; boundary=d\r\n\r\n{}",
        bounded("d", &[&format!("\r\nSubject: in\r\n{program}")])
    );
    vec![
        ("alone", alone(&program)),
        ("by its octets", multipart("mixed", &["\r\nLook!", &program])),
        (
            "in quoted-printable",
            multipart(
                "mixed",
                &[
                    "\r\nLook!",
                    "Content-Type: image/png\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=4D=\r\nZ=90=00=03",
                ],
            ),
        ),
        ("in a message", multipart("mixed", &["\r\nLook!", &message])),
        (
            "in a message in a message",
            multipart(
                "mixed",
                &["\r\nLook!", &format!("Content-Type: message/rfc822\r\n\r\nSubject: out\r\n{message}")],
            ),
        ),
        ("in a digest", multipart("mixed", &["\r\nLook!", &digest])),
        ("beside a page", multipart("alternative", &["\r\nLook!", &deep])),
        ("signed", multipart("signed", &[&program, "Content-Type: application/pgp-signature\r\n\r\nx"])),
        ("in a message that is closed", multipart("mixed", &["\r\nLook!", closed])),
        ("a piece", piece),
        ("behind a thousand others", multipart("mixed", &many)),
        (
            "in parts without a boundary",
            multipart("mixed", &["\r\nLook!", "Content-Type: multipart/mixed\r\n\r\nx"]),
        ),
    ]
}

fn harmless() -> Vec<Case> {
    let mut cases: Vec<_> =
        ["offer.pdf", "exe", "report.2026.pdf", "contract.docx.pdf", "offer.pdf.p7m", "a.zip"]
            .iter()
            .map(|name| {
                Case::same(
                    "a document",
                    with_file(&format!("Content-Disposition: attachment; filename=\"{name}\"")),
                )
            })
            .collect();
    let returned = "Content-Type: message/rfc822\r\n\r\nSubject: only its fields\r\nFrom: x@y.example\r\n";
    let status = "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x";
    let signed = ["\r\nsigned", "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIIB"];
    let eight = [multipart("mixed", &["\r\n"]).as_bytes(), b"Gr\xfc\xdfe\r\n"].concat();
    let hundreds: Vec<_> =
        (0..300).map(|_| "Content-Disposition: attachment; filename=a.txt\r\n\r\nx").collect();
    cases.push(Case::same(
        "a notice",
        multipart("report; report-type=delivery-status", &["\r\nIt failed", status, returned]),
    ));
    cases.push(Case::same("signed", multipart("signed", &signed)));
    cases.push(Case::same("eight bits", eight));
    cases.push(Case::same(
        "forwarded",
        multipart("mixed", &["\r\nsee", "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny"]),
    ));
    cases.push(Case::same("hundreds of files", multipart("mixed", &hundreds)));
    cases
}

async fn refused(relay: &TestRelay, host: &Host, all: impl IntoIterator<Item = (String, String)>) {
    let (before, mut wrong) = (host.messages().len(), Vec::new());
    for (what, content) in all {
        let reply = send(relay, OUTSIDE, (SENDER, &[RECIPIENT]), content.as_bytes()).await;
        if reply.codes() != "550 5.7.1" {
            wrong.push(format!("{what}: {reply}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    relay.drained().await;
    assert_eq!(host.messages().len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_are_refused_and_documents_arrive() {
    let (relay, host) = relay(site("block_attachments")).await;
    refused(&relay, &host, names().into_iter().map(|fields| (fields.clone(), with_file(&fields)))).await;
    refused(&relay, &host, wrapped().into_iter().map(|(what, content)| (what.to_owned(), content))).await;
    arrive(&relay, &host, OUTSIDE, SENDER, harmless()).await;
}

/// Where programs are removed instead.
fn removing() -> Site {
    let text = shipped("filters/block_attachments.rhai");
    assert!(text.contains("fn answer() { \"refuse\" }"));
    Site::new().policy(
        "filters/block_attachments.rhai",
        text.replace("fn answer() { \"refuse\" }", "fn answer() { \"remove\" }"),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_are_removed_where_something_is_left() {
    let (relay, host) = relay(removing()).await;
    let program = format!("Content-Type: application/octet-stream; name=\"a (1).exe\"{PROGRAM}");
    let other = "Content-Disposition: attachment; filename=b.js\r\n\r\nx";
    let pdf = "Content-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-";
    let message = format!("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n{program}");
    let whole = |part: &str| format!("--out=er\r\n{part}\r\n");
    let noted = |names: &str| format!("Look!\r\n\r\n{names}");
    let sent = multipart("mixed", &["\r\nLook!", &program, pdf, other]);
    let cases = vec![
        Case::with(
            "two of three",
            sent,
            &[
                (&whole(&program), ""),
                (&whole(other), ""),
                ("Look!\r\n", &noted("[Removed: a (1).exe]\r\n[Removed: b.js]\r\n")),
            ],
        ),
        // With a name that no log and no tag has room for.
        Case::with(
            "a message that is nothing else",
            multipart("mixed", &["\r\nLook!", pdf, &message]),
            &[(&whole(&message), ""), ("Look!\r\n", &noted("[Removed: a (1).exe]\r\n"))],
        ),
    ];
    arrive(&relay, &host, OUTSIDE, SENDER, cases).await;
    let long = names().pop().unwrap();
    assert_eq!(send(&relay, OUTSIDE, (SENDER, &[RECIPIENT]), with_file(&long).as_bytes()).await.code, 250);
    let signed =
        format!("Content-Type: multipart/signed; boundary=s\r\n\r\n{}", bounded("s", &[&program, "\r\nx"]));
    let all = [
        ("alone", alone(&program)),
        ("signed", multipart("mixed", &["\r\nLook!", &signed])),
        ("nothing is left", multipart("mixed", &[&program, other])),
        ("all is a message", alone(&message)),
    ];
    host.messages_until(3).await;
    refused(&relay, &host, all.map(|(what, content)| (what.to_owned(), content))).await;
}
