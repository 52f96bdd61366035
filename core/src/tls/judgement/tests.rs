//! Judgements, every aspect on its own.

use data_encoding::{BASE64, HEXLOWER};
use rcgen::{ExtendedKeyUsagePurpose, IsCa};

use super::super::tests::support::{Ca, Fixture, Leaf, ca_params, expired, leaf_params, not_yet_valid};
use super::*;

mod bounds;

const NAME: &str = "mx.example.org";

fn judge_as(fixture: &Fixture, leaf: &Leaf, usage: Usage, pins: &[String]) -> facts::Certificate {
    let names = [NAME.to_owned()];
    let expected = Expected { usage, names: &names, roots: None, pins, possession: true };
    fixture.tls.judge(&leaf.chain, &expected, Timestamp::now())
}

fn judge(fixture: &Fixture, leaf: &Leaf) -> facts::Certificate {
    judge_as(fixture, leaf, Usage::Host, &[])
}

/// The aspects, each on its own: trusted, name, expired, not yet valid, self-signed.
fn aspects(judged: &facts::Certificate) -> [bool; 5] {
    [judged.trusted, judged.name_matches, judged.expired, judged.not_yet_valid, judged.self_signed]
}

#[test]
fn verifies_a_good_certificate() {
    let fixture = Fixture::new();
    let judged = judge(&fixture, &fixture.ca.leaf(&leaf_params(&[NAME])));
    assert_eq!(aspects(&judged), [true, true, false, false, false]);
    assert_eq!((judged.verified, judged.problem.as_str()), (true, ""));
    assert_eq!(judged.root, "CN=Test CA");
    assert_eq!((judged.subject.as_str(), judged.issuer.as_str()), ("CN=leaf", "CN=Test CA"));
    assert_eq!(judged.key, "ecdsa-256");
    assert_eq!(judged.names, [NAME]);
    assert_eq!((judged.server_usage, judged.client_usage), (true, false));
    assert_eq!((judged.sha256.len(), judged.spki_sha256.len(), judged.chain_length), (64, 64, 1));
}

#[test]
fn tells_every_aspect_on_its_own() {
    let fixture = Fixture::new();
    let (ca, unknown) = (&fixture.ca, Ca::new("Unknown CA"));
    let (good, wrong) = (leaf_params(&[NAME]), leaf_params(&["other.example"]));
    for (leaf, expected, problem) in [
        (
            ca.leaf(&wrong),
            [true, false, false, false, false],
            "is for other.example; expected is mx.example.org",
        ),
        (ca.leaf(&expired(good.clone())), [true, true, true, false, false], "has expired"),
        (ca.leaf(&expired(wrong.clone())), [true, false, true, false, false], "has expired"),
        (ca.leaf(&not_yet_valid(good.clone())), [true, true, false, true, false], "not valid yet"),
        (unknown.leaf(&good), [false, true, false, false, false], "no trusted root"),
        (unknown.leaf(&expired(wrong.clone())), [false, false, true, false, false], "no trusted root"),
        (Leaf::self_signed(&good), [false, true, false, false, true], "self-signed"),
        (Leaf::self_signed(&expired(good.clone())), [false, true, true, false, true], "self-signed"),
    ] {
        let judged = judge(&fixture, &leaf);
        assert_eq!(aspects(&judged), expected, "{judged:?}");
        assert!(judged.problem.contains(problem), "{problem} in {}", judged.problem);
        assert!(!judged.verified);
    }
}

#[test]
fn says_of_a_self_signed_ca_that_it_is_self_signed() {
    let mut params = leaf_params(&[NAME]);
    params.is_ca = ca_params("x").is_ca;
    let judged = judge(&Fixture::new(), &Leaf::self_signed(&params));
    assert_eq!(judged.chain_problem, "the certificate is self-signed");
}

