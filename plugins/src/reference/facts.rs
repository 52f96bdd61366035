//! `facts.md`: every fact, from the types themselves.

use std::fmt::Write as _;

use super::{hold, one_line};
use crate::facts::{
    Body, Certificate, Client, Facts, Handshake, Hello, Host, Kind, Mail, Message, Part, Recipient, Report,
    Row,
};

#[test]
fn the_page_of_facts_is_what_the_code_says() {
    let mut text = String::from(
        "# Facts\n\nWhat a hook is told: read-only, always with a value. A text that does not apply is empty. A version \
         compares with a text, as in `host.version < \"1.3\"`, and with nothing else. Scripts and plugins read the same \
         facts by the same names. Which hook is told which, [the hooks](hooks.md) say.\n",
    );
    of::<Client>(&mut text);
    of::<Host>(&mut text);
    of::<Hello>(&mut text);
    of::<Handshake>(&mut text);
    of::<Certificate>(&mut text);
    of::<Mail>(&mut text);
    of::<Recipient>(&mut text);
    of::<Message>(&mut text);
    of::<Part>(&mut text);
    of::<Body>(&mut text);
    of::<Report>(&mut text);
    of::<Row>(&mut text);
    hold("facts.md", &text);
}

fn of<T: Facts>(text: &mut String) {
    let word = T::WORD;
    write!(text, "\n## {word}\n\n| fact | type | what it says |\n| --- | --- | --- |\n").unwrap();
    for fact in T::FACTS {
        let (name, kind, doc) = (fact.name, in_words(fact.kind), one_line(fact.doc));
        writeln!(text, "| `{word}.{name}` | {kind} | {doc} |").unwrap();
    }
}

fn in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Parameters => "map",
        Kind::Fields => "fields: `[\"name\"]`, `.all(\"name\")`, `.contains(\"name\")`, `.names`",
        Kind::Parts => "list of [parts](#part)",
        Kind::Body => "[body](#body): `.contains(\"text\")`, `.pieces()`, `.read(offset, length)`",
        Kind::Row => "[row](#row)",
        Kind::Certificate => "[certificate](#certificate)",
        kind => kind.in_words(),
    }
}
