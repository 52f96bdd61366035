//! Scripts that want more than they may have: each is refused at load, or contained as a failure.
//!
//! They run on threads with a quarter of the stack of a worker of the relay: what overflows that
//! would end the process. The greediest took 1.2 MiB when it was measured, in a release build.

use std::thread;
use std::time::Instant;

use super::*;

/// Octets.
const STACK: usize = 2 * 1024 * 1024;

/// What the linter or the parser says, or the failure's message; an answer is `answered ...`.
fn fate(source: String) -> String {
    let run = move || match Script::compile(&path(OUTGOING), &source, OUTGOING) {
        Err(findings) => findings
            .iter()
            .map(|finding| format!("{} {}\n", finding.code, finding.message))
            .collect::<String>(),
        Ok((script, _)) => {
            let host = Arc::new(canonical::clear_host(Arc::default()));
            match script.ask::<outgoing::Mail>(&host, &Arc::default()).map(|answer| answer.outcome) {
                Some(Outcome::Failure(failure)) => failure.message,
                answered => format!("answered {answered:?}"),
            }
        }
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread");
    thread.join().expect("no panic")
}

#[track_caller]
fn ends_with(body: &str, expected: &str) {
    let began = Instant::now();
    let fate = fate(format!("fn again(n) {{ again(n + 1) }}\nfn mail(host, mail) {{ again; {body} }}"));
    assert!(fate.contains(expected), "{body}: {fate}");
    assert!(began.elapsed() < CALL_TIME * 200, "{body} took {:?}", began.elapsed());
}

#[test]
fn limits_cannot_be_swallowed() {
    for (body, expected) in [
        ("try { loop { } } catch { } return accept();", "too long"),
        ("try { again(0) } catch { } return accept();", "too deeply"),
        ("try { let a = \"x\"; loop { a += a } } catch { } return accept();", "too large"),
        ("try { let a = []; loop { a.push(1) } } catch { } return accept();", "too large"),
    ] {
        ends_with(body, expected);
    }
}

#[test]
fn callbacks_of_natives_are_bounded_too() {
    let lists = "let a = [2]; a.pad(1900, 1); let b = a; let c = a;";
    for body in [
        "a.all(|x| b.all(|y| c.all(|z| true)))",
        "a.for_each(|| b.sort(|x, y| y - x))",
        "a.reduce(|sum, x| b.reduce(|sum, y| c.reduce(|sum, z| 1)))",
        "a.filter(|x| { for y in b { for z in c { } } false })",
        "loop { a.sort(|x, y| y - x) }",
    ] {
        ends_with(&format!("{lists} {body}; accept()"), "too long");
    }
}

#[test]
fn nothing_grows_without_bound() {
    for (body, expected) in [
        ("let a = \"x\"; a.pad(60000, \"x\"); let b = a; b.replace(\"x\", a); accept()", "too large"),
        ("let a = \"x\"; a.pad(60000, \"x\"); let b = a; b.replace('x', a); accept()", "too large"),
        ("let a = \"\"; a.pad(9223372036854775807, \"xx\"); accept()", "too large"),
        ("let a = []; a.pad(9223372036854775807, 1); accept()", "too large"),
        ("let f = || 1; loop { f = f.curry(f); }", "P001"),
        ("let f = || 1; loop { f = curry(f, f, f); }", "P001"),
        ("for i in 0..9223372036854775807 { } accept()", "too long"),
    ] {
        ends_with(body, expected);
    }
}

/// Copying and dropping a nested value takes stack at each level.
#[test]
fn values_nest_less_deeply_than_the_stack() {
    for body in [
        "let a = []; loop { a = [a]; }",
        "let a = []; loop { let b = []; b.push(a); a = b; }",
        "let a = #{}; loop { a = #{ a: a }; }",
        "let a = []; loop { a = #{ a: [a] }; }",
        "let a = [1]; a.pad(1999, 1); loop { a = a.reduce(|inner, x| [inner], []); a = [a]; }",
        "let f = || 1; loop { let g = f; f = || g.call(); }",
        "let f = |x| x; loop { let g = f; f = |x| #{ a: g }; }",
    ] {
        ends_with(body, "too l");
    }
}

#[test]
fn deep_calls_of_deep_expressions_fit_the_stack() {
    for (open, close) in
        [("[", "]"), ("if true { ", " }"), ("#{ a: ", " }"), ("1 + (", ")"), ("[1].map(|x| ", ")")]
    {
        let body = (1..60).rev().map(|depth| format!("{}f(n){}", open.repeat(depth), close.repeat(depth)));
        let sources = body.map(|body| format!("fn f(n) {{ {body} }} fn mail(host, mail) {{ f(0) }}"));
        let deepest = sources.map(fate).find(|fate| !fate.starts_with("P001")).expect("one that compiles");
        assert!(deepest.contains("too "), "{open}: {deepest}");
    }
}

#[test]
fn nested_source_is_refused_and_not_descended_into() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("!", ""),
        ("- ", ""),
        ("1+", ""),
        ("true && ", ""),
        ("1 ** ", ""),
        ("() ?? ", ""),
        ("host = ", ""),
        ("if true { 1 } else ", ""),
        ("|x| ", ""),
        ("`${", "}`"),
        ("host.", ""),
        ("/*", ""),
    ] {
        ends_with(&format!("{}1{}", open.repeat(20_000), close.repeat(20_000)), "P001");
    }
}

