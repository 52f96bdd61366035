//! The house rules that a compiler does not check: who may import whom, how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a file.
const LINES: usize = 350;

/// Folders of `core/src`, and what they never name.
#[rustfmt::skip]
const NEVER: [(&str, &[&str]); 10] = [
    ("core/src/incoming", &["crate::outgoing", "crate::admin", "crate::cli"]),
    ("core/src/outgoing", &["crate::incoming", "crate::admin", "crate::cli"]),
    // The wire is pure: no I/O, no policy, nothing of the other folders.
    ("core/src/smtp",     &["tokio", "std::net::Tcp", "waxseal_plugins::bundle", "waxseal_plugins::hooks",
                            "crate::incoming", "crate::outgoing", "crate::tls", "crate::spool", "crate::net",
                            "crate::config", "crate::observe", "crate::relay"]),
    ("core/src/names",    &["crate::incoming", "crate::outgoing", "crate::tls", "crate::spool", "crate::net",
                            "crate::observe", "crate::relay", "waxseal_plugins"]),
    ("core/src/spool",    &["crate::incoming", "crate::outgoing", "crate::tls", "crate::net"]),
    ("core/src/tls",      &["crate::incoming", "crate::outgoing", "crate::spool", "crate::smtp::command"]),
    ("core/src/milter",   &["crate::incoming", "crate::outgoing", "crate::tls", "crate::spool", "crate::net", "crate::relay"]),
    ("core/src/message",  &["crate::incoming", "crate::outgoing", "crate::spool"]),
    // A policy cannot reach a socket, a session or the spool: what runs it knows none.
    ("plugins/src",       &["waxseal::", "tokio::net", "std::net::Tcp", "std::net::Udp", "rustls"]),
    ("sdk/src",           &["waxseal::", "waxseal_plugins"]),
];

/// The folders that may ask hooks.
const ASKING: [&str; 3] = ["core/src/tls/", "core/src/incoming/", "core/src/outgoing/"];

