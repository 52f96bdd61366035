//! What is said of words: clauses, functions, parameters, types.

mod state;

use crate::facts::Kind;
use crate::rhai::schema::{FactTable, Signature};
use crate::spoken::Word;
use crate::spoken::meaning::meaning;
use crate::table::Clause;

pub(crate) use state::{OF_NAMES, OF_STATE, OF_TRIALS};

/// A function that every script has: how it is written, as a snippet, and what it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Native {
    pub(crate) name: &'static str,
    pub(crate) usage: &'static str,
    pub(crate) snippet: &'static str,
    pub(crate) about: &'static str,
}

const fn native(
    name: &'static str,
    usage: &'static str,
    snippet: &'static str,
    about: &'static str,
) -> Native {
    Native { name, usage, snippet, about }
}

/// Functions that stand alone.
#[rustfmt::skip]
pub(crate) const ALONE: [Native; 2] = [
    native("log", "log(text)", "log(\"${1:text}\")", "A line for whoever reads the log. A call may say 16 lines; a policy that is merely tried is silent."),
    native("alarm", "alarm(text)", "alarm(\"${1:text}\")", "What the operator must mend: a warning in the log."),
];

/// Functions behind a text.
#[rustfmt::skip]
pub(crate) const OF_TEXTS: [Native; 9] = [
    native("is_below", "name.is_below(domain)", "is_below(\"${1:example.org}\")", "Whether the name is a subdomain of the domain; the domain itself is not."),
    native("is_within", "name.is_within(domain)", "is_within(\"${1:example.org}\")", "Whether the name is the domain itself or a name below it."),
    native("contains", "text.contains(part)", "contains(\"$1\")", "Whether the part occurs in the text."),
    native("starts_with", "text.starts_with(part)", "starts_with(\"$1\")", "Whether the text begins so."),
    native("ends_with", "text.ends_with(part)", "ends_with(\"$1\")", "Whether the text ends so."),
    native("matches", "text.matches(pattern)", "matches(\"$1\")", "Whether a regular expression finds something in the text, in the syntax of the [crate regex](https://docs.rs/regex/latest/regex/#syntax): `^` and `$` are its ends, `(?i)` leaves case aside. `\\\\d` in quotes, `\\d` in backticks. A pattern has at most 1000 octets; a wrong one is found when the script is loaded."),
    native("card_number", "text.card_number()", "card_number()", "The first number of a payment card in the text, with its last four digits only, as in `************1111`; empty where there is none. It has 13 to 19 digits with or without spaces or dashes, a prefix of a known network, and a check digit that is right."),
    native("to_lower", "text.to_lower()", "to_lower()", "The text in small letters."),
    native("is_empty", "text.is_empty()", "is_empty()", "Whether the text is empty: a fact that does not apply is."),
];

/// Functions behind a list.
#[rustfmt::skip]
pub(crate) const OF_LISTS: [Native; 3] = [
    native("contains", "list.contains(x)", "contains(\"$1\")", "Whether the list has this value."),
    native("is_empty", "list.is_empty()", "is_empty()", "Whether the list has nothing in it."),
    native("len", "list.len()", "len()", "How many values the list has."),
];

/// Functions behind a row, and behind its parameters.
#[rustfmt::skip]
pub(crate) const OF_ROWS: [Native; 1] = [
    native("parameter", "row.parameter(name, default)", "parameter(\"${1:name}\", ${2:0})", "What the row says with `with #{...}`, or the default."),
];
#[rustfmt::skip]
pub(crate) const OF_PARAMETERS: [Native; 2] = [
    native("contains", "parameters.contains(name)", "contains(\"${1:name}\")", "Whether the row has this parameter."),
    native("keys", "parameters.keys()", "keys()", "The names of the row's parameters."),
];

/// What only tests have.
#[rustfmt::skip]
pub(crate) const OF_TESTS: [Native; 10] = [
    native("ask", "ask(file, hook, peer)` or `ask(file, hook, peer, subject)", "ask(\"${1:outgoing/require}\", \"${2:offer}\", ${3:outgoing_host(#{})})", "Asks one policy or filter. Its answer has `verdict`, `code`, `text` and `place`."),
    native("expect", "expect(answer, verdict)`, `expect(answer, verdict, code)` or `expect(condition)", "expect(${1:answer}, \"${2:defer}\")", "Fails the test where it does not hold."),
    native("expect_eq", "expect_eq(a, b)", "expect_eq(${1:a}, ${2:b})", "Fails the test where the two differ."),
    native("incoming_client", "incoming_client(#{..})", "incoming_client(#{$1})", "An ordinary client, but for what the map says."),
    native("outgoing_host", "outgoing_host(#{..})", "outgoing_host(#{$1})", "An ordinary host, but for what the map says."),
    native("hello", "hello(#{..})", "hello(#{$1})", "An ordinary ClientHello, but for what the map says."),
    native("handshake", "handshake(#{..})", "handshake(#{$1})", "An ordinary handshake, but for what the map says."),
    native("certificate", "certificate(#{..})` or `certificate(\"expired\")", "certificate(\"${1|valid,none,expired,not_yet_valid,wrong_name,unknown_root,self_signed|}\")", "A certificate: valid but for what the map says, or one of a usual kind."),
    native("mail", "mail(#{..})", "mail(#{$1})", "An ordinary mail, but for what the map says."),
    native("recipient", "recipient(#{..})", "recipient(#{$1})", "An ordinary recipient, but for what the map says."),
];

