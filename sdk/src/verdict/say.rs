//! The functions that make verdicts.
//!
//! Each is generic over what the hook can answer, and remembers its caller's place.

use super::{Answer, Edits, Floor, NextHop, Reply, Says, Terms, Verdict, word};

/// Go on. At start and at an incoming cipher: under no terms but those of the row.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// fn mail(host: &Host) -> outgoing::mail::Verdict {
///     if host.encrypted() { accept() } else { defer("4.7.5", "TLS is required") }
/// }
/// assert_eq!(mail(&testing::encrypted_host()), accept());
/// ```
#[track_caller]
pub fn accept<A: Says<word::Accept>>() -> Verdict<A> {
    said(word::Accept)
}

/// Go on, under these terms. At start in both directions, and at an incoming cipher.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// fn start(client: &Client) -> incoming::start::Verdict {
///     accept_under(Terms::new().client_certificate(ClientCertificate::Request))
/// }
/// assert_eq!(start(&testing::clear_client()).word(), "accept");
/// ```
///
/// The other hooks negotiate nothing, and take no terms:
///
/// ```compile_fail,E0277
/// # use waxseal_sdk::prelude::*;
/// let verdict: outgoing::mail::Verdict = accept_under(Terms::new());
/// ```
#[track_caller]
pub fn accept_under<A: Says<word::AcceptUnder>>(terms: Terms) -> Verdict<A> {
    said(word::AcceptUnder(terms))
}

/// At message: it is taken, and changed like this.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// fn message(message: &Message) -> incoming::message::Verdict {
///     accept_changed(Edits::new().replace_header("Subject", format!("[external] {}", message.subject())))
/// }
/// assert_eq!(message(&testing::message()).word(), "accept");
/// ```
#[track_caller]
pub fn accept_changed<A: Says<word::AcceptChanged>>(edits: Edits) -> Verdict<A> {
    said(word::AcceptChanged(edits))
}

/// At route: it goes this way.
///
/// ```
/// # use waxseal_sdk::prelude::*;
/// let verdict: outgoing::route::Verdict = accept_by(NextHop::new().transport("bulk"));
/// assert_eq!(verdict.word(), "accept");
/// ```
#[track_caller]
pub fn accept_by<A: Says<word::AcceptBy>>(way: NextHop) -> Verdict<A> {
    said(word::AcceptBy(way))
}

/// At message: it is taken, and goes to this address instead of its recipients.
///
/// ```
/// # use waxseal_sdk::prelude::*;
/// let verdict: incoming::message::Verdict = redirect("review@example.org");
/// assert_eq!((verdict.word(), verdict.text()), ("redirect", "review@example.org"));
/// ```
///
/// In a plugin's tests a text that is no address ends the test; in the plugin it is a failure, which defers.
#[track_caller]
pub fn redirect<A: Says<word::Redirect>>(address: impl Into<String>) -> Verdict<A> {
    let address = address.into();
    #[cfg(not(target_arch = "wasm32"))]
    super::check::holds(super::check::address(&address));
    said(word::Redirect(address))
}

/// At message: it is taken and kept aside, for this reason, until an operator releases or removes it.
///
/// ```
/// # use waxseal_sdk::prelude::*;
/// let verdict: incoming::message::Verdict = quarantine("a card number");
/// assert_eq!(verdict.word(), "quarantine");
/// ```
#[track_caller]
pub fn quarantine<A: Says<word::Quarantine>>(reason: impl Into<String>) -> Verdict<A> {
    said(word::Quarantine(reason.into()))
}

/// At message: the client is told that it was taken; it goes nowhere, for this reason.
///
/// ```
/// # use waxseal_sdk::prelude::*;
/// let verdict: incoming::message::Verdict = discard("a newsletter");
/// assert_eq!(verdict.word(), "discard");
/// ```
#[track_caller]
pub fn discard<A: Says<word::Discard>>(reason: impl Into<String>) -> Verdict<A> {
    said(word::Discard(reason.into()))
}

/// No: with an enhanced code ([`USUAL`](super::USUAL) for the hook's own) and a text for the other
/// side.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// fn rcpt(recipient: &Recipient) -> incoming::rcpt::Verdict {
///     if recipient.accepted() < 50 { no_opinion() } else { refuse("5.5.3", "Too many recipients") }
/// }
/// assert_eq!(rcpt(&testing::recipient().accepted(50)).code(), Some("5.5.3"));
/// ```
#[track_caller]
pub fn refuse<A: Says<word::Refuse>>(code: &str, text: impl Into<String>) -> Verdict<A> {
    said(word::Refuse(Reply::new(code, text.into(), "refuse", A::CODES)))
}

/// Not now: with an enhanced code ([`USUAL`](super::USUAL) for the hook's own) and a text for the
/// other side.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// fn certificate(certificate: &Certificate) -> outgoing::certificate::Verdict {
///     if certificate.verified() { accept() } else { defer("4.7.5", certificate.problem()) }
/// }
/// let verdict = certificate(&testing::expired_certificate());
/// assert_eq!(verdict, defer("4.7.5", "the certificate has expired"));
/// ```
///
/// Of the incoming hooks only those of filters and `mail` can defer:
///
/// ```compile_fail,E0277
/// # use waxseal_sdk::prelude::*;
/// let verdict: incoming::certificate::Verdict = defer("4.7.5", "not now");
/// ```
#[track_caller]
pub fn defer<A: Says<word::Defer>>(code: &str, text: impl Into<String>) -> Verdict<A> {
    said(word::Defer(Reply::new(code, text.into(), "defer", A::CODES)))
}

