//! DKIM: shapes of messages, what breaks signatures, and what is wrong with keys.

use serde_json::{Value, json};

use super::{Case, Kind};
use crate::authentication::messages::{changed, joined, plain, shapes};
use crate::authentication::peer::latin1;
use crate::authentication::site::Site;

/// Of header and body.
const CANONICALIZATIONS: [[&str; 2]; 4] =
    [["simple", "simple"], ["simple", "relaxed"], ["relaxed", "simple"], ["relaxed", "relaxed"]];

pub(crate) async fn dkim(site: &Site) -> Vec<Case> {
    let mut cases = vec![case("none", plain("signed.example"))];
    let mut orders = Orders::default();
    for (name, message) in shapes() {
        cases.push(case(&format!("ours, {name}"), site.sign(&message).await));
        for canonicalization in CANONICALIZATIONS {
            let settings =
                json!({ "key": site.rsa, "selector": "rsa", "canonicalization": canonicalization });
            orders.add(&format!("theirs, {name}, {}", canonicalization.join("/")), &message, settings);
        }
        orders.add(
            &format!("theirs, {name}, Ed25519"),
            &message,
            json!({ "key": site.ed, "selector": "ed" }),
        );
    }
    with_settings(site, &mut orders);
    cases.extend(orders.filled(site).await);
    cases.extend(broken(site).await);
    cases
}

/// Tags, keys, and other settings of theirs.
fn with_settings(site: &Site, orders: &mut Orders) {
    let message = plain("signed.example");
    let mut add = |name: &str, settings: Value| {
        let mut all = json!({ "key": site.rsa, "selector": "rsa" });
        all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        orders.add(name, &message, all);
    };
    add("expired", json!({ "tags": { "x": "1000000000" } }));
    add("expires later", json!({ "tags": { "x": "4000000000" } }));
    add("an unknown tag", json!({ "tags": { "zz": "what" } }));
    add("copied fields", json!({ "tags": { "z": "From:ann@signed.example" } }));
    add("the length", json!({ "length": true }));
    add("rsa-sha1", json!({ "algorithm": "rsa-sha1" }));
    add("From alone", json!({ "headers": ["From"] }));
    add("oversigned", json!({ "headers": ["From", "From", "Subject", "Cc"] }));
    add("of a subdomain", json!({ "domain": "sub.signed.example" }));
    add("of somebody else", json!({ "domain": "list.example" }));
    add("another key", json!({ "key": site.other }));
    for selector in ["bare", "tested", "swapped", "void", "odd", "revoked", "missing", "failing"] {
        add(&format!("the key is {selector}"), json!({ "selector": selector }));
    }
}

/// Messages that were changed after they were signed.
async fn broken(site: &Site) -> Vec<Case> {
    let message = plain("signed.example");
    let signed = site.sign(&message).await;
    let change = |name: &str, from: &str, to: &str| case(name, changed(&signed, from, to));
    let appended = |name: &str, end: &str| case(name, joined(&signed, end.as_bytes()));
    let on_top = |name: &str, top: &str| case(name, joined(top.as_bytes(), &signed));
    let mut cases = vec![
        change("the body was changed", "this is it", "this is IT"),
        change("the subject was changed", "Subject: A  plain", "Subject: Another plain"),
        change("the subject has other spaces", "Subject: A  plain \t one", "subject:A plain\r\n\tone"),
        change("the author was changed", "ann@signed.example>", "eve@signed.example>"),
        change("the domain was changed", "d=signed.example", "d=list.example"),
        change("the version is gone", "v=1; a=rsa", "a=rsa"),
        change("the version is another", "v=1; a=rsa", "v=2; a=rsa"),
        change("the algorithm is another", "a=rsa-sha256", "a=rsa-sha512"),
        change("the hash is no base64", "bh=", "bh=!"),
        change("no domain", "d=signed.example;", ""),
        appended("empty lines were appended", "\r\n\r\n"),
        appended("a line was appended", "more\r\n"),
        on_top("a field that was not signed is added", "X-Spam: no\r\n"),
        on_top("an author is added", "From: eve@signed.example\r\n"),
        on_top("a subject is added", "Subject: another\r\n"),
        on_top("an empty signature is added", "DKIM-Signature: \r\n"),
        on_top("nonsense is added as a signature", "DKIM-Signature: v=1; a=rsa-sha256; nonsense\r\n"),
    ];
    let order = json!({ "kind": "dkim", "key": site.rsa, "selector": "rsa", "domain": "signed.example",
        "length": true, "message": latin1(&message) });
    let counted = joined(&site.peer.make(&[order]).await[0], &message);
    cases.push(case("a line was appended behind the length", joined(&counted, b"more\r\n")));
    cases.push(case("signed twice", site.sign(&signed).await));
    cases
}

/// What dkimpy is to sign.
#[derive(Default)]
struct Orders {
    names: Vec<String>,
    messages: Vec<Vec<u8>>,
    orders: Vec<Value>,
}

impl Orders {
    fn add(&mut self, name: &str, message: &[u8], mut settings: Value) {
        settings["kind"] = json!("dkim");
        settings["message"] = json!(latin1(message));
        if settings.get("domain").is_none() {
            settings["domain"] = json!("signed.example");
        }
        self.names.push(name.to_owned());
        self.messages.push(message.to_vec());
        self.orders.push(settings);
    }

    async fn filled(self, site: &Site) -> Vec<Case> {
        let fields = site.peer.make(&self.orders).await;
        let signed = self.names.iter().zip(self.messages).zip(fields);
        signed.map(|((name, message), field)| case(name, joined(&field, &message))).collect()
    }
}

fn case(name: &str, message: Vec<u8>) -> Case {
    Case::message(format!("dkim: {name}"), Kind::Dkim, message)
}
