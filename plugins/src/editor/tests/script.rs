use super::*;

fn outgoing(marked: &str) -> Asked {
    Asked::new("outgoing/new.rhai", marked)
}

fn filter(marked: &str) -> Asked {
    Asked::new("filters/new.rhai", marked)
}

fn has(asked: &Asked, label: &str) -> bool {
    asked.labels().iter().any(|one| one == label)
}

#[test]
fn facts_are_those_of_the_parameter() {
    let host = outgoing("fn offer(host) {\n    if host.|\n}");
    assert!(has(&host, "offers_tls") && has(&host, "row") && !has(&host, "implicit_tls"));
    assert_eq!(host.taken("offers_tls"), "fn offer(host) {\n    if host.offers_tls\n}");
    assert!(has(&outgoing("fn mail(host, mail) { mail.si|ze }"), "size"));
    assert!(
        has(&outgoing("fn cipher(h, handshake) { h.| }"), "tls_failure"),
        "by its place, whatever its name"
    );
    assert!(has(&outgoing("fn offer(host) { host.row.mi| }"), "min_version"));
    assert!(has(&outgoing("fn offer(host) { let r = host.row; r.mi| }"), "min_version"));
    assert!(has(&outgoing("fn is_mine(host) { host.| }"), "domain"), "a helper's, by its name");
    assert_eq!(outgoing("fn offer(host) { let x = 5; x.| }").labels(), [""; 0]);
    let size = host.document().completions(host.at).into_iter().find(|one| one.label == "version").unwrap();
    assert_eq!(size.detail, "version");
    assert!(size.about.contains("The TLS version in use."), "{}", size.about);
}

#[test]
fn a_filter_is_told_of_either_direction() {
    assert!(has(&filter("fn mail(client, mail) { client.| }"), "sender_domain"));
    let peer = filter("fn mail(peer, mail) { peer.| }");
    assert!(has(&peer, "sender_domain") && has(&peer, "found_by"));
    assert_eq!(peer.labels().iter().filter(|one| *one == "encrypted").count(), 1);
}

#[test]
fn what_scripts_remember_and_look_up_is_offered_and_explained() {
    let offered = filter("fn rcpt(client, recipient) { | }");
    assert!(["remember_first", "allows", "in_list", "dnsbl"].iter().all(|name| has(&offered, name)));
    assert!(!has(&offered, "later"), "it is for tests");
    let tests = Asked::new("tests/mine.rhai", "fn test_it() { | }");
    assert!(has(&tests, "later") && !has(&tests, "remember"));
}

/// What linter and host know is what editors and the reference say.
#[test]
fn every_function_of_the_host_is_said() {
    use crate::editor::words::{OF_NAMES, OF_STATE};

    let mut said: Vec<_> = OF_STATE.iter().chain(&OF_NAMES).map(|native| native.name).collect();
    let mut known: Vec<_> = crate::rhai::natives().chain(["network"]).collect();
    said.sort_unstable();
    known.sort_unstable();
    assert_eq!(said, known);
}

#[test]
fn verdicts_are_those_of_the_hook() {
    let offer = outgoing("fn offer(host) { | }");
    assert!(
        has(&offer, "start_tls") && has(&offer, "host") && !has(&offer, "accept") && !has(&offer, "require")
    );
    assert!(has(&filter("fn offer(host) { | }"), "require"));
    assert!(
        outgoing("fn mail(host, mail) { de| }")
            .taken("defer")
            .contains("defer(\"${1:4.7.5}\", \"${2:why}\")")
    );
    let start = outgoing("fn start(host) { accept().| }");
    assert!(has(&start, "min_version") && has(&start, "server_name") && !has(&start, "client_certificate"));
    assert!(has(&outgoing("fn start(host) { accept().min_version(\"1.3\").| }"), "suites"));
    assert!(!has(&filter("fn start(host) { accept().| }"), "identity"));
}

