//! Who tells what happens in a session.

use jiff::Timestamp;
use waxseal_plugins::hooks::Direction;

use super::super::{Observer, SessionId};
use super::{Event, Interest, What};
use crate::smtp::reply::Reply;

impl Observer {
    /// Tells of a step of a session; what it is is only made if somebody follows.
    pub fn step(&self, session: &SessionId, direction: Direction, what: impl FnOnce() -> What) {
        self.tell(Interest::Steps, session, direction, what);
    }

    fn tell(
        &self,
        interest: Interest,
        session: &SessionId,
        direction: Direction,
        what: impl FnOnce() -> What,
    ) {
        let followers = self.followers();
        if followers.are_there(interest) {
            let (time, session) = (Timestamp::now(), session.0.clone());
            followers.tell(interest, Event { time, session, direction, what: what() });
        }
    }

    /// Whether somebody follows.
    pub fn is_followed(&self) -> bool {
        self.followers().are_there(Interest::Steps)
    }
}

/// Tells what happens in one session or attempt. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Teller {
    observer: Observer,
    session: SessionId,
    direction: Direction,
}

impl Teller {
    /// For a session or attempt.
    pub fn new(observer: Observer, session: SessionId, direction: Direction) -> Self {
        Self { observer, session, direction }
    }

    /// Something has happened.
    pub fn step(&self, what: impl FnOnce() -> What) {
        self.observer.step(&self.session, self.direction, what);
    }

    /// The client has said a line.
    pub fn client(&self, line: &[u8]) {
        self.line(|| What::Client { text: String::from_utf8_lossy(line).into_owned() });
    }

    /// The server has said a reply.
    pub fn server(&self, reply: &Reply) {
        self.line(|| What::Server { text: reply.to_wire().trim_end().replace("\r\n", "\n") });
    }

    /// So many octets of a message have crossed.
    pub fn content(&self, octets: u64) {
        self.line(|| What::Content { octets });
    }

    fn line(&self, what: impl FnOnce() -> What) {
        self.observer.tell(Interest::Dialogue, &self.session, self.direction, what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn teller(observer: &Observer) -> Teller {
        Teller::new(observer.clone(), SessionId::next(), Direction::Incoming)
    }

    #[test]
    fn nothing_is_made_for_nobody() {
        let observer = Observer::off();
        let teller = teller(&observer);
        teller.step(|| unreachable!("nobody follows"));
        let _steps = observer.follow(Interest::Steps);
        teller.line(|| unreachable!("nobody follows what is said"));
    }

    #[tokio::test]
    async fn a_reply_is_told_with_all_its_lines() {
        let observer = Observer::off();
        let mut following = observer.follow(Interest::Dialogue);
        let reply = Reply { lines: vec!["one".to_owned(), "two".to_owned()], ..Reply::new(250, None, "") };
        teller(&observer).server(&reply);
        let event = following.next().await;
        assert!(matches!(&event.what, What::Server { text } if text == "250-one\n250 two"), "{event:?}");
    }
}
