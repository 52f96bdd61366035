//! What becomes of outgoing mail: every shipped policy against every kind of receiving host.
//!
//! The table is the meaning of the four outgoing policies, be they scripts or plugins. All its cells
//! run at once, in one relay, each with a domain, a row and a host of its own.

use tokio::task::JoinSet;
use waxseal_tests::client::message;
use waxseal_tests::deciders::Deciders;
use waxseal_tests::decisions::Decision;
use waxseal_tests::host::{Host, Message, Mode, Session, Taking};
use waxseal_tests::receiver::Receiver::{self, *};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

use self::Becomes::{Clear, Encrypted, Waits};

/// What becomes of the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// It crosses encrypted.
    Encrypted,
    /// It crosses in clear.
    Clear,
    /// It waits, is tried again, and at the end is returned with this status (RFC 3463): this hook
    /// has deferred it.
    Waits(&'static str, &'static str),
}

#[rustfmt::skip]
pub(crate) const CELLS: [(&str, Receiver, Becomes); 52] = [
    ("attempt",          NoStartTls, Clear),
    ("attempt",          Valid,      Encrypted),
    ("attempt",          Expired,    Encrypted),
    ("attempt",          SelfSigned, Encrypted),
    ("attempt",          UnknownCa,  Encrypted),
    ("attempt",          WrongName,  Encrypted),
    ("attempt",          Refuses454, Clear),
    ("attempt",          Garbage,    Clear),
    ("attempt",          Closes,     Clear),
    ("attempt",          Silent,     Clear),
    ("attempt",          OnlyTls10,  Clear),
    ("attempt",          OnlyTls12,  Encrypted),
    ("attempt",          Injects,    Clear),

    ("prevent",          NoStartTls, Clear),
    ("prevent",          Valid,      Clear),
    ("prevent",          Expired,    Clear),
    ("prevent",          SelfSigned, Clear),
    ("prevent",          UnknownCa,  Clear),
    ("prevent",          WrongName,  Clear),
    ("prevent",          Refuses454, Clear),
    ("prevent",          Garbage,    Clear),
    ("prevent",          Closes,     Clear),
    ("prevent",          Silent,     Clear),
    ("prevent",          OnlyTls10,  Clear),
    ("prevent",          OnlyTls12,  Clear),
    ("prevent",          Injects,    Clear),

    ("require",          NoStartTls, Waits("5.7.4", "offer")),
    ("require",          Valid,      Encrypted),
    ("require",          Expired,    Encrypted),
    ("require",          SelfSigned, Encrypted),
    ("require",          UnknownCa,  Encrypted),
    ("require",          WrongName,  Encrypted),
    ("require",          Refuses454, Waits("5.7.5", "mail")),
    ("require",          Garbage,    Waits("5.7.5", "mail")),
    ("require",          Closes,     Waits("5.7.5", "mail")),
    ("require",          Silent,     Waits("5.7.5", "mail")),
    ("require",          OnlyTls10,  Waits("5.7.5", "mail")),
    ("require",          OnlyTls12,  Encrypted),
    ("require",          Injects,    Waits("5.7.5", "mail")),

    ("require_verified", NoStartTls, Waits("5.7.4", "offer")),
    ("require_verified", Valid,      Encrypted),
    ("require_verified", Expired,    Waits("5.7.5", "certificate")),
    ("require_verified", SelfSigned, Waits("5.7.5", "certificate")),
    ("require_verified", UnknownCa,  Waits("5.7.5", "certificate")),
    ("require_verified", WrongName,  Waits("5.7.5", "certificate")),
    ("require_verified", Refuses454, Waits("5.7.5", "mail")),
    ("require_verified", Garbage,    Waits("5.7.5", "mail")),
    ("require_verified", Closes,     Waits("5.7.5", "mail")),
    ("require_verified", Silent,     Waits("5.7.5", "mail")),
    ("require_verified", OnlyTls10,  Waits("5.7.5", "mail")),
    ("require_verified", OnlyTls12,  Encrypted),
    ("require_verified", Injects,    Waits("5.7.5", "mail")),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_policy_does_what_the_table_says_to_every_host() {
    the_table_holds(Deciders::Scripts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_policy_does_it_as_a_plugin_too() {
    the_table_holds(Deciders::Plugins).await;
}

async fn the_table_holds(deciders: Deciders) {
    let postbox = Host::start(Mode::NoStartTls).await;
    let mut site = Site::new().set("delivery", "expire", r#""5s""#).host("senders.example", postbox.address);
    let mut hosts = Vec::new();
    for (number, (policy, receiver, _)) in CELLS.into_iter().enumerate() {
        let domain = domain(number);
        // An address of its own: what is remembered of a host's failures is remembered by address.
        let mode = receiver.mode(&format!("mx.{domain}"), &site.authority);
        let host = Host::start_at(&format!("127.0.1.{}:0", number + 1), mode, Taking::Accept).await;
        site = site.outgoing(&[&format!("\"{domain}\" {policy}")]).host(&domain, host.address);
        hosts.push(host);
    }
    let relay = site.decided_by(deciders).await.start().await;
    let world = std::sync::Arc::new(World { deciders, relay, postbox, hosts });

    let mut cells = JoinSet::new();
    for number in 0..CELLS.len() {
        let world = std::sync::Arc::clone(&world);
        cells.spawn(async move { world.holds(number).await });
    }
    let wrong: Vec<String> = cells.join_all().await.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} of {} cells are wrong:\n{}", wrong.len(), CELLS.len(), wrong.join("\n"));
}

struct World {
    deciders: Deciders,
    relay: TestRelay,
    postbox: Host,
    hosts: Vec<Host>,
}

impl World {
    /// Sends the mail of a cell, and says what is wrong with what became of it.
    async fn holds(&self, number: usize) -> Result<(), String> {
        let (policy, receiver, expected) = CELLS[number];
        let (host, sender) = (&self.hosts[number], format!("cell{number}@senders.example"));
        let recipient = format!("someone@{}", domain(number));
        self.relay.accept(&sender, &recipient, &message(&format!("cell {number}"))).await;
        let seen = tokio::select! {
            () = until_taken(host) => Seen::Taken(host.sessions()),
            text = self.returned(&sender) => Seen::Returned(text, host.sessions()),
        };
        let wrong = |problem| format!("  {policy} x {receiver:?} -> {expected:?}: {problem}");
        let place = self.deciders.place(&format!("outgoing/{policy}"));
        seen.fits(policy, receiver, expected, &place).map_err(wrong)?;
        let decisions = self.decisions(number, expected).await;
        decided(&place, expected, &decisions)
            .and_then(|()| recorded(receiver, expected, &decisions))
            .map_err(wrong)
    }

    /// Awaits the message that says that the mail could not be delivered.
    async fn returned(&self, sender: &str) -> String {
        let addressed = |session: &Session| {
            let mut mails = session.messages.iter();
            mails.find(|mail| mail.recipients.iter().any(|to| to == sender)).map(Message::text)
        };
        self.postbox
            .until(format!("an end of the mail of {sender}"), |sessions| sessions.iter().find_map(addressed))
            .await
    }

    /// The decisions on a cell's domain, once the deciding one is written.
    async fn decisions(&self, number: usize, expected: Becomes) -> Vec<Decision> {
        let domain = domain(number);
        let (hook, verdict) = expected.decision();
        let awaited = format!("the decision `{verdict}` at {hook} for {domain} ({:?})", CELLS[number]);
        let matches = |it: &Decision| {
            it.text("domain") == domain && it.is("outgoing", hook) && it.text("verdict") == verdict
        };
        self.relay.decision(awaited, matches).await;
        self.relay.decisions().into_iter().filter(|decision| decision.text("domain") == domain).collect()
    }
}

/// What was seen of a mail in the end.
enum Seen {
    Taken(Vec<Session>),
    Returned(String, Vec<Session>),
}

impl Seen {
    fn fits(&self, policy: &str, receiver: Receiver, expected: Becomes, place: &str) -> Result<(), String> {
        let sessions = match self {
            Self::Taken(sessions) | Self::Returned(_, sessions) => sessions,
        };
        let in_clear = sessions.iter().any(Session::saw_mail_in_clear);
        check(in_clear == (expected == Clear), format!("in clear the host saw {}", clear_text(sessions)))?;
        match (self, expected) {
            (Self::Taken(_), Encrypted | Clear) => {
                let messages: Vec<_> = sessions.iter().flat_map(|session| &session.messages).collect();
                check(messages.len() == 1, format!("the host took {} messages", messages.len()))?;
                check(messages[0].encrypted == (expected == Encrypted), "the wrong way")?;
                let told = sessions.iter().any(|session| session.was_told("STARTTLS"));
                check(!(policy == "prevent" && told), "STARTTLS was said")?;
                fallback_is_a_new_connection(receiver, expected, policy, sessions)
            }
            (Self::Returned(text, _), Waits(status, _)) => {
                check(sessions.len() > 1, "it was not tried again")?;
                check(text.contains(&format!("Status: {status}")), format!("returned with:\n{text}"))?;
                check(text.contains(place), format!("returned without what decided it:\n{text}"))
            }
            (Self::Taken(_), Waits(..)) => Err("it was delivered".to_owned()),
            (Self::Returned(text, _), _) => Err(format!("it was returned:\n{text}")),
        }
    }
}

/// After the 220 the old socket never carries mail; after a 454 it may.
fn fallback_is_a_new_connection(
    receiver: Receiver,
    expected: Becomes,
    policy: &str,
    sessions: &[Session],
) -> Result<(), String> {
    if policy == "prevent" || expected != Clear {
        return Ok(());
    }
    let wanted = if matches!(receiver, NoStartTls | Refuses454) { 1 } else { 2 };
    check(sessions.len() == wanted, format!("{} connections instead of {wanted}", sessions.len()))
}

fn decided(place: &str, expected: Becomes, decisions: &[Decision]) -> Result<(), String> {
    let (hook, verdict) = expected.decision();
    let deciding = decisions.iter().find(|it| it.text("hook") == hook && it.text("verdict") == verdict);
    let by = deciding.map(|decision| decision.text("decided_by")).unwrap_or_default();
    check(by.starts_with(place), format!("`{verdict}` at {hook} was decided by `{by}`, not by {place}"))
}

/// The certificate is checked and the result recorded, whatever the policy makes of it.
fn recorded(receiver: Receiver, expected: Becomes, decisions: &[Decision]) -> Result<(), String> {
    let Some((fact, value)) = finding(receiver).filter(|_| expected != Clear) else { return Ok(()) };
    let judged = decisions.iter().find(|decision| decision.is("outgoing", "certificate"));
    let judged = judged.ok_or("no certificate was judged")?;
    // A fact at its default may be left out of the log.
    let found = judged.fact("certificate", fact).as_bool().unwrap_or_default();
    check(found == value, format!("certificate.{fact} was recorded as {found}"))
}

/// The fact that tells of a host's certificate, and its value.
fn finding(receiver: Receiver) -> Option<(&'static str, bool)> {
    match receiver {
        Valid | OnlyTls12 => Some(("verified", true)),
        Expired => Some(("expired", true)),
        SelfSigned => Some(("self_signed", true)),
        UnknownCa => Some(("trusted", false)),
        WrongName => Some(("name_matches", false)),
        _ => None,
    }
}

impl Becomes {
    /// The hook and the verdict that decide it.
    fn decision(self) -> (&'static str, &'static str) {
        match self {
            Encrypted | Clear => ("mail", "accept"),
            Waits(_, hook) => (hook, "defer"),
        }
    }
}

async fn until_taken(host: &Host) {
    host.messages_until(1).await;
    let index = host.sessions().iter().position(|session| !session.messages.is_empty());
    // What else the host is sent belongs to the picture.
    host.ended(index.map_or(1, |index| index + 1)).await;
}

fn domain(number: usize) -> String {
    format!("cell{number}.example")
}

fn clear_text(sessions: &[Session]) -> String {
    let all: Vec<_> = sessions.iter().map(|session| String::from_utf8_lossy(&session.clear)).collect();
    format!("{all:?}")
}

fn check(holds: bool, otherwise: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