/// Incoming, at offer: advertise STARTTLS.
///
/// ```
/// # use waxseal_sdk::prelude::*;
/// let verdict: incoming::offer::Verdict = advertise();
/// assert_eq!(verdict.word(), "advertise");
/// ```
#[track_caller]
pub fn advertise<A: Says<word::Advertise>>() -> Verdict<A> {
    said(word::Advertise)
}

/// Incoming, at offer: do not advertise STARTTLS.
///
/// ```
/// # use waxseal_sdk::prelude::*;
/// let verdict: incoming::offer::Verdict = withhold();
/// assert_eq!(verdict.word(), "withhold");
/// ```
///
/// ```compile_fail,E0277
/// # use waxseal_sdk::prelude::*;
/// let verdict: incoming::mail::Verdict = withhold();
/// ```
#[track_caller]
pub fn withhold<A: Says<word::Withhold>>() -> Verdict<A> {
    said(word::Withhold)
}

/// Outgoing, at offer: start TLS where it is offered.
///
/// ```
/// # use waxseal_sdk::prelude::*;
/// let verdict: outgoing::offer::Verdict = start_tls();
/// assert_eq!(verdict.word(), "start_tls");
/// ```
///
/// ```compile_fail,E0277
/// # use waxseal_sdk::prelude::*;
/// let verdict: outgoing::start::Verdict = start_tls();
/// ```
#[track_caller]
pub fn start_tls<A: Says<word::StartTls>>() -> Verdict<A> {
    said(word::StartTls)
}

/// Outgoing, at offer and start: stay in clear.
///
/// ```
/// # use waxseal_sdk::prelude::*;
/// let verdict: outgoing::start::Verdict = stay_clear();
/// assert_eq!(verdict.word(), "stay_clear");
/// ```
///
/// ```compile_fail,E0277
/// # use waxseal_sdk::prelude::*;
/// let verdict: outgoing::certificate::Verdict = stay_clear();
/// ```
#[track_caller]
pub fn stay_clear<A: Says<word::StayClear>>() -> Verdict<A> {
    said(word::StayClear)
}

/// Outgoing, at offer: start TLS, and hold this floor from then on. Only filters may; of a policy
/// it is a failure.
///
/// ```
/// # use waxseal_sdk::prelude::*;
/// let verdict: outgoing::offer::Verdict = require(Floor::Encrypted);
/// assert_eq!(verdict.word(), "require");
/// ```
///
/// ```compile_fail,E0277
/// # use waxseal_sdk::prelude::*;
/// let verdict: outgoing::mail::Verdict = require(Floor::Encrypted);
/// ```
#[track_caller]
pub fn require<A: Says<word::Require>>(floor: Floor) -> Verdict<A> {
    said(word::Require(floor))
}

/// As if the plugin did not have the hook.
///
/// ```
/// # use waxseal_sdk::prelude::*;
/// let verdict: incoming::connect::Verdict = no_opinion();
/// assert_eq!(verdict.word(), "no_opinion");
/// ```
#[track_caller]
pub fn no_opinion<A: Answer>() -> Verdict<A> {
    Verdict::new(Ok(None))
}

/// A failure of the plugin: logged and counted as one. It defers, and never opens anything.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// fn mail(host: &Host) -> outgoing::mail::Verdict {
///     let days: u32 = match host.row().parameter("grace_days") {
///         Ok(days) => days.unwrap_or(14),
///         Err(problem) => return fail(problem),
///     };
///     if days > 0 { accept() } else { defer(USUAL, "no days of grace") }
/// }
///
/// let host = testing::encrypted_host().row(testing::row().parameter("grace_days", "many"));
/// assert!(mail(&host).text().contains("grace_days"));
/// ```
#[track_caller]
pub fn fail<A: Answer>(text: impl Into<String>) -> Verdict<A> {
    Verdict::new(Err(text.into()))
}

#[track_caller]
fn said<W, A: Says<W>>(word: W) -> Verdict<A> {
    Verdict::new(Ok(Some(A::say(word))))
}

#[cfg(test)]
mod tests {
    use super::super::{OutgoingOffer, Passage, USUAL};
    use super::*;

    #[test]
    fn a_verdict_remembers_where_it_was_made() {
        let verdict: Verdict<Passage> = accept();
        let line = line!() - 1;
        assert_eq!((verdict.place().file(), verdict.place().line()), (file!(), line));
        let verdict: Verdict<Passage> = defer(USUAL, "later");
        assert_eq!(verdict.place().line(), line!() - 1);
    }

    #[test]
    fn verdicts_are_equal_when_they_say_the_same() {
        let verdict: Verdict<Passage> = refuse("5.7.1", "no");
        assert_eq!(verdict, refuse("5.7.1", "no"));
        assert_ne!(verdict, refuse("5.7.1", "never"));
        assert_ne!(verdict, refuse(USUAL, "no"));
        assert_ne!(verdict, no_opinion());
        assert_ne!(verdict, fail("no"));
    }

    #[test]
    #[should_panic(expected = "`4.7` is no enhanced status code: write one like \"4.7.1\"")]
    fn a_text_that_is_no_code_ends_a_test() {
        let _: Verdict<Passage> = defer("4.7", "later");
    }

    #[test]
    #[should_panic(expected = "`4.7.1` is no code to refuse with at this hook: its class must be 5")]
    fn a_code_of_the_wrong_class_ends_a_test() {
        let _: Verdict<Passage> = refuse("4.7.1", "no");
    }

    #[test]
    fn before_the_handshake_a_code_of_either_class_will_do() {
        let verdict: Verdict<OutgoingOffer> = refuse("4.7.4", "no");
        assert_eq!(verdict.code(), Some("4.7.4"));
    }
}