#[test]
fn trusts_a_self_signed_certificate_that_is_a_root() {
    let fixture = Fixture::new();
    for (name, is_ca) in [("host", IsCa::ExplicitNoCa), ("ca", ca_params("x").is_ca)] {
        let mut params = leaf_params(&[NAME]);
        params.is_ca = is_ca;
        let leaf = Leaf::self_signed(&params);
        let files = leaf.write(fixture.directory.path(), name);
        let roots = BTreeSet::from([files.certificate.display().to_string()]);
        let names = [NAME.to_owned()];
        let expected =
            Expected { usage: Usage::Host, names: &names, roots: Some(&roots), pins: &[], possession: true };
        let judged = fixture.tls.judge(&leaf.chain, &expected, Timestamp::now());
        assert!(judged.verified, "{judged:?}");
    }
}

#[test]
fn does_not_verify_across_an_expired_intermediate() {
    let fixture = Fixture::new();
    let intermediate = fixture.ca.below(expired(ca_params("Old CA")));
    let judged = judge(&fixture, &intermediate.leaf(&leaf_params(&[NAME])).below(&intermediate));
    assert_eq!((judged.trusted, judged.expired, judged.verified), (true, false, false));
    assert_eq!(judged.problem, "a certificate of the chain has expired");
}

/// Old roots live on in cross-signed certificates, which hosts send along long after their end.
#[test]
fn finds_the_good_way_among_cross_signed_ones() {
    let fixture = Fixture::new();
    let (trusted, unknown) = (&fixture.ca, Ca::new("Unknown CA"));
    let between = Ca::new("Between");
    let (current, old) = (ca_params("Between"), expired(ca_params("Between")));
    let judge = |ways: &[CertificateDer<'static>]| {
        let mut leaf = between.leaf(&leaf_params(&[NAME]));
        leaf.chain.extend_from_slice(ways);
        judge(&fixture, &leaf)
    };
    let good = between.cross_signed(trusted, &current);
    for bad in [
        between.cross_signed(trusted, &old),
        between.cross_signed(&unknown, &current),
        between.cross_signed(&unknown, &old),
        between.der(),
    ] {
        for ways in [[good.clone(), bad.clone()], [bad.clone(), good.clone()]] {
            assert!(judge(&ways).verified);
        }
    }
    let untrusted = between.cross_signed(&unknown, &current);
    for ways in [
        [between.cross_signed(trusted, &old), untrusted.clone()],
        [untrusted, between.cross_signed(trusted, &old)],
    ] {
        let judged = judge(&ways);
        assert_eq!((judged.trusted, judged.verified), (true, false), "{judged:?}");
        assert_eq!(judged.problem, "a certificate of the chain has expired");
    }
}

#[test]
fn says_what_to_do_where_no_name_is_expected() {
    let fixture = Fixture::new();
    let leaf = fixture.ca.leaf(&leaf_params(&[NAME]));
    let expected = Expected { usage: Usage::Host, names: &[], roots: None, pins: &[], possession: true };
    let judged = fixture.tls.judge(&leaf.chain, &expected, Timestamp::now());
    let problem =
        "the certificate is for mx.example.org; no name is known that it should have: give the row `names`";
    assert_eq!(judged.problem, problem);
}

#[test]
fn misses_an_intermediate() {
    let fixture = Fixture::new();
    let intermediate = fixture.ca.below(ca_params("Sub CA"));
    let leaf = intermediate.leaf(&leaf_params(&[NAME]));
    assert!(!judge(&fixture, &leaf).trusted);
    assert!(judge(&fixture, &leaf.below(&intermediate)).verified);
}

