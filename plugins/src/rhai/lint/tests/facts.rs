//! What is asked of facts: short names, types, times, and what can never be.

use super::*;

fn outgoing_mail(body: &str) -> Vec<String> {
    all_findings(OUTGOING, &format!("fn mail(host, mail) {{ {body} }}"))
}

#[test]
fn lints_facts_behind_short_names() {
    for (body, expected) in [
        (
            "let r = host.row; if r.nmes.is_empty() { accept() } else { accept() }",
            "T001:1:46 `row` has no fact `nmes`",
        ),
        (
            "let h = host; let r = h.row; if r.plicy == \"x\" { accept() } else { accept() }",
            "T001:1:57 `row` has no fact `plicy`",
        ),
        ("let v = host.version; if v < 13 { accept() } else { accept() }", "T003:1:48 `v` is a TLS version"),
        ("let r = host.row; r.policy = \"x\"; accept()", "T002:1:41 `r.policy` is a fact"),
        (
            "let f = host.found_by; if f == \"dns\" { accept() } else { accept() }",
            "T005:1:49 this is always false",
        ),
    ] {
        let found = outgoing_mail(body);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{body}: {found:?}");
    }
    // A name that is made twice, changed, or a closure's, may mean anything.
    for body in [
        "let r = host.row; r = #{ nmes: 1 }; if r.nmes == 1 { accept() } else { accept() }",
        "let r = host.row; let r = #{ nmes: r.policy }; if r.nmes == \"x\" { accept() } else { accept() }",
        "let r = host.row; if [#{ a: r.policy }].all(|r| r.a == 1) { accept() } else { accept() }",
        "if [#{ a: 1 }].all(|host| host.a == 1) { accept() } else { accept() }",
        "let v = host.version; v = \"x\"; if v < 13 { accept() } else { accept() }",
    ] {
        assert_eq!(outgoing_mail(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn lints_facts_of_the_elements_of_a_list() {
    let of_message = |body: &str| {
        let source = format!("fn message(client, message) {{ {body} }}");
        (all_findings(Role::Filter, &source), source)
    };
    for (body, code, fact) in [
        ("for part in message.parts { if part.filename == \"x\" { return accept() } }", "T001", "filename"),
        ("for (part, index) in message.parts { if part.nam == \"x\" { return accept() } }", "T001", "nam "),
        (
            "let all = message.parts; for part in all { if part.nme == \"x\" { return accept() } }",
            "T001",
            "nme",
        ),
        ("if message.parts.some(|part| part.filename == \"x\") { accept() }", "T001", "filename"),
        ("let end = \"x\"; if message.parts.some(|part| part.nme == end) { accept() }", "T001", "nme"),
        (
            "let all = message.parts.filter(|part, index| part.nme == \"x\"); log(`${all.len()}`)",
            "T001",
            "nme",
        ),
        ("for part in message.parts { if part.size == \"x\" { return accept() } }", "T003", "part.size"),
    ] {
        let (found, source) = of_message(body);
        let place = format!("{code}:1:{} ", source.find(fact).unwrap() + 1);
        assert!(found.len() == 1 && found[0].starts_with(&place), "{body}: {place}, {found:?}");
    }
    let helper = "fn any(parts) { for part in parts { if part.nme == \"x\" { return true } } false }";
    let asked = "fn message(client, message) { if any(message.parts) { accept() } }";
    let found = all_findings(Role::Filter, &format!("{helper}\n{asked}"));
    assert!(found.len() == 1 && found[0].starts_with("T001:1:45 `part` has no fact `nme`"), "{found:?}");

    // What is something else somewhere may be anything.
    for body in [
        "for part in message.parts { if part.name == \"x\" || part.size > 1 { return accept() } }",
        "for part in message.parts.map(|part| #{ own: part.name }) { if part.own == \"x\" { return accept() } }",
        "for part in message.parts { log(part.name) } for part in [#{ own: 1 }] { log(`${part.own}`) }",
        "for (part, index) in message.parts { if index > 1 { log(part.name) } }",
        "for part in message.parts { let part = #{ own: part.name }; log(part.own) }",
        "for name in message.attachments { if name.ends_with(\".exe\") { return accept() } }",
        "if message.attachments.some(|name| name.len() > 3) { accept() }",
        "let sum = message.parts.reduce(|sum, part| sum + part.size, 0); log(`${sum}`)",
    ] {
        assert_eq!(of_message(body).0, Vec::<String>::new(), "{body}");
    }
}

#[test]
fn lints_copies_that_are_changed() {
    for (body, place) in [
        ("host.row.names.push(\"x\"); accept()", "T002:1:38"),
        ("if host.ehlo.trim() == \"x\" { accept() } else { accept() }", "T002:1:36"),
        ("let r = host.row; r.suites.sort(); accept()", "T002:1:50"),
    ] {
        let found = outgoing_mail(body);
        assert!(found.len() == 1 && found[0].starts_with(place), "{body}: {found:?}");
    }
    for body in [
        "let name = host.ehlo; name.trim(); log(name); accept()",
        "let names = host.row.names; names.push(\"x\"); if names.contains(host.name) { accept() } else { accept() }",
        "if host.row.names.contains(host.name) && host.name.to_upper() == \"X\" { accept() } else { accept() }",
    ] {
        assert_eq!(outgoing_mail(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn lints_facts_that_are_not_known_yet() {
    let incoming = |source: &str| all_findings(INCOMING, source);
    let read = "if client.sender_domain == \"x\" { advertise() } else { advertise() }";
    let found = incoming(&format!("fn offer(client) {{ {read} }}"));
    assert_eq!(
        found,
        ["T004:1:30 `client.sender_domain` is always empty at incoming offer: it is not known yet"]
    );
    // At cipher it is known when it is asked again, at MAIL FROM.
    let source =
        "fn cipher(client, hello) { if client.sender_domain == \"x\" { accept() } else { accept() } }";
    assert_eq!(incoming(source), Vec::<String>::new());
    // A helper of two hooks, one of which knows it.
    let helper = "fn is_new(host) { host.version == \"1.3\" }";
    let offer = "fn offer(host) { if is_new(host) { start_tls() } else { stay_clear() } }";
    let mail = "fn mail(host, mail) { if is_new(host) { accept() } else { accept() } }";
    assert_eq!(all_findings(OUTGOING, &format!("{helper}\n{offer}\n{mail}")), Vec::<String>::new());
    let found = all_findings(OUTGOING, &format!("{helper}\n{offer}"));
    assert!(found.len() == 1 && found[0].starts_with("T004:1:24"), "{found:?}");
    let found = all_findings(Role::Filter, "fn offer(peer) { if peer.encrypted { refuse(\"no\") } }");
    let hooks = "incoming offer and outgoing offer";
    assert_eq!(
        found,
        [format!("T004:1:26 `peer.encrypted` is always false at {hooks}: it is not known yet")]
    );
}

#[test]
fn lints_comparisons_that_are_always_the_same() {
    for (condition, said) in [
        ("host.found_by == \"MX\"", "false: `host.found_by` is never `MX`; did you mean `mx`?"),
        (
            "\"dns\" != host.found_by",
            "true: `host.found_by` is never `dns`, but one of mx, implicit_mx, route",
        ),
        ("host.version == \"1.1\"", "false: `host.version` is never `1.1`; did you mean `1.2`?"),
        ("host.group == \"X25519\"", "false: `host.group` is never `X25519`; did you mean `x25519`?"),
        ("host.domain == \"Example.org\"", "false: `host.domain` is a domain in small letters"),
        ("host.address == \"10.0.0.0/8\"", "false: `host.address` is an IP address"),
        ("0 > mail.size", "false: `mail.size` is never below 0"),
        ("mail.attempts >= 0", "true: `mail.attempts` is never below 0"),
        (
            "host.extensions.contains(\"chunking\")",
            "false: `host.extensions` has the keywords in capitals, as `CHUNKING`",
        ),
        ("\"chunking\" in host.extensions", "false: `host.extensions` has the keywords in capitals"),
    ] {
        let found = outgoing_mail(&format!("if {condition} {{ accept() }} else {{ accept() }}"));
        let one = found.len() == 1 && found[0].starts_with("T005") && found[0].contains(said);
        assert!(one, "{condition}: {found:?}");
    }
    for condition in [
        "host.found_by == \"mx\"",
        "host.found_by == \"\"",
        "host.version < \"1.2\"",
        "host.domain == \"xn--bcher-kva.example\"",
        "host.address == \"2001:db8::1\"",
        "mail.size > 0",
        "mail.attempts < 0 + 1",
        "host.row.parameter(\"x\", -1) < 0",
        "host.extensions.contains(\"CHUNKING\")",
        "\"CHUNKING\" in host.extensions",
        "host.suite == \"TLS_AES_256_GCM_SHA384\"",
        "host.name == host.ehlo",
    ] {
        let found = outgoing_mail(&format!("if {condition} {{ accept() }} else {{ accept() }}"));
        assert_eq!(found, Vec::<String>::new(), "{condition}");
    }
}

#[test]
fn lints_types_of_two_facts_and_of_conditions() {
    for (condition, said) in [
        ("host.port == host.name", "T003:1:26 `host.port` is a number, and `host.name` is a text"),
        (
            "host.encrypted == mail.size",
            "T003:1:26 `host.encrypted` is true or false, and `mail.size` is a number",
        ),
        ("host.tls_failure", "T006:1:26 `host.tls_failure` is a text, and no condition"),
        ("host.encrypted && mail.size", "T006:1:44 `mail.size` is a number, and no condition"),
        ("!host.row.names", "T006:1:27 `host.row.names` is a list, and no condition"),
    ] {
        let found = outgoing_mail(&format!("if {condition} {{ accept() }} else {{ accept() }}"));
        assert_eq!(found, [said], "{condition}");
    }
    for condition in ["host.version == host.row.valid_until", "!host.encrypted && host.row.names.is_empty()"]
    {
        let found = outgoing_mail(&format!("if {condition} {{ accept() }} else {{ accept() }}"));
        assert_eq!(found, Vec::<String>::new(), "{condition}");
    }
}

#[test]
fn another_value_of_a_parameter_changes_no_fact() {
    let mail = "fn mail(host, mail) { if of(host.row) { accept() } else { refuse(\"no\") } }";
    let helper = |body: &str| all_findings(OUTGOING, &format!("fn of(row) {{ {body} }}\n{mail}"));
    let hides = "F010:1:14 `row` hides the facts of the row from here on";
    for body in [
        "row = #{ names: [\"a\"] }; row.names == []",
        "row = #{ nmes: \"a\" }; row.nmes = \"b\"; row = #{ nmes: \"c\" }; row.nmes == \"c\"",
    ] {
        assert_eq!(helper(body), [hides], "{body}");
    }
    let changed = "T002:1:14 `row.policy` is a fact: it can be read, not changed";
    assert_eq!(helper("row.policy = \"x\"; row.policy == \"x\""), [changed]);
    // What hides is pointed out once, where it begins.
    let found = helper("let row = 1; row = 2; row == 2");
    assert_eq!(found, ["F010:1:18 `row` hides the facts of the row from here on"]);
}

#[test]
fn a_word_that_never_comes_is_pointed_out_wherever_it_is_looked_for() {
    let at_message = |body: &str| {
        let found = all_findings(Role::Filter, &format!("fn message(client, message) {{ {body} }}"));
        found.into_iter().filter(|finding| finding.starts_with("T005")).collect::<Vec<_>>()
    };
    for (condition, said) in [
        ("message.spf == \"failed\"", "always false: `message.spf` is never `failed`; did you mean `fail`?"),
        ("message.dkim != \"PASS\"", "always true: `message.dkim` is never `PASS`; did you mean `pass`?"),
        ("message.dmarc == \"softfail\"", "`message.dmarc` is never `softfail`, but one of pass, fail, none"),
        ("message.dmarc_policy == \"rejct\"", "did you mean `reject`?"),
        ("message.arc == \"neutral\"", "but one of pass, fail, none"),
        ("message.from_domain == \"Bank.example\"", "is a domain in small letters"),
        ("message.spf in [\"fail\", \"failed\"]", "`message.spf` is never `failed`; did you mean `fail`?"),
        ("[\"fial\"].contains(message.spf)", "`message.spf` is never `fial`; did you mean `fail`?"),
        ("!(message.spf in [\"passed\"])", "`message.spf` is never `passed`; did you mean `pass`?"),
    ] {
        let found = at_message(&format!("if {condition} {{ accept() }}"));
        assert!(found.len() == 1 && found[0].contains(said), "{condition}: {found:?}");
    }
    for condition in [
        "message.spf == \"softfail\"",
        "message.spf == \"\"",
        "message.dkim in [\"policy\", \"pass\"]",
        "message.subject == \"failed\"",
        "\"x\" in message.recipients",
    ] {
        assert_eq!(
            at_message(&format!("if {condition} {{ accept() }}")),
            Vec::<String>::new(),
            "{condition}"
        );
    }
    let switch = "switch message.spf {\n  \"pass\" | \"passed\" => accept(),\n  \"fail\" if message.size > 1 => { refuse(\"5.7.1\", \"no\") }\n  /* x */ \"failed\" => { let x = #{ a: \"failed\" }; defer(x.a) }\n  _ => accept().tag(\"failed\", \"failed\")\n}";
    assert_eq!(
        at_message(switch),
        [
            "T005:2:12 this case never comes: `message.spf` is never `passed`; did you mean `pass`?",
            "T005:4:11 this case never comes: `message.spf` is never `failed`; did you mean `fail`?",
        ]
    );
}
