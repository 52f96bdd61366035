use super::*;

/// The key of the test kit's certificate, and another.
const PRESENTED: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const OTHER: &str = "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3";

fn pinned(text: &str) -> PinnedKey {
    testing::configured(text).unwrap()
}

fn asked(plugin: &PinnedKey) -> outgoing::certificate::Verdict {
    plugin.certificate(&testing::encrypted_host(), &testing::certificate())
}

#[test]
fn a_pinned_key_is_accepted_however_it_is_written() {
    for key in [PRESENTED.to_owned(), format!("sha256:{PRESENTED}"), PRESENTED.to_uppercase()] {
        assert_eq!(asked(&pinned(&format!(r#""example.org" = [{{ key = "{key}" }}]"#))), accept());
    }
    assert!(testing::alarms().is_empty() && testing::logged().is_empty());
}

#[test]
fn an_unknown_key_is_an_alarm_that_has_what_to_write_down() {
    let plugin = pinned(&format!(r#""example.org" = [{{ key = "{OTHER}" }}]"#));
    assert_eq!(asked(&plugin), defer("4.7.5", "The host's key is not one that we know"));
    let alarm = format!("mx.example.org has a key that is not pinned for example.org: sha256:{PRESENTED}");
    assert_eq!(testing::alarms(), [alarm]);
}

#[test]
fn no_certificate_has_no_key_that_we_know() {
    let plugin = pinned(&format!(r#""example.org" = [{{ key = "{PRESENTED}" }}]"#));
    let verdict = plugin.certificate(&testing::encrypted_host(), &testing::no_certificate());
    assert_eq!(verdict.word(), "defer");
}

#[test]
fn an_old_key_is_good_through_its_last_day_while_the_new_one_is_too() {
    let rotation = format!(
        r#""example.org" = [{{ key = "{PRESENTED}", until = 2027-03-31 }}, {{ key = "sha256:{OTHER}" }}]"#
    );
    let plugin = pinned(&rotation);
    let new = testing::certificate().spki_sha256(OTHER);
    let end_of_march: i64 = 1_806_537_599;

    testing::set_clock(end_of_march);
    assert_eq!(asked(&plugin), accept());
    assert_eq!(
        testing::logged(),
        ["mx.example.org still has the key of example.org that is good until 2027-03-31"]
    );
    assert_eq!(plugin.certificate(&testing::encrypted_host(), &new), accept());

    testing::advance_clock(1);
    assert_eq!(asked(&plugin), defer("4.7.5", "The host's key was good until 2027-03-31"));
    assert_eq!(testing::alarms().len(), 1);
    assert_eq!(plugin.certificate(&testing::encrypted_host(), &new), accept());
}

#[test]
fn a_domain_has_its_own_pins_or_those_above_it() {
    let plugin = pinned(&format!(
        r#"
        "example.org" = [{{ key = "{PRESENTED}" }}]
        "lab.example.org" = [{{ key = "{OTHER}" }}]
        "#
    ));
    let word = |domain: &str| {
        let host = testing::encrypted_host().domain(domain);
        plugin.certificate(&host, &testing::certificate()).word()
    };
    assert_eq!(["example.org", "mail.example.org"].map(word), ["accept"; 2]);
    assert_eq!(["lab.example.org", "eu.lab.example.org", "myexample.org", "org"].map(word), ["defer"; 4]);
}

#[test]
fn mail_never_goes_in_clear() {
    let plugin = pinned("");
    assert_eq!(plugin.offer(&testing::offering_host()), start_tls());
    assert_eq!(plugin.offer(&testing::clear_host()), defer("4.7.4", "TLS is required, but was not offered"));
    assert_eq!(plugin.mail(&testing::encrypted_host(), &testing::mail()), accept());
    let failed = testing::offering_host().tls_failure("handshake failure");
    let later = defer("4.7.5", "TLS is required: handshake failure");
    assert_eq!(plugin.mail(&failed, &testing::mail()), later);
}

#[test]
fn a_slip_in_the_configuration_is_named() {
    let problem = |text: &str| testing::configured::<PinnedKey>(text).unwrap_err();
    assert_eq!(
        problem(r#""example.org" = [{ key = "sha256:a1" }]"#),
        "`example.org`: `sha256:a1` is no key: write `sha256:` and 64 hexadecimal digits"
    );
    let till = format!(r#""example.org" = [{{ key = "{OTHER}", till = 2027-03-31 }}]"#);
    assert_eq!(problem(&till), "`example.org`: unknown field `till`, expected `key` or `until`");
}

#[test]
fn the_configuration_beside_it_is_one_that_it_takes() {
    let plugin = pinned(include_str!("../pinned_key.toml"));
    assert_eq!(plugin.pins("partner.example").len(), 2);
}

#[test]
fn the_readme_shows_the_plugin_as_it_is() {
    let readme = include_str!("../README.md");
    let (_, shown) = readme.split_once("```rust\n").unwrap();
    assert!(include_str!("lib.rs").contains(shown.split_once("```").unwrap().0));
}
