//! Where the ways through a function end.

use super::*;

#[test]
fn lints_verdicts_that_are_thrown_away() {
    for body in [
        "if host.encrypted { refuse(\"no\") } accept()",
        "if host.encrypted { refuse(\"no\"); } accept()",
        "refuse(\"no\"); accept()",
        "if host.encrypted { if host.resumed { refuse(\"no\") } } else { } accept()",
        "switch host.port { 25 => refuse(\"no\"), _ => 1 } accept()",
        "for name in host.extensions { if name == \"x\" { refuse(\"no\") } } accept()",
        "while host.encrypted { refuse(\"no\") } accept()",
        "{ refuse(\"no\") } accept()",
        "try { refuse(\"no\") } catch { } accept()",
        "try { accept() } catch { refuse(\"no\") }",
        "no(); accept()",
        "[1].for_each(|| { refuse(\"no\"); 1 }); accept()",
    ] {
        let source = format!("fn no() {{ refuse(\"no\") }} fn mail(host, mail) {{ {body} }}");
        let found = findings(OUTGOING, &source);
        let thrown = found.iter().filter(|one| one.starts_with("F007:1:")).count();
        assert_eq!(thrown, 1, "{body}: {found:?}");
    }
    let found = findings(OUTGOING, "fn start(host) { accept().min_version(\"1.3\"); accept() }");
    assert_eq!(found, ["F007:1:18 the verdict of `accept` is thrown away: what follows decides"]);
}

#[test]
fn verdicts_that_are_kept_are_not_thrown_away() {
    for body in [
        "if host.encrypted { accept() } else { refuse(\"no\") }",
        "if host.encrypted { accept() } else if host.resumed { return accept(); } else { refuse(\"no\"); }",
        "if host.encrypted { return refuse(\"no\"); } accept()",
        "let verdict = refuse(\"no\"); if host.encrypted { verdict = accept(); } verdict",
        "let verdict = if host.encrypted { accept() } else { refuse(\"no\") }; log(\"x\"); verdict",
        "switch host.port { 25 => accept(), 26 if host.resumed => { accept() } _ => { return accept() } }",
        "for name in host.extensions { if name == \"x\" { return refuse(\"no\"); } } accept()",
        "if host.encrypted { throw \"never\"; } check(host)",
        "{ { accept() } }",
        "try { accept() } catch { return refuse(\"no\"); }",
        "let all = host.extensions.all(|one| one == host.name); if all { accept() } else { refuse(\"no\") }",
    ] {
        let source = format!(
            "fn check(host) {{ if host.encrypted {{ accept() }} else {{ refuse(\"no\") }} }}\nfn mail(host, mail) {{ {body} }} fn cipher(host, handshake) {{ check(host) }}"
        );
        assert_eq!(all_findings(OUTGOING, &source), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn lints_policies_that_end_without_a_verdict() {
    for body in [
        "",
        "log(\"x\");",
        "if host.encrypted { accept() }",
        "if host.encrypted { accept() } else { log(\"x\") }",
        "if host.encrypted { return; } accept()",
        "switch host.port { 25 => accept() }",
        "for name in host.extensions { return accept(); }",
    ] {
        let source = format!("fn mail(host, mail) {{ {body} }}");
        assert_eq!(all_findings(OUTGOING, &source), ["F006:1:4 `mail` may end without a verdict"], "{body}");
        assert_eq!(all_findings(Role::Filter, &source), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn lints_helpers_that_end_without_the_verdict_of_a_hook() {
    let helper = "fn check(host) { if host.encrypted { accept() } }";
    for call in ["check(host)", "return check(host);", "if host.resumed { check(host) } else { accept() }"] {
        let source = format!("{helper}\nfn mail(host, mail) {{ {call} }}");
        assert_eq!(all_findings(OUTGOING, &source), ["F006:1:4 `check` may end without a verdict"], "{call}");
        assert_eq!(all_findings(Role::Filter, &source), Vec::<String>::new(), "{call}");
    }
    for body in
        ["let said = check(host); if said == () { accept() } else { said }", "log(check(host)); accept()"]
    {
        let source = format!("{helper}\nfn mail(host, mail) {{ {body} }}");
        let found = all_findings(OUTGOING, &source);
        assert!(!found.iter().any(|one| one.starts_with("F006")), "{body}: {found:?}");
    }
}

#[test]
fn lints_what_is_never_reached() {
    for body in [
        "return accept(); log(\"x\"); accept()",
        "throw 1; accept()",
        "if host.encrypted { return accept(); } else { throw 1; } accept()",
    ] {
        let found = findings(OUTGOING, &format!("fn mail(host, mail) {{ {body} }}"));
        assert!(found.len() == 1 && found[0].starts_with("F002:1:"), "{body}: {found:?}");
    }
}
