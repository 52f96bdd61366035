//! What a plugin uses, at once: `use waxseal_sdk::prelude::*;`.
//!
//! The traits of the hooks come without their names, so that a test can call them: `plugin.mail(&host,
//! &mail)`. A plugin that has a hook in both directions says which: `outgoing::Mail::mail(&plugin, &host,
//! &mail)`.

pub use crate::facts::{
    Body, Certificate, Client, Fields, Handshake, Hello, Host, Mail, Message, Part, Recipient, Report, Row,
    TLS_1_2, TLS_1_3, version_in_words,
};
pub use crate::incoming::{
    Certificate as _, Cipher as _, Connect as _, Ehlo as _, Mail as _, Message as _, Offer as _, Rcpt as _,
    Start as _,
};
pub use crate::outgoing::{
    Certificate as _, Cipher as _, Deferred as _, Delivered as _, Failed as _, Mail as _, Offer as _,
    Route as _, Start as _,
};
#[cfg(not(target_arch = "wasm32"))]
pub use crate::testing;
pub use crate::verdict::{
    ClientCertificate, Edits, Floor, NextHop, Terms, USUAL, accept, accept_by, accept_changed, accept_under,
    advertise, defer, discard, fail, no_opinion, quarantine, redirect, refuse, require, start_tls,
    stay_clear, withhold,
};
pub use crate::{
    alarm, clock, counters, debug, dns, export, incoming, kv, lists, log, outgoing, rates, texts,
};
