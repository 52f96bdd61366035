//! Every lint, by a script that has it.

mod facts;
mod paths;
mod variables;

use proptest::prelude::*;
use proptest::sample::select;

use super::super::Script;
use crate::decider::Role;
use crate::hooks::Direction;

const OUTGOING: Role = Role::Policy(Direction::Outgoing);
const INCOMING: Role = Role::Policy(Direction::Incoming);

/// All findings but F006 and T004, which many of these short scripts have.
fn findings(role: Role, source: &str) -> Vec<String> {
    let is_other = |finding: &String| !finding.starts_with("F006") && !finding.starts_with("T004");
    all_findings(role, source).into_iter().filter(is_other).collect()
}

fn all_findings(role: Role, source: &str) -> Vec<String> {
    let found = match Script::compile(&"mine.rhai".into(), source, role) {
        Ok((_, warnings)) => warnings,
        Err(findings) => findings,
    };
    found
        .iter()
        .map(|finding| {
            format!("{}:{}:{} {}", finding.code, finding.place.line, finding.place.column, finding.message)
        })
        .collect()
}

#[test]
fn lints_hooks() {
    let cases = [
        (OUTGOING, "fn certificat(host, certificate) { }", "H001:1:4 there is no hook `certificat`"),
        (
            OUTGOING,
            "fn connect(host) { }",
            "H001:1:4 `connect` is asked of filters only: a policy decides TLS",
        ),
        (Role::Filter, "fn connect(host) { }", "H001:1:4 there is no hook `connect` for outgoing mail"),
        (OUTGOING, "\nfn  mail(host) { }", "H002:2:5 `mail` is given 2 parameters, but this takes 1"),
        (
            Role::Filter,
            "fn mail(h, m) { }",
            "H002:1:4 the first parameter of a filter's `mail` says when it is asked",
        ),
        (
            INCOMING,
            "fn start(client) { withhold() }",
            "H003:1:20 `withhold` is no verdict of incoming start, which has accept and refuse",
        ),
        (
            INCOMING,
            "fn no() { defer(\"x\") }\nfn certificate(client, certificate) { no() }",
            "H003:1:11 `defer` is no verdict of incoming certificate, which has accept and refuse",
        ),
        (
            OUTGOING,
            "fn mail(host, mail) { accept().min_version(\"1.3\") }",
            "H003:1:32 nothing can be chained to `accept` at outgoing mail, `min_version` neither",
        ),
        (
            Role::Filter,
            "fn start(host) { accept().identity(\"us\") }",
            "H003:1:27 `identity` is for policies: a filter may only tighten what they say",
        ),
    ];
    for (role, source, expected) in cases {
        assert_eq!(findings(role, source), [expected], "{source}");
    }
}

#[test]
fn a_helper_of_two_hooks_may_have_the_verdicts_of_either() {
    let decide = "fn decide(host, at) { if host.encrypted { return accept(); } if at == \"offer\" { return start_tls(); } defer(\"4.7.5\", \"no\") }";
    let (offer, mail) =
        ("fn offer(host) { decide(host, \"offer\") }", "fn mail(host, mail) { decide(host, \"mail\") }");
    let both = format!("{decide}\n{offer}\n{mail}");
    assert_eq!(all_findings(OUTGOING, &both), Vec::<String>::new());
    let alone = format!("{decide}\n{mail}");
    assert_eq!(
        findings(OUTGOING, &alone),
        ["H003:1:88 `start_tls` is no verdict of outgoing mail, which has accept, defer and refuse"]
    );
    let withhold = both.replace("start_tls", "withhold");
    let found = findings(OUTGOING, &withhold);
    assert!(found.len() == 2 && found.iter().all(|one| one.starts_with("H003:1:88")), "{found:?}");
    // What is chained to a verdict is of one hook as well.
    let terms =
        "fn terms(host, at) { if at == \"start\" { accept().min_version(\"1.3\") } else { accept() } }";
    let start = "fn start(host) { terms(host, \"start\") }";
    let mail = "fn mail(host, mail) { terms(host, \"mail\") }";
    assert_eq!(all_findings(OUTGOING, &format!("{terms}\n{start}\n{mail}")), Vec::<String>::new());
}

/// It cannot tell which direction it is asked in.
#[test]
fn a_hook_of_both_directions_has_the_verdicts_that_both_have() {
    for source in [
        "fn offer(peer) { if peer.ehlo == \"x\" { withhold() } }",
        "fn no() { withhold() }\nfn offer(peer) { if peer.ehlo == \"x\" { no() } }",
    ] {
        let found = findings(Role::Filter, source);
        let said = "`withhold` is no verdict of outgoing offer";
        assert!(found.len() == 1 && found[0].starts_with("H003") && found[0].contains(said), "{found:?}");
    }
}

