use super::*;

const DAY: i64 = 86_400;

fn ratchet(hold: &str) -> TlsRatchet {
    testing::configured(&format!("remember = 90\nhold = {hold:?}")).unwrap()
}

fn encrypted(plugin: &TlsRatchet, version: u16) -> outgoing::certificate::Verdict {
    let host = testing::encrypted_host().version(version);
    plugin.certificate(&host, &testing::self_signed_certificate())
}

fn verified(plugin: &TlsRatchet) -> outgoing::certificate::Verdict {
    plugin.certificate(&testing::encrypted_host(), &testing::certificate())
}

fn clear(plugin: &TlsRatchet) -> outgoing::mail::Verdict {
    plugin.mail(&testing::clear_host(), &testing::mail())
}

#[test]
fn a_domain_that_gets_better_is_left_alone() {
    let plugin = ratchet("verified");
    assert_eq!(clear(&plugin), no_opinion());
    for version in [TLS_1_2, TLS_1_3, TLS_1_3] {
        assert_eq!(encrypted(&plugin, version), no_opinion());
    }
    assert_eq!(verified(&plugin), no_opinion());
    assert_eq!(plugin.mail(&testing::encrypted_host(), &testing::mail()), no_opinion());
    assert_eq!(testing::counted("downgrades"), 0);
}

#[test]
fn mail_waits_for_what_is_held_and_the_rest_is_an_alarm() {
    let was = "example.org was seen with TLS 1.3 and a verified certificate, and now with";
    for (hold, in_clear, unverified) in [
        ("clear", "no_opinion", "no_opinion"),
        ("encrypted", "defer", "no_opinion"),
        ("verified", "defer", "defer"),
    ] {
        testing::reset();
        let plugin = ratchet(hold);
        assert_eq!(verified(&plugin), no_opinion());
        assert_eq!(clear(&plugin).word(), in_clear, "{hold}");
        assert_eq!(testing::alarms(), [format!("{was} no TLS")]);
        assert_eq!(encrypted(&plugin, TLS_1_3).word(), unverified, "{hold}");
        assert_eq!(verified(&plugin), no_opinion());
        assert_eq!(testing::counted("downgrades"), 2);
    }
    assert_eq!(encrypted(&ratchet("verified"), TLS_1_2), defer("4.7.5", format!("{was} TLS 1.2")));
}

#[test]
fn an_older_version_is_an_alarm_once_a_day() {
    let plugin = ratchet("verified");
    assert_eq!(encrypted(&plugin, TLS_1_3), no_opinion());
    for _ in 0..3 {
        assert_eq!(encrypted(&plugin, TLS_1_2), no_opinion());
    }
    assert_eq!(testing::alarms(), ["example.org was seen with TLS 1.3, and now with TLS 1.2"]);
    testing::advance_clock(DAY);
    assert_eq!(encrypted(&plugin, TLS_1_2), no_opinion());
    assert_eq!((testing::alarms().len(), testing::counted("downgrades")), (2, 4));
}

#[test]
fn what_gets_lost_for_good_is_forgotten_in_the_end() {
    let plugin = ratchet("encrypted");
    assert_eq!(verified(&plugin), no_opinion());
    testing::advance_clock(60 * DAY);
    assert_eq!(verified(&plugin), no_opinion());
    testing::advance_clock(89 * DAY);
    assert_eq!(clear(&plugin).word(), "defer");
    testing::advance_clock(DAY);
    assert_eq!(clear(&plugin), no_opinion());
}

#[test]
fn a_new_text_lets_a_domain_begin_anew() {
    assert_eq!(verified(&ratchet("verified")), no_opinion());
    assert_eq!(clear(&ratchet("verified")).word(), "defer");
    let reset: TlsRatchet =
        testing::configured("remember = 90\nhold = \"verified\"\nreset.\"example.org\" = \"moved\"").unwrap();
    assert_eq!(clear(&reset), no_opinion());
    assert_eq!(encrypted(&reset, TLS_1_3), no_opinion());
    assert_eq!(clear(&reset).word(), "defer");
}

#[test]
fn another_call_may_have_seen_better_meanwhile() {
    let (one, other) = (
        Seen { level: Level::Verified, version: TLS_1_2 },
        Seen { level: Level::Encrypted, version: TLS_1_3 },
    );
    for both in [one.or_better(other), other.or_better(one)] {
        assert_eq!((both.level, both.version), (Level::Verified, TLS_1_3));
    }
}

#[test]
fn where_nothing_more_can_be_remembered_mail_goes_on() {
    let plugin = ratchet("encrypted");
    for octets in [64 << 10, 1 << 10, 1 << 5] {
        let fill = |n: &usize| kv::set(&format!("{octets} {n}"), &vec![0; octets], kv::FOR_EVER).is_ok();
        let _ = (0..).take_while(fill).count();
    }
    assert_eq!(verified(&plugin), no_opinion());
    assert_eq!(testing::counted("not_remembered"), 1);
}

#[test]
fn what_cannot_be_read_does_not_open_anything() {
    kv::set("example.org", b"odd", kv::FOR_EVER).unwrap();
    assert_eq!(clear(&ratchet("encrypted")).word(), "fail");
}

#[test]
fn the_configuration_beside_it_is_one_that_it_takes() {
    let plugin: TlsRatchet = testing::configured(include_str!("../tls_ratchet.toml")).unwrap();
    assert_eq!((plugin.remember, plugin.hold), (90, Level::Encrypted));
}
