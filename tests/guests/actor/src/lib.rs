//! filters/actor: Does with mail what the mail asks for. `tests/filter_hooks/actor.rhai` is the same as a script.

use serde::Deserialize;
use waxseal_sdk::prelude::*;
use waxseal_sdk::verdict::{Passage, Verdict};

#[derive(Deserialize)]
struct Actor;

/// What a client is answered that asks for it by the first word of a name.
fn passage(name: &str) -> Verdict<Passage> {
    match name.split(['.', '@']).next() {
        Some("accept") => accept(),
        Some("defer") => defer("4.7.1", "Not now"),
        Some("refuse") => refuse("5.7.1", "Never"),
        Some("fail") => fail("broken"),
        _ => no_opinion(),
    }
}

impl incoming::Connect for Actor {
    fn connect(&self, client: &Client) -> incoming::connect::Verdict {
        match client.address().as_str() {
            "127.0.41.1" => passage("accept"),
            "127.0.41.2" => passage("defer"),
            "127.0.41.3" => passage("refuse"),
            "127.0.41.4" => passage("fail"),
            _ => no_opinion(),
        }
    }
}

impl incoming::Ehlo for Actor {
    fn ehlo(&self, client: &Client) -> incoming::ehlo::Verdict {
        passage(&client.ehlo())
    }
}

impl incoming::Mail for Actor {
    fn mail(&self, _: &Client, mail: &Mail) -> incoming::mail::Verdict {
        passage(&mail.sender())
    }
}

impl incoming::Rcpt for Actor {
    fn rcpt(&self, _: &Client, recipient: &Recipient) -> incoming::rcpt::Verdict {
        passage(&recipient.address())
    }
}

/// Each field `X-Do` is an order: words with `|` between them.
impl incoming::Message for Actor {
    fn message(&self, _: &Client, message: &Message) -> incoming::message::Verdict {
        let mut edits = Edits::new();
        for order in message.headers().all("X-Do") {
            let words: Vec<&str> = order.split('|').collect();
            edits = match words[..] {
                ["add_header", name, value] => edits.add_header(name, value),
                ["insert_header", position, name, value] => match position.parse() {
                    Ok(position) => edits.insert_header(position, name, value),
                    Err(_) => return fail(order),
                },
                ["replace_header", name, value] => edits.replace_header(name, value),
                ["remove_header", name] => edits.remove_header(name),
                ["add_recipient", address] => edits.add_recipient(address),
                ["remove_recipient", address] => edits.remove_recipient(address),
                ["replace_body", text] => edits.replace_body(text),
                ["replace_part", part, text] => edits.replace_part(part, text),
                ["remove_part", part] => edits.remove_part(part),
                ["append_text", plain] => edits.append_text(plain),
                ["append_text", plain, html] => edits.append_html(plain, html),
                ["tag", name, value] => edits.tag(name, value),
                ["accept"] => edits,
                ["redirect", address] => return redirect(address),
                ["quarantine", reason] => return quarantine(reason),
                ["discard", reason] => return discard(reason),
                ["defer"] => return defer("4.7.1", "Not now"),
                ["refuse"] => return refuse("5.7.1", "Never"),
                _ => return fail(order),
            };
        }
        accept_changed(edits)
    }
}

/// The orders are tags.
impl outgoing::Route for Actor {
    fn route(&self, _: &Host, mail: &Mail) -> outgoing::route::Verdict {
        let tags = mail.tags();
        let value = tags.first("value").unwrap_or_default();
        match tags.first("route").as_deref() {
            Some("to") => accept_by(NextHop::new().to([value])),
            Some("source") => accept_by(NextHop::new().source(value)),
            Some("helo_name") => accept_by(NextHop::new().helo_name(value)),
            Some("transport") => accept_by(NextHop::new().transport(value)),
            Some("defer") => defer("4.7.1", "Not now"),
            Some("refuse") => refuse("5.7.1", "Never"),
            Some("fail") => fail("broken"),
            _ => no_opinion(),
        }
    }
}

/// Counts what it is told of, by the tag that the message was given.
fn heard(of: &str, report: &Report) {
    if let Some(tag) = report.tags().first("class") {
        counters::add(&format!("{of}_{tag}"), 1);
    }
}

impl outgoing::Delivered for Actor {
    fn delivered(&self, _: &Host, report: &Report) {
        heard("delivered", report);
    }
}

impl outgoing::Deferred for Actor {
    fn deferred(&self, _: &Host, report: &Report) {
        heard("deferred", report);
    }
}

impl outgoing::Failed for Actor {
    fn failed(&self, _: &Host, report: &Report) {
        heard("failed", report);
        if report.tags().first("class").is_some() {
            panic!("nothing comes of it");
        }
    }
}

export!(
    Actor: incoming::Connect, incoming::Ehlo, incoming::Mail, incoming::Rcpt, incoming::Message, outgoing::Route,
    outgoing::Delivered, outgoing::Deferred, outgoing::Failed
);