#[test]
fn hooks_are_written_at_the_top_level() {
    let top = outgoing("fn offer(host) { start_tls() }\n\n|");
    assert_eq!(
        top.labels(),
        ["start(host)", "cipher(host, handshake)", "certificate(host, certificate)", "mail(host, mail)"]
    );
    assert!(top.taken("mail(host, mail)").ends_with("\n\nfn mail(host, mail) {\n    ${0:accept()}\n}"));
    assert!(outgoing("fn ma|").taken("mail(host, mail)").starts_with("fn mail(host, mail) {"));
    assert!(has(&filter("|"), "connect(client)") && has(&filter("|"), "offer(host)"));
}

#[test]
fn values_between_quotes_are_known_ones() {
    assert_eq!(
        outgoing("fn cipher(host, handshake) { if handshake.version < \"|\" { } }").labels(),
        ["1.3", "1.2"]
    );
    assert_eq!(outgoing("fn offer(host) { host.found_by == \"|").labels(), ["mx", "implicit_mx", "route"]);
    assert_eq!(outgoing("fn start(host) { accept().min_version(\"|\") }").labels(), ["1.3", "1.2"]);
    assert!(has(&outgoing("fn start(host) { accept().suites([\"|\"]) }"), "TLS_AES_256_GCM_SHA384"));
    assert_eq!(outgoing("fn offer(host) { defer(\"|\") }").labels(), [""; 0]);
    let test = |marked| Asked::new("tests/new.rhai", marked);
    assert!(has(&test("fn test_it() { ask(\"|\") }"), "outgoing/mine"));
    assert!(has(&test("fn test_it() { ask(\"outgoing/mine\", \"|\") }"), "certificate"));
    assert!(has(&test("fn test_it() { certificate(\"|\") }"), "expired"));
    assert!(has(&test("fn test_it() { | }"), "outgoing_host"));
}

#[test]
fn what_stands_there_is_explained() {
    let said = |marked| outgoing(marked).explained();
    assert!(said("fn offer(host) { host.offers_|tls }").starts_with("**host.offers_tls**: true or false"));
    assert!(said("fn offer(host) { host|.offers_tls }").contains("Facts: `name`"));
    assert!(said("fn offer(host) { start_|tls() }").contains("STARTTLS is sent if the host offers it"));
    assert!(said("fn of|fer(host) { start_tls() }").contains("The host's EHLO reply is read."));
    assert!(said("fn start(host) { accept().min_ver|sion(\"1.3\") }").contains("least TLS version"));
    assert!(said("fn offer(host) { host.name.is_be|low(\"x\") }").contains("subdomain"));
    assert!(
        said("// Ours alone.\nfn ours(name) { true }\nfn offer(host) { ou|rs(host.name) }")
            .contains("Ours alone.")
    );
    assert!(said("fn offer(host) { advert|ise() }").contains("no verdict of this hook"));
    let test = Asked::new("tests/new.rhai", "fn test_it() { ask(\"outgoing/mi|ne\", \"mail\") }");
    assert!(test.explained().contains("Mine alone."));
}

#[test]
fn names_lead_to_where_they_are_defined() {
    let text = "fn ours(name) { let x = name; x }\nfn offer(host) { ours(host.name) }";
    let at = |marked: &str| match outgoing(marked).definition() {
        Some(Target::Here(range)) => Some(range.start),
        _ => None,
    };
    assert_eq!(at(&text.replace("{ ours(", "{ ou|rs(")), Some(3));
    assert_eq!(at(&text.replace("; x }", "; x| }")), text.find("x = "));
    assert_eq!(at(&text.replace("= name", "= na|me")), text.find("name"));
    assert_eq!(at(&text.replace("host.name", "host.na|me")), None);
    let test = Asked::new("tests/new.rhai", "fn test_it() { ask(\"outgoing/mi|ne\", \"mail\") }");
    assert_eq!(test.definition(), Some(Target::Site("outgoing/mine.rhai".into())));
}

#[test]
fn the_outline_tells_hooks_from_helpers() {
    let asked = outgoing("fn ours(name) { true }\nfn offer(host) { start_tls() }|");
    let symbols = asked.document().symbols();
    let kinds: Vec<_> =
        symbols.iter().map(|one| (one.name.as_str(), one.kind, one.detail.as_str())).collect();
    assert_eq!(kinds, [("ours", SymbolKind::Function, "(name)"), ("offer", SymbolKind::Hook, "(host)")]);
}
