use super::*;

fn table(marked: &str) -> Asked {
    Asked::new("domains.rhai", marked)
}

#[test]
fn behind_a_pattern_come_the_policies_of_the_direction() {
    let words = ["attempt", "mine", "pinned", "prevent", "require", "require_verified"];
    assert_eq!(table("outgoing {\n \"*\" |\n}").labels(), words);
    assert_eq!(table("outgoing {\n \"*\" re|").labels(), words);
    assert_eq!(table("incoming { \"*\" | }").labels(), ["attempt", "require", "require_verified"]);
    assert_eq!(
        table("incoming { \"*\" attempt } outgoing { \"*\" req|x }").taken("require"),
        "incoming { \"*\" attempt } outgoing { \"*\" require }"
    );
    let proposals = table("outgoing { \"*\" | }");
    let mine = proposals.document().completions(proposals.at).remove(1);
    assert!(mine.about.contains("Mine alone."), "{mine:?}");
}

#[test]
fn behind_a_policy_come_the_clauses_that_the_row_does_not_have() {
    let asked = table("outgoing { \"a.example\" require min_version \"1.3\" | }");
    assert!(!asked.labels().contains(&"min_version".to_owned()));
    assert!(asked.labels().contains(&"suites".to_owned()));
    assert!(table("outgoing { \"a.example\" require min_v|").labels().contains(&"min_version".to_owned()));
    let taken = table("outgoing { \"a.example\" require\n un| }").taken("until");
    assert!(taken.contains("until \"${1:"), "{taken}");
}

#[test]
fn values_stand_in_quotes() {
    assert_eq!(table("outgoing { \"a\" require min_version \"|\" }").labels(), ["1.3", "1.2"]);
    let suites = table("outgoing { \"a\" require suites [\"TLS_AES_128_GCM_SHA256\", \"TLS_|\"] }");
    assert!(suites.labels().contains(&"TLS_AES_256_GCM_SHA384".to_owned()));
    assert!(suites.taken("TLS_AES_256_GCM_SHA384").ends_with(", \"TLS_AES_256_GCM_SHA384\"] }"));
    assert_eq!(table("outgoing { \"a\" require names \"|").labels(), ["mx"]);
    assert_eq!(table("incoming { \"a\" require names [\"|").labels(), [""; 0]);
    assert_eq!(table("outgoing { \"|\" }").labels(), [""; 0]);
    assert_eq!(table("outgoing { \"a\" require because \"|\" }").labels(), [""; 0]);
    assert_eq!(table("outgoing { \"a\" require min_version \"1.3\" // \"|").labels(), [""; 0]);
}

#[test]
fn outside_of_blocks_come_the_two_words() {
    assert_eq!(table("|").labels(), ["incoming", "outgoing"]);
    assert_eq!(table("incoming { \"*\" attempt }\nou|").labels(), ["incoming", "outgoing"]);
}

#[test]
fn a_row_is_said_in_words() {
    let text = "incoming { \"*\" attempt }\noutgoing {\n    \"*\" attempt\n    \"bank.exa|mple\" require min_version \"1.3\" because \"ticket 4711\"\n}\n";
    let said = table(text).explained();
    for part in [
        "Mail to `bank.example`: policy `require`, TLS 1.3 or newer.",
        "Because: ticket 4711.",
        "*require*: Require encryption.",
        "Without this row: `*` attempt, line 3.",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn policies_and_clauses_are_explained() {
    let said = table("outgoing { \"*\" mi|ne }").explained();
    assert_eq!(said, "**outgoing/mine.rhai**\n\nMine alone. Nobody else's.");
    assert!(
        table("outgoing { \"*\" re|quire }")
            .explained()
            .starts_with("**outgoing/require.rhai**, as it is shipped")
    );
    assert!(table("outgoing { \"*\" require un|til \"2027-01-01\" }").explained().contains("last day"));
    assert!(table("out|going { }").explained().contains("recipient's domain"));
}

#[test]
fn a_row_leads_to_its_policy() {
    let to = |marked: &str| table(marked).definition();
    assert_eq!(to("outgoing { \"*\" mi|ne }"), Some(Target::Site("outgoing/mine.rhai".into())));
    assert_eq!(to("outgoing { \"*\" pin|ned }"), Some(Target::Site("outgoing/pinned.wasm".into())));
    assert_eq!(to("outgoing { \"|*\" require }"), Some(Target::Shipped("outgoing/require.rhai".into())));
    assert_eq!(to("incoming { \"*\" mi|ne }"), None);
    assert_eq!(to("outgoing { \"*\" mine because \"mi|ne\" }"), None);
}

#[test]
fn the_outline_has_blocks_and_rows() {
    let text = "incoming { \"*\" attempt }|\noutgoing {\n  \"*\"  attempt\n  \"a\" + \".b\" require names [\"x\", \"y\"]  because \"z\"\n}\n";
    let asked = table(text);
    let symbols = asked.document().symbols();
    let names: Vec<_> = symbols.iter().map(|one| (one.name.as_str(), one.children.len())).collect();
    assert_eq!(names, [("incoming", 1), ("outgoing", 2)]);
    assert_eq!(symbols[1].children[1].detail, "require names [\"x\", \"y\"] because \"z\"");
}

#[test]
fn a_table_is_laid_out_unless_it_is_broken() {
    let ugly = table("incoming { \"*\" attempt }\noutgoing { \"*\" attempt }|");
    assert!(ugly.document().formatted().unwrap().starts_with("incoming {\n    \"*\""));
    assert_eq!(table("incoming { \"*\"| }").document().formatted(), None);
    assert_eq!(Asked::new("outgoing/mine.rhai", "fn  offer(host){}|").document().formatted(), None);
}
