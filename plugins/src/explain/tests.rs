use jiff::civil::date;

use super::*;
use crate::bundle::{Settings, Snapshot};
use crate::conversation::Fate;

const TABLE: &str = r#"
incoming {
    "*" attempt
    "192.0.2.0/24" require
    "192.0.2.7" attempt because "old scanner"
    "bank.example" require_verified
}
outgoing {
    "*" attempt
    "*.partner.example" require
    "mail.partner.example" require_verified
    "partner.example" prevent because "ticket 7" until "2026-06-30"
}
"#;

fn bundle(files: &[(&str, &str)]) -> Bundle {
    let settings = Settings { tls_enabled: true, ..Settings::default() };
    let files = files.iter().copied().chain([("domains.rhai", TABLE)]);
    Bundle::load(&Snapshot::of(files), &settings, 1).unwrap_or_else(|wrong| panic!("{wrong}")).0
}

fn to(domain: &str) -> Explanation {
    let today = date(2026, 7, 1);
    outgoing(&bundle(&[]), &Delivery { today, ..Delivery::to(domain, Situation::Valid) })
}

fn passed_over(explanation: &Explanation) -> Vec<(&str, Why)> {
    explanation.passed_over.iter().map(|one| (one.row.pattern.as_str(), one.why)).collect()
}

fn fate(explanation: &Explanation, situation: Situation) -> Fate {
    let case = explanation.cases.iter().find(|case| case.situation == situation).unwrap();
    case.conversation.end.fate
}

#[test]
fn rows_that_are_passed_over_say_why() {
    let explanation = to("mail.partner.example");
    assert_eq!(explanation.rows[0].row.policy, "require_verified");
    let expected = [
        ("*", Why::ForTheRest),
        ("*.partner.example", Why::LessSpecific),
        ("partner.example", Why::ItselfOnly),
    ];
    assert_eq!(passed_over(&explanation), expected);

    let explanation = to("partner.example");
    assert_eq!(explanation.rows[0].row.pattern, "*");
    let ended = Why::Ended { until: date(2026, 6, 30) };
    assert_eq!(
        passed_over(&explanation),
        [("*.partner.example", Why::BelowOnly), ("partner.example", ended)]
    );
    assert!(passed_over(&to("elsewhere.example")).is_empty());
}

#[test]
fn incoming_rows_are_those_of_two_lookups() {
    let like = |address: &str, sender: &str| Reception {
        address: address.parse().unwrap(),
        ..Reception::from(sender, Situation::Valid)
    };
    let bundle = bundle(&[]);
    let rows = |explanation: &Explanation| {
        let rows = explanation.rows.iter();
        rows.map(|holding| (holding.row.pattern.clone(), holding.when)).collect::<Vec<_>>()
    };
    let both = incoming(&bundle, &like("192.0.2.7", "ann@bank.example"));
    let expected = [("192.0.2.7".to_owned(), When::Throughout), ("bank.example".to_owned(), When::AtMail)];
    assert_eq!(rows(&both), expected);
    assert_eq!(passed_over(&both), [("*", Why::ForTheRest), ("192.0.2.0/24", Why::LessSpecific)]);

    let sender_alone = incoming(&bundle, &like("198.51.100.7", "ann@bank.example"));
    let expected = [("*".to_owned(), When::BeforeMail), ("bank.example".to_owned(), When::AtMail)];
    assert_eq!(rows(&sender_alone), expected);
    assert_eq!(rows(&incoming(&bundle, &like("198.51.100.7", ""))), [("*".to_owned(), When::Throughout)]);
}

#[test]
fn each_situation_ends_and_its_line_is_shown() {
    let explanation = to("mail.partner.example");
    assert_eq!(fate(&explanation, Situation::Valid), Fate::SentEncrypted);
    assert_eq!(fate(&explanation, Situation::NoTls), Fate::Waits);
    assert_eq!(fate(&explanation, Situation::Expired), Fate::Waits);
    assert!(explanation.cases.iter().all(|case| case.situation != Situation::OtherKey));
    let decided: usize = explanation.deciding.iter().map(|one| one.situations.len()).sum();
    assert_eq!(decided, explanation.cases.len(), "each has a line, and one line only");
    let expired =
        explanation.deciding.iter().find(|one| one.situations.contains(&Situation::Expired)).unwrap();
    let excerpt = expired.excerpt.as_ref().unwrap();
    assert!(excerpt.contains("--> outgoing/require_verified.rhai:17:9"), "{excerpt}");
    assert!(excerpt.contains("defer(\"4.7.5\"") && excerpt.contains("^^^^^"), "{excerpt}");
}

#[test]
fn policies_and_filters_say_what_they_are_about() {
    let filter = "//! filters/strict.rhai: Encrypts all mail.\n\nfn offer(host) { require(\"encrypted\") }\n";
    let bundle = bundle(&[("filters/strict.rhai", filter)]);
    let explanation = outgoing(&bundle, &Delivery::to("elsewhere.example", Situation::Valid));
    assert_eq!(explanation.policies[0].words, "Encrypt where the host can, send the mail anyhow.");
    assert_eq!(&*explanation.filters[0].path, "filters/strict.rhai");
    assert_eq!(explanation.filters[0].words, "Encrypts all mail.");
    // It may only tighten: what `attempt` lets go in clear waits under it.
    assert_eq!(fate(&explanation, Situation::NoTls), Fate::Waits);
    let incoming = incoming(&bundle, &Reception::from("ann@elsewhere.example", Situation::Valid));
    assert!(incoming.filters.is_empty(), "it has no incoming hook");
}
