//! Scripts, asked.

mod hostile;

use std::sync::Arc;

use super::*;
use crate::facts::{Host, Nothing, Parameter, Row, Version, canonical};
use crate::hooks::{incoming, outgoing};
use crate::verdicts::{self, EnhancedCode, Floor, Passage, Reply, Suite};

fn path(role: Role) -> Arc<str> {
    match role {
        Role::Policy(direction) => format!("{direction}/mine.rhai").into(),
        Role::Filter => "filters/mine.rhai".into(),
    }
}

fn findings(role: Role, source: &str) -> Vec<String> {
    let found = match Script::compile(&path(role), source, role) {
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

fn script(role: Role, source: &str) -> Script {
    match Script::compile(&path(role), source, role) {
        Ok((script, _)) => script,
        Err(findings) => {
            panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
    }
}

const OUTGOING: Role = Role::Policy(Direction::Outgoing);

fn offer_as(role: Role, source: &str) -> Option<Answer<verdicts::outgoing::Offer>> {
    let host = Arc::new(canonical::clear_host(Arc::default()));
    script(role, source).ask::<outgoing::Offer>(&host, &Arc::new(Nothing {}))
}

fn start(body: &str) -> Answer<verdicts::outgoing::Start> {
    let host = Arc::new(canonical::encrypted_host(Arc::default()));
    let script = script(OUTGOING, &format!("fn start(host) {{ {body} }}"));
    script.ask::<outgoing::Start>(&host, &Arc::new(Nothing {})).expect("an answer")
}

/// The answer of an outgoing `mail` hook with this body, on an encrypted connection.
fn mail(body: &str) -> Answer<Passage> {
    let row = Row { parameters: [("hours".to_owned(), Parameter::Number(4))].into(), ..Row::default() };
    mail_at(body, canonical::encrypted_host(Arc::new(row)))
}

fn mail_at(body: &str, host: Host) -> Answer<Passage> {
    let script = script(OUTGOING, &format!("fn mail(host, mail) {{ {body} }}"));
    let mail = canonical::mails().remove(0);
    script.ask::<outgoing::Mail>(&Arc::new(host), &Arc::new(mail)).expect("an answer")
}

fn failure(answer: Answer<impl fmt::Debug>) -> String {
    match answer.outcome {
        Outcome::Failure(failure) => failure.message,
        Outcome::Verdict(verdict) => panic!("no failure, but {verdict:?}"),
    }
}

#[track_caller]
fn holds(condition: &str) {
    let answer = mail(&format!("if {condition} {{ accept() }} else {{ refuse(\"no\") }}"));
    assert_eq!(answer.outcome, Outcome::Verdict(Passage::Accept), "{condition}");
}

#[test]
fn a_verdict_carries_its_code_text_and_place() {
    let answer = mail("\n  if host.encrypted {\n    defer(\"4.7.5\", \"why: \" + host.name)\n  }");
    let reply = Reply::new(EnhancedCode::new(4, 7, 5), "why: mx.example.org");
    assert_eq!(answer.outcome, Outcome::Verdict(Passage::Defer(reply)));
    assert_eq!(answer.place.to_string(), "outgoing/mine.rhai:3:5");
}

#[test]
fn a_reply_is_one_line_and_of_ascii_where_smtp_carries_it() {
    let answer = mail(r#"let long = "x"; long.pad(500, "x"); refuse("a\r\n250 OK\tgr\u00fcn" + long)"#);
    let Outcome::Verdict(Passage::Refuse(reply)) = answer.outcome else { panic!("{answer:?}") };
    assert!(reply.text.starts_with("a 250 OK gr\u{fc}nxxx"), "{}", reply.text);
    assert!(reply.in_ascii().starts_with("a 250 OK gr?nxxx"), "{}", reply.in_ascii());
    assert_eq!((reply.text.chars().count(), reply.in_ascii().len()), (400, 400));
}

#[test]
fn no_value_is_no_opinion_and_a_wrong_one_a_failure() {
    assert_eq!(offer_as(OUTGOING, "fn offer(host) { if host.encrypted { start_tls() } }"), None);
    let answer = offer_as(OUTGOING, "\n fn offer(host) { host.offers_tls }").expect("an answer");
    assert_eq!(answer.place.to_string(), "outgoing/mine.rhai:2:5");
    assert_eq!(failure(answer), "returned true or false, where a verdict was expected");
}

#[test]
fn terms_are_chained() {
    let answer = start(
        r#"accept().min_version("1.3").suites(["TLS_AES_256_GCM_SHA384"]).groups(["x25519"])
            .roots(["system"]).identity("us").server_name("mx.example.net")"#,
    );
    let Outcome::Verdict(verdicts::outgoing::Start::Accept { server_name, identity, terms }) = answer.outcome
    else {
        panic!("{answer:?}")
    };
    assert_eq!((server_name.as_deref(), identity.as_deref()), (Some("mx.example.net"), Some("us")));
    assert_eq!(terms.min_version, Version::Tls13);
    assert_eq!(terms.suites, Some([Suite::Aes256GcmSha384].into()));
    assert_eq!(terms.roots, Some(["system".to_owned()].into()));
    // The verdict's place is that of the verdict, not of what is chained to it.
    assert_eq!(answer.place.to_string(), "outgoing/mine.rhai:1:18");
}

#[test]
fn a_wrong_term_is_a_failure_that_says_what_would_be_right() {
    assert!(failure(start(r#"let v = "1.4"; accept().min_version(v)"#)).contains("write \"1.2\" or \"1.3\""));
    let message = failure(start(r#"let s = ["TLS_AES_256_GCM_SHA385"]; accept().suites(s)"#));
    assert!(message.contains("did you mean \"TLS_AES_256_GCM_SHA384\"?"), "{message}");
    assert!(failure(start("let none = []; accept().groups(none)")).contains("would allow nothing"));
    assert!(failure(start("accept().groups([1])")).contains("takes texts"));
    let message = failure(start("let verdict = stay_clear();\n verdict.min_version(\"1.3\")"));
    assert_eq!(message, "nothing can be chained to `stay_clear` at outgoing start, `min_version` neither");
}

#[test]
fn codes_fit_their_verdicts() {
    assert!(failure(mail(r#"let code = "5.7.1"; defer(code, "x")"#)).contains("did you mean \"4.7.1\"?"));
    assert!(failure(mail(r#"let code = "4.7.1"; refuse(code, "x")"#)).contains("did you mean \"5.7.1\"?"));
    assert!(failure(mail(r#"let code = "571"; refuse(code, "x")"#)).contains("RFC 3463"));
    let answer = start(r#"refuse("4.7.0", "x")"#);
    assert!(matches!(answer.outcome, Outcome::Verdict(verdicts::outgoing::Start::Refuse(_))));
}

#[test]
fn filters_set_floors_and_policies_do_not() {
    let source = r#"fn offer(host) { require("verified") }"#;
    let answer = offer_as(Role::Filter, source).expect("an answer");
    let floor = Floor::Verified;
    assert_eq!(answer.outcome, Outcome::Verdict(verdicts::outgoing::Offer::StartTls { floor }));
    assert_eq!(
        findings(OUTGOING, source),
        [
            "H003:1:18 `require` is no verdict of outgoing offer, which has start_tls, stay_clear, defer and refuse"
        ]
    );
}

#[test]
fn versions_compare_with_texts_and_nothing_else() {
    for condition in [
        "host.version == \"1.3\"",
        "host.version >= \"1.2\" && \"1.2\" <= host.version",
        "host.version > \"1.2\" && \"1.2\" < host.version",
        "host.version != \"1.2\"",
        "host.version == host.version",
        "host.row.min_version < host.version",
        "\"TLS \" + host.version == \"TLS 1.3\"",
        "`${host.version}` == \"1.3\"",
    ] {
        holds(condition);
    }
    for condition in ["h.version < 12", "h.version < 1.2", "13 > h.version", "h.version == \"tls13\""] {
        let answer =
            mail(&format!("let h = [host][0]; if {condition} {{ refuse(\"old\") }} else {{ accept() }}"));
        let message = failure(answer);
        assert!(message.contains("cannot be compared") || message.contains("no TLS version"), "{message}");
    }
}

#[test]
fn different_types_are_never_silently_unequal() {
    for condition in ["\"13\" == 13", "h.port < \"25\"", "h.name == 1", "() < 13", "[1] == [\"1\"]"] {
        let message =
            failure(mail(&format!("let h = [host][0]; if {condition} {{ accept() }} else {{ accept() }}")));
        assert!(message.contains("cannot be compared"), "{condition}: {message}");
    }
    for condition in
        ["1 == 1.0", "1 < 1.5", "\"a\" < \"b\"", "host.name != ()", "host.extensions == host.extensions"]
    {
        holds(condition);
    }
}

#[test]
fn parameters_are_a_map_and_a_missing_one_is_nothing() {
    holds("host.row.parameters[\"hours\"] == 4");
    holds("host.row.parameters.hours == 4");
    holds("host.row.parameters[\"days\"] == ()");
    holds("host.row.parameter(\"hours\", 9) == 4 && host.row.parameter(\"days\", 9) == 9");
}

#[test]
fn texts_and_names_have_functions() {
    holds("host.extensions.contains(\"STARTTLS\") && \"STARTTLS\" in host.extensions");
    holds(
        "host.name.starts_with(\"mx.\") && host.name.ends_with(\".org\") && host.name.contains(\"example\")",
    );
    holds("host.name.is_below(\"example.org\") && !host.domain.is_below(\"example.org\")");
    holds("host.name.is_within(\"example.org\") && host.domain.is_within(\"Example.Org\")");
}

#[test]
fn facts_cannot_be_changed() {
    let source = "fn mail(host, mail) { host.encrypted = true; accept() }";
    assert_eq!(
        findings(OUTGOING, source),
        ["T002:1:23 `host.encrypted` is a fact: it can be read, not changed"]
    );
    let message = failure(mail("let h = [host][0]; h.encrypted = true; accept()"));
    assert!(message.contains("encrypted"), "{message}");
}

#[test]
fn what_runs_too_long_fails() {
    assert!(failure(mail("loop { }")).contains("too long"));
    assert!(failure(mail("let a = \"x\"; loop { a += a }")).contains("arge"));
    let script = script(OUTGOING, "fn again(n) { again(n + 1) } fn mail(host, mail) { again(0) }");
    let host = Arc::new(canonical::clear_host(Arc::default()));
    let answer = script.ask::<outgoing::Mail>(&host, &Arc::default()).expect("an answer");
    assert!(failure(answer).contains("too deeply"));
}

#[test]
fn there_is_no_way_out() {
    for body in
        ["sleep(1)", "eval(\"accept()\")", "import \"x\" as x; accept()", "timestamp()", "exit(accept())"]
    {
        let source = format!("fn mail(host, mail) {{ {body} }}");
        assert!(!findings(OUTGOING, &source).is_empty(), "{body}");
    }
}

#[test]
fn a_panic_of_the_host_is_a_failure() {
    let mut engine = engine::sandbox();
    engine.register_fn("boom", || -> i64 { panic!("boom") });
    let ast = engine.compile("fn f() { boom() }").expect("a script");
    assert!(call(&engine, &ast, "f", Vec::new(), CALL_TIME).is_err());
}

#[test]
fn a_failing_helper_is_at_fault() {
    let source =
        "fn check(host) {\n  host.name + 1 < 2\n}\nfn offer(host) { if check(host) { start_tls() } }";
    let answer = offer_as(OUTGOING, source).expect("an answer");
    assert_eq!(answer.place.line, 2);
}

#[test]
fn a_filter_is_asked_by_its_first_parameter() {
    let filter = script(Role::Filter, "fn connect(client) {} fn offer(host) {} fn mail(peer, mail) {}");
    let has = |direction, hook| filter.has(direction, hook);
    assert!(has(Direction::Incoming, HookName::Connect) && !has(Direction::Outgoing, HookName::Connect));
    assert!(has(Direction::Outgoing, HookName::Offer) && !has(Direction::Incoming, HookName::Offer));
    assert!(has(Direction::Outgoing, HookName::Mail) && has(Direction::Incoming, HookName::Mail));
    let client = Arc::new(canonical::clear_client(Arc::default()));
    assert_eq!(filter.ask::<incoming::Mail>(&client, &Arc::default()), None);
}

#[test]
fn a_text_is_no_condition() {
    let message = failure(mail("let h = [host][0]; if h.name { accept() }"));
    assert_eq!(message, "a text stands where true or false is needed");
}