#[test]
fn nobody_imports_whom_they_must_not() {
    let mut wrong = Vec::new();
    for (folder, never) in NEVER {
        for (path, text) in sources(folder) {
            for (number, line) in code(&text) {
                let named = never.iter().find(|name| names(line, name));
                wrong.extend(named.map(|name| format!("  {path}:{number}: names {name}")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn only_tls_and_the_two_sessions_ask_hooks() {
    let mut wrong = Vec::new();
    for (path, text) in sources("core/src") {
        if ASKING.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        let asks = code(&text).find(|(_, line)| line.contains(".ask::<") || line.contains("bundle.ask("));
        wrong.extend(asks.map(|(number, _)| format!("  {path}:{number}: asks a hook")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// `message` is the line's own text: a field of that name would take its place.
#[test]
fn no_log_line_has_a_field_called_message() {
    let mut wrong = Vec::new();
    for (path, text) in sources("core/src").into_iter().chain(sources("plugins/src")) {
        let field = |line: &str| line.contains("message = %") || line.contains("%message");
        let found = code(&text).find(|(_, line)| field(line));
        wrong.extend(found.map(|(number, _)| format!("  {path}:{number}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn incoming_and_outgoing_mirror_each_other() {
    for stem in ["starttls", "facts"] {
        let (incoming, outgoing) = (module("core/src/incoming", stem), module("core/src/outgoing", stem));
        assert!(incoming && outgoing, "{stem}: incoming has it: {incoming}, outgoing: {outgoing}");
    }
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let mut long = Vec::new();
    for folder in ["core/src", "plugins/src", "sdk/src", "tests", "policies", "examples"] {
        let lengths = sources(folder).into_iter().map(|(path, text)| (path, text.lines().count()));
        long.extend(lengths.filter(|(_, lines)| *lines > LINES));
    }
    assert!(long.is_empty(), "longer than {LINES} lines: {long:?}");
}

#[test]
fn every_file_says_what_it_is() {
    for folder in ["core/src", "plugins/src", "sdk/src", "tests"] {
        // Tests in a file of their own have the words of what they test.
        let speaking =
            |path: &str| path.ends_with(".rs") && !path.ends_with("tests.rs") && !path.contains("/tests/");
        let silent =
            sources(folder).into_iter().find(|(path, text)| speaking(path) && !text.starts_with("//!"));
        assert!(silent.is_none(), "{} does not say what it is", silent.unwrap_or_default().0);
    }
}

/// Who reads a code in a log looks it up there.
#[test]
fn every_code_of_a_finding_is_explained() {
    let page = fs::read_to_string(root().join("policies/README.md")).expect("the page");
    let texts = sources("core/src").into_iter().chain(sources("plugins/src"));
    let mut codes: Vec<String> = texts
        .flat_map(|(_, text)| code(&text).flat_map(|(_, line)| codes(line)).collect::<Vec<_>>())
        .collect();
    codes.sort();
    codes.dedup();
    assert!(codes.len() > 50, "the codes are not found: {codes:?}");
    let missing: Vec<_> = codes.iter().filter(|code| !page.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "policies/README.md does not have {missing:?}");
}

/// The texts in this line that are codes: a capital letter and three digits.
fn codes(line: &str) -> Vec<String> {
    let is_code = |text: &&str| {
        text.len() == 4
            && text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.chars().skip(1).all(|char| char.is_ascii_digit())
    };
    line.split('"').filter(is_code).map(str::to_owned).collect()
}

#[test]
fn every_file_of_tests_is_in_the_index() {
    let index = fs::read_to_string(root().join("tests/README.md")).expect("the index");
    let here = fs::read_dir(root().join("tests")).expect("the folder").flatten();
    let names = here.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let missing: Vec<_> =
        names.filter(|name| name.ends_with(".rs") && !index.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "tests/README.md does not have {missing:?}");
}

/// The contract of plugins lists exactly the facts that scripts have.
#[test]
fn the_wit_contract_names_the_facts() {
    use waxseal_plugins::facts;

    let wit: String = files("sdk/wit").iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    if wit.is_empty() {
        return;
    }
    let mut missing = Vec::new();
    missing.extend(unnamed::<facts::Client>(&wit));
    missing.extend(unnamed::<facts::Host>(&wit));
    missing.extend(unnamed::<facts::Hello>(&wit));
    missing.extend(unnamed::<facts::Handshake>(&wit));
    missing.extend(unnamed::<facts::Certificate>(&wit));
    missing.extend(unnamed::<facts::Mail>(&wit));
    missing.extend(unnamed::<facts::Row>(&wit));
    assert!(missing.is_empty(), "sdk/wit has no {missing:?}");
}

/// The facts of a type that its WIT resource does not have.
fn unnamed<F: waxseal_plugins::facts::Facts>(wit: &str) -> Vec<String> {
    let head = format!("resource {} {{", F::WORD);
    let body =
        wit.split_once(&head).and_then(|(_, rest)| rest.split_once("\n    }")).map_or("", |(body, _)| body);
    let has = |name: &str| {
        let getter = name.replace('_', "-");
        body.lines().any(|line| {
            let line = line.trim_start().trim_start_matches('%');
            line.strip_prefix(getter.as_str()).is_some_and(|rest| rest.trim_start().starts_with(':'))
        })
    };
    let without = F::FACTS.iter().filter(|fact| !has(fact.name));
    without.map(|fact| format!("{}.{}", F::WORD, fact.name)).collect()
}

/// Whether a line names a path: not one that only ends like it, nor a text that begins like it.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|char| char.is_alphanumeric() || matches!(char, '_' | ':' | '"'))
    })
}

/// The lines of code with their numbers: neither comments nor what stands beneath `mod tests`.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines
        .take_while(|(_, line)| !line.starts_with("mod tests {"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn module(folder: &str, stem: &str) -> bool {
    let folder = root().join(folder);
    folder.join(format!("{stem}.rs")).exists() || folder.join(stem).is_dir()
}

/// The sources in a folder, by their paths from the root of the workspace; tests aside that have a
/// file of their own.
fn sources(folder: &str) -> Vec<(String, String)> {
    let source = |path: &PathBuf| path.extension().is_some_and(|end| end == "rs" || end == "rhai");
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).expect("below the root").display().to_string();
        fs::read_to_string(&path).ok().map(|text| (name, text))
    };
    files(folder).into_iter().filter(source).filter_map(named).collect()
}

/// All but what builds leave behind.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true if entry.file_name() == "target" => {}
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}