#[test]
fn lints_facts() {
    let cases = [
        (
            OUTGOING,
            "fn offer(host) { if host.domian == \"x\" { start_tls() } }",
            "T001:1:26 `host` has no fact `domian`",
        ),
        (
            OUTGOING,
            "fn offer(h) { if h.row.patern == \"x\" { start_tls() } }",
            "T001:1:24 `row` has no fact `patern`",
        ),
        (
            OUTGOING,
            "fn bad(c) { c.expires }\nfn certificate(host, cert) { if bad(cert) { accept() } }",
            "T001:1:15 `certificate` has no fact `expires`",
        ),
        (
            INCOMING,
            "fn mail(client, mail) { if client.own_certificate.verifed { accept() } }",
            "T001:1:51 `certificate` has no fact `verifed`",
        ),
        (
            Role::Filter,
            "fn mail(peer, mail) { if peer.ehlo == peer.domain { accept() } }",
            "T001:1:44 `client` has no fact `domain`",
        ),
    ];
    for (role, source, expected) in cases {
        assert_eq!(findings(role, source), [expected], "{source}");
    }
    assert_eq!(
        findings(OUTGOING, "fn offer(host) { let host = #{ a: 1 }; if host.a == 1 { start_tls() } }"),
        ["F010:1:22 `host` hides the facts of the host from here on"]
    );
}