#[test]
fn only_a_verdict_of_this_call_is_an_answer() {
    for (body, expected) in [
        ("|| accept()", "returned a fn"),
        ("Fn(\"accept\")", "returned a fn"),
        ("[accept()]", "returned a list"),
        ("#{ verdict: accept() }", "returned a map"),
        ("\"accept\"", "returned a text"),
        ("host", "returned a host"),
        ("throw accept()", ""),
        ("this.verdict = accept(); accept()", "'this' not bound"),
        ("global::verdict = accept(); accept()", "not found"),
        ("again = accept(); accept()", "Cannot modify"),
    ] {
        ends_with(body, expected);
    }
}

#[test]
fn natives_keep_their_names() {
    for function in [
        "fn accept() { 1 }",
        "fn contains(list, x) { true }",
        "fn contains(x) { true }",
        "fn is_below(x) { true }",
        "fn string.is_below(x) { true }",
        "fn array.contains(x) { true }",
        "fn log(x) { true }",
    ] {
        let source = format!("{function} fn mail(host, mail) {{ refuse(\"no\") }}");
        let fate = fate(source);
        assert!(fate.contains("F005"), "{function}: {fate}");
    }
    for function in
        ["fn get$encrypted(h) { true }", "fn ==(a, b) { true }", "fn type_of(x) { 1 }", "fn eval(x) { 1 }"]
    {
        let source = format!("{function} fn mail(host, mail) {{ refuse(\"no\") }}");
        let fate = fate(source);
        assert!(fate.starts_with("P001"), "{function}: {fate}");
    }
}

#[test]
fn facts_stay_what_they_are() {
    for body in [
        "let h = [host][0]; h.row.names.push(\"x\"); if host.row.names.is_empty() { accept() }",
        "let h = [host][0]; h.extensions.clear(); if !host.extensions.is_empty() { accept() }",
        "let row = [host][0].row; try { row.policy = \"x\" } catch { } return if host.row.policy == \"\" { accept() };",
        "let name = host.name; name += \"x\"; if host.name != name { accept() }",
    ] {
        let answer = fate(format!("fn mail(host, mail) {{ {body} }}"));
        assert_eq!(answer, "answered Some(Verdict(Accept))", "{body}");
    }
}

#[test]
fn natives_do_not_panic() {
    const LEAST: &str = "(-9223372036854775807 - 1)";
    for body in [
        "9223372036854775807 + host.port",
        "LEAST % -1",
        "LEAST / -1",
        "abs(LEAST)",
        "-LEAST",
        "1 << 99999",
        "2 ** 9223372036854775807",
        "host.name.sub_string(LEAST, 9223372036854775807)",
        "let a = \"gr\u{fc}n\"; a.crop(1, 9223372036854775807); a[LEAST]",
        "let a = [1]; a.splice(LEAST, 9223372036854775807, [1]); a.extract(9223372036854775807, LEAST)",
        "let a = [1]; a.drain(LEAST, 9); a.chop(LEAST); a.truncate(LEAST); a.remove(LEAST); a.insert(LEAST, 1)",
        "let a = [1]; a.split(LEAST); a.retain(LEAST, 1); a.rotate(1)",
        "host.name.split(LEAST); host.name.split(\"\", LEAST)",
        "range(0, 9223372036854775807, 9223372036854775806).len()",
        "range(0, 1, 0)",
        "parse_int(\"1\", 0)",
        "(1.0 / 0.0).to_int()",
        "[1, 2].sort(|x, y| throw 1)",
        "[1, \"a\", (), host].sort()",
        "\"\".pop(); \"\".truncate(LEAST); [].pop(); [].shift()",
    ] {
        let answer = fate(format!("fn mail(host, mail) {{ {}; accept() }}", body.replace("LEAST", LEAST)));
        assert!(!answer.contains("panicked"), "{body}: {answer}");
    }
}
