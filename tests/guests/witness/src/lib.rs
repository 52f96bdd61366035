//! filters/witness: Tells clients what a plugin is told and remembers.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

/// Tests make another version by writing another word of the same length here.
const VERSION: &str = "version-one";

#[derive(Deserialize)]
struct Witness;

/// What the name server says of the sender's domain is told; where there is nothing, the mail may come.
impl incoming::Mail for Witness {
    fn mail(&self, client: &Client, _: &Mail) -> incoming::mail::Verdict {
        counters::add("mails", 1);
        match dns::txt(&format!("_witness.{}", client.sender_domain())) {
            Ok(texts) => refuse("5.7.1", texts.concat()),
            Err(dns::Failure::NoRecord) => accept(),
            Err(problem) => fail(problem.to_string()),
        }
    }
}

/// No recipient is taken: the reply says how many there have been, whether that is within a rate of two an hour,
/// and whether the sender's domain is in a list.
impl incoming::Rcpt for Witness {
    fn rcpt(&self, client: &Client, _: &Recipient) -> incoming::rcpt::Verdict {
        let allowed = rates::allows("2 per 1h", "recipients") == Ok(true);
        let listed = lists::contains("known", &client.sender_domain()) == Ok(true);
        match kv::update("recipients", kv::FOR_EVER, |count: Option<u64>| count.unwrap_or(0) + 1) {
            Ok(count) => {
                let now = clock::now();
                refuse(
                    "5.7.1",
                    format!("{VERSION} recipient {count} time {now} allowed {allowed} listed {listed}"),
                )
            }
            Err(problem) => fail(problem),
        }
    }
}

export!(Witness: incoming::Mail, incoming::Rcpt);
