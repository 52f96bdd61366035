use super::*;
use crate::admin::protocol::Request;

#[test]
fn requests_are_written_as_documented() {
    for (line, expected) in [
        (
            r#"{"command":"quarantine","quarantine":"list","most":10}"#,
            Ask::List { filter: QuarantineFilter::default(), after: None, most: 10 },
        ),
        (
            r#"{"command":"quarantine","quarantine":"end","filter":{"reason":"virus"},"how":{"how":"release"}}"#,
            Ask::End {
                filter: QuarantineFilter { reason: Some("virus".to_owned()), ..Default::default() },
                how: How::Release { to: vec![] },
                all: false,
            },
        ),
    ] {
        assert_eq!(serde_json::from_str::<Request>(line).unwrap(), Request::Quarantine(Box::new(expected)));
    }
}

#[test]
fn a_subject_is_unfolded() {
    let subject_of = |text: &str| {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        subject(&lines)
    };
    assert_eq!(subject_of("From: a\nSUBJECT : one\n two\n\tthree\nTo: b").as_deref(), Some("one two\tthree"));
    assert_eq!(subject_of("X-Subject: no\nSubject:").as_deref(), Some(""));
    assert_eq!(subject_of("Received: x\n Subject: no"), None);
    assert_eq!(subject_of(""), None);
}

#[test]
fn an_address_to_release_to_has_its_destination() {
    let to = recipient("ann@B\u{fc}cher.example".to_owned()).unwrap();
    assert_eq!(to.domain, "xn--bcher-kva.example");
    assert_eq!(recipient("ann@[192.0.2.1]".to_owned()).unwrap().domain, "[192.0.2.1]");
    let wrong = recipient("ann".to_owned()).unwrap_err().to_string();
    assert!(wrong.contains("`ann` is no address to release mail to"), "{wrong}");
}

#[test]
fn it_is_said_in_time_that_there_is_no_room() {
    let limits = QuarantineLimits { messages: 100, octets: 1000 };
    let fill = |quarantined, quarantined_octets| {
        Totals::of(&Stats { quarantined, quarantined_octets, ..Stats::default() }, limits).fill
    };
    assert_eq!([fill(0, 0), fill(89, 899)], [Fill::Enough; 2]);
    assert_eq!([fill(90, 0), fill(1, 900)], [Fill::NearlyFull; 2]);
    assert_eq!([fill(100, 0), fill(1, 1000), fill(200, 0)], [Fill::Full; 3]);
    let huge = QuarantineLimits { messages: u64::MAX, octets: u64::MAX };
    assert_eq!(Totals::of(&Stats::default(), huge).fill, Fill::Enough);
}
