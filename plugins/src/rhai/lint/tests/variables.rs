//! Variables, constant conditions, names of parameters, and what is chained to a verdict.

use super::*;

fn outgoing_mail(body: &str) -> Vec<String> {
    all_findings(OUTGOING, &format!("fn mail(host, mail) {{ {body} }}"))
}

#[test]
fn lints_variables_that_nothing_reads() {
    assert_eq!(outgoing_mail("let spare = host.name; accept()"), ["F008:1:27 nothing reads `spare`"]);
    for body in [
        "let _spare = host.name; accept()",
        "let seen = host.name; log(`${seen}`); accept()",
        "let least = 3; if [1].all(|one| one > least) { accept() } else { accept() }",
        "let verdict = accept(); verdict",
        "let count = 0; for name in host.extensions { count += 1; } log(`${count}`); accept()",
    ] {
        assert_eq!(outgoing_mail(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn lints_conditions_that_are_always_the_same() {
    for (condition, expected) in [
        ("true", "F009:1:26 this condition is always true"),
        ("host.encrypted || true", "F009:1:44 this condition is always true"),
        ("host.name == host.name", "F009:1:26 `host.name` is compared with itself"),
        ("1 == 2", "F009:1:28 two values that stand here are compared: it is always the same"),
    ] {
        let found = outgoing_mail(&format!("if {condition} {{ accept() }} else {{ accept() }}"));
        assert_eq!(found, [expected], "{condition}");
    }
    let forever = "while true { if host.encrypted { break; } } accept()";
    assert_eq!(outgoing_mail(forever), Vec::<String>::new());
    assert_eq!(outgoing_mail("loop { if host.encrypted { break; } } accept()"), Vec::<String>::new());
}

#[test]
fn lints_names_of_parameters() {
    for (role, source, expected) in [
        (
            OUTGOING,
            "fn mail(mail, host) { accept() }",
            "H005:1:4 the parameter `mail` of outgoing mail is given the host",
        ),
        (
            OUTGOING,
            "fn offer(client) { start_tls() }",
            "H005:1:4 the parameter `client` of outgoing offer is given the host",
        ),
    ] {
        assert_eq!(all_findings(role, source), [expected], "{source}");
    }
    for source in ["fn mail(h, m) { accept() }", "fn mail(host, envelope) { accept() }"] {
        assert_eq!(all_findings(OUTGOING, source), Vec::<String>::new(), "{source}");
    }
    assert_eq!(all_findings(Role::Filter, "fn mail(peer, mail) { }"), Vec::<String>::new());
}

#[test]
fn lints_terms_that_leave_nothing() {
    let start = |terms: &str| all_findings(OUTGOING, &format!("fn start(host) {{ accept(){terms} }}"));
    let found = start(".suites([])");
    assert_eq!(found, ["H004:1:27 `suites` with an empty list would allow nothing"]);
    let old = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";
    for terms in [
        format!(".min_version(\"1.3\").suites([\"{old}\"])"),
        format!(".suites([\"{old}\"]).groups([\"x25519\"]).min_version(\"1.3\")"),
    ] {
        let found = start(&terms);
        let said = "none of these suites is of TLS 1.3, the least version";
        assert!(found.len() == 1 && found[0].contains(said), "{terms}: {found:?}");
    }
    let both = format!(".min_version(\"1.3\").suites([\"{old}\", \"TLS_AES_256_GCM_SHA384\"])");
    assert_eq!(start(&both), Vec::<String>::new());
    assert_eq!(start(&format!(".min_version(\"1.2\").suites([\"{old}\"])")), Vec::<String>::new());
}
