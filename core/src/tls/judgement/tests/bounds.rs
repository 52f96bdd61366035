//! However much a peer sends: what is looked at and told of it is bounded.

use rcgen::DnType;

use super::*;

/// What comes behind the sixteenth certificate is not looked at, and the rest is.
#[test]
fn judges_a_long_chain_by_its_beginning() {
    let fixture = Fixture::new();
    let between = fixture.ca.below(ca_params("Between"));
    let other = Ca::new("Other");
    for (before, verified) in [(0, true), (14, true), (15, false)] {
        let mut leaf = between.leaf(&leaf_params(&[NAME]));
        leaf.chain.extend(std::iter::repeat_n(other.der(), before));
        leaf.chain.push(between.der());
        leaf.chain.extend(std::iter::repeat_n(other.der(), 100));
        let judged = judge(&fixture, &leaf);
        assert_eq!(judged.verified, verified, "{before}: {}", judged.problem);
        assert_eq!(judged.chain_length, before as i64 + 102);
    }
}

/// What a peer's certificate says is told in bounds; all of it counts.
#[test]
fn tells_a_bounded_part_of_what_a_certificate_says() {
    let fixture = Fixture::new();
    let (mut names, long) = (vec!["x.example".to_owned(); 500], "ü".repeat(5000));
    names.push(NAME.to_owned());
    let mut params = leaf_params(&names.iter().map(String::as_str).collect::<Vec<_>>());
    params.distinguished_name.push(DnType::CommonName, long.as_str());
    let judged = judge(&fixture, &Leaf::self_signed(&params));
    assert_eq!((judged.names.len(), judged.name_matches), (100, true));
    for text in [&judged.subject, &judged.issuer] {
        assert!(text.len() <= 1024 && text.starts_with("CN=üü") && text.ends_with("ü..."), "{text}");
    }
    let log = serde_json::to_vec(&judged).unwrap();
    assert!(log.len() < 8 * 1024, "{}", log.len());
}

/// Where it is cut, a name may look like one that is expected.
#[test]
fn matches_no_name_that_was_cut() {
    let fixture = Fixture::new();
    let end = ".example.org";
    let name = format!("{}{end}.evil.example", "a".repeat(1024 - end.len()));
    let names = [end.to_owned()];
    let expected = Expected { usage: Usage::Host, names: &names, roots: None, pins: &[], possession: true };
    let leaf = fixture.ca.leaf(&leaf_params(&[&name]));
    let judged = fixture.tls.judge(&leaf.chain, &expected, Timestamp::now());
    assert!(!judged.name_matches && judged.names[0].len() == 1024 && judged.problem.len() == 1024);
    assert!(!judged.names[0].ends_with(end), "{judged:?}");
}

#[test]
fn keeps_a_bounded_number_of_root_sets() {
    let fixture = Fixture::new();
    let leaf = fixture.ca.leaf(&leaf_params(&[NAME]));
    for number in 0..200 {
        let roots = BTreeSet::from([format!("no-{number}.pem")]);
        let expected =
            Expected { usage: Usage::Host, names: &[], roots: Some(&roots), pins: &[], possession: true };
        assert!(!fixture.tls.judge(&leaf.chain, &expected, Timestamp::now()).trusted);
    }
    // The configured ones were read first, and stay.
    assert!(judge(&fixture, &leaf).verified);
}

/// A peer may send hundreds of certificates among which there are millions of ways that lead
/// nowhere: the search must end soon.
#[test]
fn searches_a_labyrinth_of_certificates_for_a_short_time_only() {
    let fixture = Fixture::new();
    let mut above = vec![Ca::new("Nowhere")];
    let mut labyrinth = vec![];
    for floor in 0..5 {
        let name = format!("Floor {floor}");
        let doors: Vec<_> = (0..30).map(|_| above.first().unwrap().below(ca_params(&name))).collect();
        labyrinth.extend(doors.iter().map(Ca::der));
        above = doors;
    }
    let mut leaf = above.first().unwrap().leaf(&leaf_params(&[NAME]));
    leaf.chain.extend(labyrinth);
    let begun = std::time::Instant::now();
    let judged = judge(&fixture, &leaf);
    assert!(!judged.trusted, "{judged:?}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(1), "{:?}", begun.elapsed());
}