#[test]
fn lints_functions() {
    let cases = [
        ("fn offer(host) { start_tsl() }", "F003:1:18 there is no function `start_tsl`"),
        ("fn offer(host) { host.name.to_uper(); start_tls() }", "F003:1:28 there is no function `to_uper`"),
        ("fn offer(host) { stay_clear(1) }", "F004:1:18 `stay_clear` takes 0 arguments, but is given 1"),
        ("fn offer(host) { defer() }", "F004:1:18 `defer` takes 1 or 2 arguments, but is given 0"),
        (
            "fn accept() { }\nfn start(host) { accept() }",
            "F005:1:4 `accept` takes the place of the function that every script has",
        ),
        (
            "fn spare_part(x) { x }\nfn offer(host) { start_tls() }",
            "F001:1:4 `spare_part` is no hook, and nothing calls it",
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(findings(OUTGOING, source), [expected], "{source}");
    }
}

#[test]
fn lints_what_the_parser_and_the_top_level_say() {
    let found = findings(OUTGOING, "fn offer(host) {\n  if { }\n}");
    assert!(found.len() == 1 && found[0].starts_with("P001:2:"), "{found:?}");
    let found = findings(OUTGOING, "const X = 1;\nfn offer(host) { X }");
    assert!(found[0].starts_with("P001:2:18"), "{found:?}");
    let found = findings(OUTGOING, "let x = 1;\nthrow \"no\" + x;\nfn offer(host) { start_tls() }");
    assert_eq!(found, ["P002:2:1 no1"]);
}

#[test]
fn lints_reach_every_corner() {
    let cases = [
        ("switch host.port { 25 => start_tls(), _ => withhold() }", "H003"),
        ("return withhold();", "H003"),
        ("if host.encrypted { start_tls() } else if host.resumed { withhold() }", "H003"),
        ("let x = if host.encrypted { withhold() } else { start_tls() }; x", "H003"),
        ("for name in host.extensions { if name == host.nam { return start_tls(); } }", "T001"),
        ("while host.prot > 1 { }", "T001"),
        ("try { host.nam } catch { return start_tls(); }", "T001"),
        ("let all = host.extensions.all(|one| one == host.nam); if all { start_tls() }", "T001"),
        ("`${host.nam}`; start_tls()", "T001"),
        ("#{ a: [host.nam] }; start_tls()", "T001"),
        ("if host.row.parameters[host.nam] == 1 { start_tls() }", "T001"),
        ("if host.row.nmes.contains(\"x\") { start_tls() }", "T001"),
        ("if host.extensions[host.prot] == \"x\" { start_tls() }", "T001"),
        ("host.row.names[0] = \"x\"; start_tls()", "T002"),
        ("host.port += 1; start_tls()", "T002"),
        ("host[0] = 1; start_tls()", "T002"),
        ("throw nothing_such(1)", "F003"),
    ];
    for (body, code) in cases {
        let found = findings(OUTGOING, &format!("fn offer(host) {{ {body} }}"));
        assert!(found.len() == 1 && found[0].starts_with(code), "{body}: {found:?}");
    }
}

#[test]
fn lints_literals() {
    let cases = [
        ("defer(\"5.7.1\", \"no\")", "H004:1:23 `5.7.1` is no code to defer with; did you mean \"4.7.1\"?"),
        ("refuse(\"571\", \"no\")", "H004:1:23 `571` is no enhanced status code"),
        ("if host.version < 12 { accept() }", "T003:1:26 `host.version` is a TLS version: compare it"),
        (
            "if \"tls1.2\" > host.version { accept() }",
            "T003:1:37 `host.version` is a TLS version, and `tls1.2` is no",
        ),
        ("if host.row.names == \"x\" { accept() }", "T003:1:26 `host.row.names` is a list"),
        ("if host.port == \"25\" { accept() }", "T003:1:26 `host.port` is a number"),
        (
            "switch host.version { \"1.3\" => accept(), _ => accept() }",
            "T003:1:30 `switch` never finds `host.version`",
        ),
        ("switch host.row.names { _ => accept() }", "T003:1:30 `switch` never finds `host.row.names`"),
        ("if host.encrypted == 1 { accept() }", "T003:1:26 `host.encrypted` is true or false"),
    ];
    for (body, expected) in cases {
        let found = findings(OUTGOING, &format!("fn mail(host, mail) {{ {body} }}"));
        assert!(found.len() == 1 && found[0].starts_with(expected), "{body}: {found:?}");
    }
    for body in [
        "switch host.port { 25 => accept(), _ => accept() }",
        "switch host.row.names[0] { \"x\" => accept(), _ => accept() }",
        "if host.row.names[0] == \"x\" { accept() }",
        "if host.row.parameters[\"x\"] == 1 { accept() }",
        "if host.row.parameters.x == 1 { accept() }",
        "if host.row.names.len() == 1 { accept() }",
        "if host.version == \"\" || host.version < \"1.3\" || host.name == () { accept() }",
    ] {
        assert!(findings(OUTGOING, &format!("fn mail(host, mail) {{ {body} }}")).is_empty(), "{body}");
    }
    let found = findings(OUTGOING, "fn start(host) { accept().min_version(\"1.4\").groups([\"x25518\"]) }");
    assert!(found[0].contains("`1.4` is no TLS version") && found[1].contains("did you mean"), "{found:?}");
}

#[test]
fn a_helper_is_given_what_a_method_returned() {
    let source = "fn is_four(x) { x.y == 4 }\nfn offer(host) { if is_four(host.row.parameter(\"x\", 4)) { start_tls() } }";
    assert!(findings(OUTGOING, source).is_empty());
}

#[test]
fn functions_by_pointer_and_in_closures_are_used() {
    for source in [
        "fn good(x) { x > 1 }\nfn offer(host) { if [1].all(good) { start_tls() } }",
        "fn good(x) { x > 1 }\nfn offer(host) { if [1].all(|x| good(x)) { start_tls() } }",
        "fn good(x) { x > 1 }\nfn offer(host) { if [1].all(Fn(\"good\")) { start_tls() } }",
    ] {
        assert_eq!(findings(OUTGOING, source), Vec::<String>::new(), "{source}");
    }
}

/// An editor that writes in place shows us every beginning of a file.
#[test]
fn no_beginning_of_a_script_panics_the_linter() {
    for (path, source) in crate::bundle::SHIPPED.iter().filter(|(path, _)| path.contains("going/")) {
        for end in (0..source.len()).filter(|end| source.is_char_boundary(*end)) {
            let found = findings(OUTGOING, &source[..end]);
            assert!(found.iter().all(|finding| !finding.contains("panick")), "{path}:{end}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_panics_the_linter(tokens in proptest::collection::vec(select(TOKENS), 0..24)) {
        let _ = findings(Role::Filter, &tokens.join(" "));
    }
}

const TOKENS: &[&str] = &[
    "fn",
    "offer",
    "mail",
    "(",
    ")",
    "{",
    "}",
    "host",
    "peer",
    ".",
    "row",
    "=",
    "==",
    ",",
    ";",
    "accept",
    "defer",
    "\"4.7.0\"",
    "if",
    "else",
    "let",
    "x",
    "|",
    "||",
    "[",
    "]",
    "switch",
    "=>",
    "_",
    "\n",
    "//",
    "return",
    "for",
    "in",
    "#{",
    ":",
    "`",
    "${",
    "\u{e4}",
];

#[test]
fn the_first_parameter_that_is_advised_is_one_that_the_hook_has() {
    let help = |source: &str| match Script::compile(&"mine.rhai".into(), source, Role::Filter) {
        Err(findings) => findings[0].help.clone().unwrap_or_default(),
        Ok(_) => panic!("{source} compiles"),
    };
    assert_eq!(help("fn message(message) { }"), "write `fn message(client, message)`");
    assert_eq!(help("fn route(mail) { }"), "write `fn route(host, mail)`");
    assert!(help("fn mail(mail) { }").contains("`peer` for both"));
}

#[test]
fn one_argument_is_one() {
    let found = findings(Role::Filter, "fn message(client, message) { quarantine() }");
    assert_eq!(found, ["F004:1:31 `quarantine` takes 1 argument, but is given 0"]);
}