/// What a clause asks for.
pub(super) fn of_clause(clause: Clause) -> &'static str {
    match clause {
        Clause::MinVersion => "The least TLS version that may be negotiated.",
        Clause::Suites => "The cipher suites that may be negotiated, by IANA name.",
        Clause::Groups => "The key exchange groups that may be negotiated, by IANA name.",
        Clause::Names => {
            "The names of which the peer's certificate must have one; with a leading `.` any name below. Outgoing, `\"mx\"` \
             stands for the names of the MX records, which prove nothing by themselves."
        }
        Clause::Pins => "The public keys of which the peer's chain must have one.",
        Clause::Roots => {
            "The sets of roots that the peer's chain may lead to: `webpki`, `system`, or a PEM file beside the configuration."
        }
        Clause::Identity => "The identity that we present, by a name in the configuration.",
        Clause::Because => "The reason, for who reads the table, the decision log and explanations.",
        Clause::Until => "The last day on which the row holds, UTC. Then the next row that matches applies.",
        Clause::With => "The policy's own parameters: `row.parameters[\"x\"]`, `row.parameter(\"x\", 3)`.",
    }
}

/// A clause with a place to fill in its value.
pub(super) fn snippet_of(clause: Clause) -> String {
    let value = match clause {
        Clause::MinVersion => r#""${1|1.3,1.2|}""#,
        Clause::Suites | Clause::Groups => r#"["$1"]"#,
        Clause::Names => r#"["${1:mail.example.org}"]"#,
        Clause::Pins => r#"["sha256:$1"]"#,
        Clause::Roots => r#"["${1:webpki}"]"#,
        Clause::Identity => r#""${1:mail.example.org}""#,
        Clause::Because => r#""${1:why}""#,
        Clause::Until => r#""${1:2027-12-31}""#,
        Clause::With => "#{ ${1:name}: ${2:value} }",
    };
    format!("{} {value}", clause.word())
}

/// A verdict as a snippet.
pub(super) fn snippet_of_verdict(word: Word) -> String {
    match word {
        Word::Defer => r#"defer("${1:4.7.5}", "${2:why}")"#.to_owned(),
        Word::Refuse => r#"refuse("${1:5.7.1}", "${2:why}")"#.to_owned(),
        Word::Require => r#"require("${1|encrypted,verified|}")"#.to_owned(),
        Word::Redirect => r#"redirect("${1:someone@example.org}")"#.to_owned(),
        Word::Quarantine | Word::Discard => format!(r#"{}("${{1:why}}")"#, word.word()),
        word => format!("{}()", word.word()),
    }
}

/// How a verdict is written.
pub(super) fn usage_of_verdict(word: Word) -> String {
    match word {
        Word::Defer => "`defer(\"4.7.5\", \"why\")` or `defer(\"why\")`".to_owned(),
        Word::Refuse => "`refuse(\"5.7.1\", \"why\")` or `refuse(\"why\")`".to_owned(),
        Word::Require => "`require(\"encrypted\")` or `require(\"verified\")`".to_owned(),
        Word::Redirect => "`redirect(\"someone@example.org\")`".to_owned(),
        Word::Quarantine | Word::Discard => format!("`{}(\"why\")`", word.word()),
        word => format!("`{}()`", word.word()),
    }
}

/// What a verdict means at these hooks.
pub(super) fn of_verdict(signatures: &[&Signature], word: Word) -> String {
    let said = signatures.iter().filter(|one| one.words.contains(&word)).filter_map(|one| {
        let meaning = meaning(one.direction, one.hook, word)?;
        Some(if signatures.len() == 1 { meaning.to_owned() } else { format!("- {}: {meaning}", one.title()) })
    });
    said.collect::<Vec<_>>().join("\n")
}

/// What is to add of a type, where it does not speak for itself.
pub(super) fn note_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Version => "\n\nIt compares with a text, as in `< \"1.3\"`, and with nothing else.",
        Kind::Fields => {
            "\n\nThe first value of a name is read with `[\"name\"]`, empty where there is none; all with `.all(\"name\")`."
        }
        Kind::Parts => "\n\nGone through with `for part in ...`.",
        Kind::Body => {
            "\n\nLooked through with `.contains(\"text\")`, or piece by piece with `for piece in ...`."
        }
        Kind::Parameters => "\n\nOne is read with `row.parameter(\"x\", 3)`, 3 where the row does not say.",
        _ => "",
    }
}

/// What a hook's parameter is, and all that it tells.
pub(super) fn of_facts(table: &FactTable) -> String {
    let what = match table.word {
        "client" => "The other host of an incoming connection, and the connection as it is.",
        "host" => "The other host of an outgoing connection, and the connection as it is.",
        "hello" => "The ClientHello, as it was read.",
        "handshake" => "What the handshake came to.",
        "certificate" => "The peer's certificate and its judgement, or that there is none.",
        "mail" => "The message.",
        "recipient" => "The recipient.",
        "message" => "The message, all of it.",
        "body" => "What is behind the headers, to be read piece by piece.",
        "report" => "What became of the message.",
        _ => "The row of the domain table that chose the policy.",
    };
    let names: Vec<_> = table.facts.iter().map(|fact| format!("`{}`", fact.name)).collect();
    format!("**{}**\n\n{what}\n\nFacts: {}", table.word, names.join(", "))
}
