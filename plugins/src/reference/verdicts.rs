//! `verdicts.md`: what each verdict means at its hook, and what may be chained to it.

use std::fmt::Write as _;

use super::hold;
use crate::hooks::{Hook, incoming, outgoing};
use crate::spoken::meaning::{meaning, of_setter};
use crate::spoken::{FromSpoken, Setter, Word};

const OPENING: &str = "# Verdicts

What a hook answers. In a script a verdict is made by a function of this name, and is the value of the last statement or
stands behind `return`; in a plugin the functions of the SDK have the same names.

`defer` and `refuse` take what is said, `defer(\"why\")`, or an enhanced status code (RFC 3463) besides, `defer(\"4.7.5\",
\"why\")`: of class 4 to defer, of class 5 to refuse. The other side reads it, and in a bounce the sender.
";

const SETTERS: &str = "
## What may be chained

Narrower terms, as in `accept().min_version(\"1.3\").suites([\"TLS_AES_256_GCM_SHA384\"])`. Terms of several answers are joined:
versions by the higher one, lists by what all have. At message: what is changed, in the order in which it is said, filter after
filter by their file names. At route: where it goes.

| function | at | what it says |
| --- | --- | --- |
";

const JOIN: &str = "
## Which of several holds

The policy and all filters are asked, and the strictest verdict holds: `refuse` over `defer` over `discard` over `quarantine` over
`redirect` over the others, `withhold` over `advertise`, `start_tls` over `stay_clear`, `accept` over `stay_clear`. Floors (`require`) are joined by the higher one. So the order of
files does not matter, and a filter can only tighten what the policy says.
";

#[test]
fn the_page_of_verdicts_is_what_the_code_says() {
    let mut text = OPENING.to_owned();
    let mut at = Vec::new();
    of::<incoming::Connect>(&mut text, &mut at);
    of::<incoming::Ehlo>(&mut text, &mut at);
    of::<incoming::Offer>(&mut text, &mut at);
    of::<incoming::Start>(&mut text, &mut at);
    of::<incoming::Cipher>(&mut text, &mut at);
    of::<incoming::Certificate>(&mut text, &mut at);
    of::<incoming::Mail>(&mut text, &mut at);
    of::<incoming::Rcpt>(&mut text, &mut at);
    of::<incoming::Message>(&mut text, &mut at);
    of::<outgoing::Route>(&mut text, &mut at);
    of::<outgoing::Offer>(&mut text, &mut at);
    of::<outgoing::Start>(&mut text, &mut at);
    of::<outgoing::Cipher>(&mut text, &mut at);
    of::<outgoing::Certificate>(&mut text, &mut at);
    of::<outgoing::Mail>(&mut text, &mut at);
    text.push_str(SETTERS);
    for setter in Setter::ALL {
        let hooks = at.iter().filter(|(one, _)| *one == setter).map(|(_, hook)| hook.as_str());
        let hooks = hooks.collect::<Vec<_>>().join(", ");
        let (usage, about) = of_setter(setter);
        let of_policies = if setter.is_for_policies() { " Policies only." } else { "" };
        writeln!(text, "| `.{usage}` | {hooks} | {about}{of_policies} |").unwrap();
    }
    hold("verdicts.md", &(text + JOIN));
}

fn of<H: Hook>(text: &mut String, setters: &mut Vec<(Setter, String)>)
where
    H::Verdict: FromSpoken,
{
    let title = format!("{} {}", H::DIRECTION, H::NAME);
    write!(text, "\n## {title}\n\n| verdict | what follows |\n| --- | --- |\n").unwrap();
    for word in <H::Verdict as FromSpoken>::WORDS {
        writeln!(text, "| `{}` | {} |", usage(*word), meaning(H::DIRECTION, H::NAME, *word).unwrap())
            .unwrap();
    }
    setters.extend(<H::Verdict as FromSpoken>::SETTERS.iter().map(|setter| (*setter, title.clone())));
}

fn usage(word: Word) -> String {
    match word {
        Word::Defer => "defer(\"4.7.5\", \"why\")".to_owned(),
        Word::Refuse => "refuse(\"5.7.1\", \"why\")".to_owned(),
        Word::Require => "require(\"encrypted\")`, `require(\"verified\")".to_owned(),
        Word::Redirect => "redirect(\"someone@example.org\")".to_owned(),
        Word::Quarantine => "quarantine(\"why\")".to_owned(),
        Word::Discard => "discard(\"why\")".to_owned(),
        word => format!("{}()", word.word()),
    }
}
