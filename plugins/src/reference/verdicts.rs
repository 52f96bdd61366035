//! `verdicts.md`: what each verdict means at its hook, and what may be chained to it.

use std::fmt::Write as _;

use super::hold;
use crate::hooks::{Direction, Hook, HookName, incoming, outgoing};
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
versions by the higher one, lists by what all have.

| function | at | what it says |
| --- | --- | --- |
";

const JOIN: &str = "
## Which of several holds

The policy and all filters are asked, and the strictest verdict holds: `refuse` over `defer` over the others, `withhold` over
`advertise`, `start_tls` over `stay_clear`, `accept` over `stay_clear`. Floors (`require`) are joined by the higher one. So the order of
files does not matter, and a filter can only tighten what the policy says.
";

#[test]
fn the_page_of_verdicts_is_what_the_code_says() {
    let mut text = OPENING.to_owned();
    let mut at = Vec::new();
    of::<incoming::Connect>(&mut text, &mut at);
    of::<incoming::Offer>(&mut text, &mut at);
    of::<incoming::Start>(&mut text, &mut at);
    of::<incoming::Cipher>(&mut text, &mut at);
    of::<incoming::Certificate>(&mut text, &mut at);
    of::<incoming::Mail>(&mut text, &mut at);
    of::<incoming::Rcpt>(&mut text, &mut at);
    of::<outgoing::Offer>(&mut text, &mut at);
    of::<outgoing::Start>(&mut text, &mut at);
    of::<outgoing::Cipher>(&mut text, &mut at);
    of::<outgoing::Certificate>(&mut text, &mut at);
    of::<outgoing::Mail>(&mut text, &mut at);
    text.push_str(SETTERS);
    for setter in Setter::ALL {
        let hooks = at.iter().filter(|(one, _)| *one == setter).map(|(_, hook)| hook.as_str());
        let hooks = hooks.collect::<Vec<_>>().join(", ");
        let (usage, about) = setter_in_words(setter);
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
        writeln!(text, "| `{}` | {} |", usage(*word), meaning(H::DIRECTION, H::NAME, *word)).unwrap();
    }
    setters.extend(<H::Verdict as FromSpoken>::SETTERS.iter().map(|setter| (*setter, title.clone())));
}

fn usage(word: Word) -> String {
    match word {
        Word::Defer => "defer(\"4.7.5\", \"why\")".to_owned(),
        Word::Refuse => "refuse(\"5.7.1\", \"why\")".to_owned(),
        Word::Require => "require(\"encrypted\")`, `require(\"verified\")".to_owned(),
        word => format!("{}()", word.word()),
    }
}

fn meaning(direction: Direction, hook: HookName, word: Word) -> &'static str {
    match direction {
        Direction::Incoming => of_client(hook, word),
        Direction::Outgoing => of_host(hook, word),
    }
    .unwrap_or_else(|| panic!("{direction} {hook}: nobody has said what `{}` means", word.word()))
}

fn of_client(hook: HookName, word: Word) -> Option<&'static str> {
    Some(match (hook, word) {
        (HookName::Connect, Word::Accept) => "The client is greeted.",
        (HookName::Connect, Word::Defer) => "`421` instead of the greeting.",
        (HookName::Connect, Word::Refuse) => "`554` instead of the greeting.",
        (HookName::Offer, Word::Advertise) => "STARTTLS is in the reply to EHLO.",
        (HookName::Offer, Word::Withhold) => "It is not; the session goes on in clear.",
        (HookName::Offer, Word::Refuse) => "`554 5.7.1` to EHLO and to all that follows but QUIT.",
        (HookName::Start, Word::Accept) => "The handshake begins.",
        (HookName::Start, Word::Refuse) => {
            "`454 4.7.0` to STARTTLS; where TLS is implicit the connection is closed."
        }
        (HookName::Cipher, Word::Accept) => "The handshake goes on.",
        (HookName::Cipher, Word::Refuse) => {
            "The handshake ends with an alert. At MAIL FROM: that mail is refused."
        }
        (HookName::Certificate, Word::Accept) => "The certificate, or that there is none, will do.",
        (HookName::Certificate, Word::Refuse) => {
            "`554` to everything but QUIT, inside TLS. At MAIL FROM: that mail is refused."
        }
        (HookName::Mail, Word::Accept) => "The message may come over this connection.",
        (HookName::Mail, Word::Defer) => {
            "`450 4.7.1` to MAIL FROM, or `451` with the code 4.7.5: the client tries again."
        }
        (HookName::Mail, Word::Refuse) => {
            "`550 5.7.1` to MAIL FROM; `530` with the code 5.7.0, `554` with 5.7.5. `450 4.7.1` where clear mail is refused \
             in a session that was not offered TLS."
        }
        (HookName::Rcpt, Word::Accept) => "The recipient is taken, if relaying to it is allowed.",
        (HookName::Rcpt, Word::Defer) => "`450` to this RCPT TO; others may be taken.",
        (HookName::Rcpt, Word::Refuse) => {
            "`550` to this RCPT TO (`530` with the code 5.7.0); others may be taken."
        }
        _ => return None,
    })
}

fn of_host(hook: HookName, word: Word) -> Option<&'static str> {
    Some(match (hook, word) {
        (HookName::Mail, Word::Accept) => "The message crosses this connection as it is, encrypted or clear.",
        (HookName::Mail, Word::Defer) => "It waits, and is tried again.",
        (HookName::Mail, Word::Refuse) => "It goes back to its sender, with what was said.",
        (HookName::Offer, Word::StartTls) => {
            "STARTTLS is sent if the host offers it; else `mail` decides about clear text."
        }
        (HookName::Offer, Word::StayClear) => "The connection stays clear, and `mail` decides about that.",
        (HookName::Offer, Word::Require) => {
            "A filter's floor, which the relay itself holds from then on, whatever is answered later: an encrypted \
             connection, or one with a verified certificate besides."
        }
        (HookName::Start, Word::Accept) => "STARTTLS is sent, and the handshake begins.",
        (HookName::Start, Word::StayClear) => "The connection stays clear, and `mail` decides about that.",
        (HookName::Cipher, Word::Accept) => "What was negotiated will do.",
        (HookName::Certificate, Word::Accept) => "The certificate will do, whatever its judgement.",
        (_, Word::Defer) => {
            "No mail to this host now: the next one is tried, and without another the mail waits."
        }
        (_, Word::Refuse) => {
            "No mail to this host: the next one is tried; where every host was reached and refused so, the mail goes back."
        }
        _ => return None,
    })
}

fn setter_in_words(setter: Setter) -> (&'static str, &'static str) {
    match setter {
        Setter::MinVersion => ("min_version(\"1.3\")", "The least TLS version: \"1.2\" or \"1.3\"."),
        Setter::Suites => ("suites([..])", "The cipher suites that may be negotiated, by IANA name."),
        Setter::Groups => ("groups([..])", "The key exchange groups that may be negotiated, by IANA name."),
        Setter::Roots => (
            "roots([..])",
            "The sets of roots that the peer's chain may lead to: \"webpki\", \"system\" or a PEM file.",
        ),
        Setter::ClientCertificate => (
            "client_certificate(\"request\")",
            "Whether the client is asked for a certificate: \"none\", \"request\", or \"require\", without which its mail is refused.",
        ),
        Setter::Identity => {
            ("identity(\"name\")", "The identity that we present, by its name in the configuration.")
        }
        Setter::ServerName => ("server_name(\"name\")", "The name that the host is asked for (SNI)."),
    }
}