#[test]
fn takes_a_server_certificate_for_a_client_but_not_the_reverse() {
    let fixture = Fixture::new();
    let server = fixture.ca.leaf(&leaf_params(&[NAME]));
    let judged = judge_as(&fixture, &server, Usage::Client, &[]);
    assert_eq!((judged.verified, judged.client_usage), (true, false));

    let mut params = leaf_params(&[NAME]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let client = fixture.ca.leaf(&params);
    assert!(judge_as(&fixture, &client, Usage::Client, &[]).verified);
    assert!(!judge(&fixture, &client).trusted);
}

#[test]
fn gives_no_credit_without_possession() {
    let fixture = Fixture::new();
    let leaf = fixture.ca.leaf(&leaf_params(&[NAME]));
    let pin = format!("sha256:{}", judge(&fixture, &leaf).spki_sha256);
    let names = [NAME.to_owned()];
    let expected =
        Expected { usage: Usage::Host, names: &names, roots: None, pins: &[pin], possession: false };
    let judged = fixture.tls.judge(&leaf.chain, &expected, Timestamp::now());
    assert_eq!((judged.verified, judged.pinned, judged.possession), (false, false, false));
}

#[test]
fn matches_pins_of_the_leaf_and_of_what_leads_to_it() {
    let fixture = Fixture::new();
    let private = Ca::new("Private CA");
    let leaf = private.leaf(&leaf_params(&[NAME])).below(&private);
    let issuer = Leaf { chain: vec![private.der()], ..Leaf::self_signed(&leaf_params(&[])) };
    let of_leaf = judge(&fixture, &leaf).spki_sha256;
    let of_issuer = judge(&fixture, &issuer).spki_sha256;
    let base64 = BASE64.encode(&HEXLOWER.decode(of_leaf.as_bytes()).unwrap());
    for pin in [of_leaf, base64, of_issuer] {
        assert!(judge_as(&fixture, &leaf, Usage::Host, &[format!("sha256:{pin}")]).pinned);
    }
    assert!(!judge_as(&fixture, &leaf, Usage::Host, &[format!("sha256:{}", "00".repeat(32))]).pinned);
}

#[test]
fn ignores_pins_of_certificates_that_are_merely_sent_along() {
    let fixture = Fixture::new();
    let trusted = Ca::new("The partner's CA");
    let partner = trusted.leaf(&leaf_params(&[NAME]));
    let pin = format!("sha256:{}", judge(&fixture, &partner).spki_sha256);
    let mut attacker = Ca::new("Evil CA").leaf(&leaf_params(&[NAME]));
    attacker.chain.push(partner.chain[0].clone());
    attacker.chain.push(trusted.der());
    assert!(!judge_as(&fixture, &attacker, Usage::Host, &[pin]).pinned);
}

#[test]
fn judges_against_the_roots_of_the_row() {
    let fixture = Fixture::new();
    let other = Ca::new("Other CA");
    let leaf = other.leaf(&leaf_params(&[NAME]));
    let names = [NAME.to_owned()];
    let judge = |roots: &[&str]| {
        let roots = roots.iter().map(|name| (*name).to_owned()).collect();
        let expected =
            Expected { usage: Usage::Host, names: &names, roots: Some(&roots), pins: &[], possession: true };
        fixture.tls.judge(&leaf.chain, &expected, Timestamp::now())
    };
    let missing = judge(&["other.pem"]);
    assert!(missing.chain_problem.contains("other.pem cannot be read"), "{}", missing.chain_problem);
    other.write(fixture.directory.path(), "other2.pem");
    assert!(judge(&["other2.pem"]).verified);
    assert!(judge(&["other2.pem", "webpki"]).verified);
    assert!(!judge(&["webpki"]).trusted);
}

#[test]
fn judges_none_and_garbage() {
    let fixture = Fixture::new();
    let none = Leaf { chain: vec![], ..Leaf::self_signed(&leaf_params(&[])) };
    let judged = judge(&fixture, &none);
    assert_eq!((judged.presented, judged.problem.as_str()), (false, "no certificate was presented"));
    let garbage = Leaf { chain: vec![CertificateDer::from(vec![1, 2, 3])], ..none };
    let judged = judge(&fixture, &garbage);
    assert_eq!((judged.presented, judged.verified, judged.trusted), (true, false, false));
}
