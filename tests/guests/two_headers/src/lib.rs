//! filters/two_headers: Reads two header fields of each message: one that letters have, and one that they have not.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

#[derive(Deserialize)]
struct TwoHeaders;

impl incoming::Message for TwoHeaders {
    fn message(&self, _: &Client, message: &Message) -> incoming::message::Verdict {
        let headers = message.headers();
        let listed = headers.first("List-Id").is_some();
        if listed || headers.first("Subject").is_some_and(|subject| subject.contains("viagra")) {
            return refuse("5.7.1", "No");
        }
        no_opinion()
    }
}

export!(TwoHeaders: incoming::Message);
