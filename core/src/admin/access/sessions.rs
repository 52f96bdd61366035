//! The dashboard's sessions: what a browser has in the place of the token, for a while.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderMap;
use axum::http::header::COOKIE as COOKIES;
use tokio::time::Instant;

use super::token::{Print, secret};
use crate::config::AdminFront;

/// The cookie's name.
const COOKIE: &str = "waxseal_session";

/// How long a session lasts at most.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// How long it lasts when nobody uses it.
const IDLE: Duration = Duration::from_secs(60 * 60);
/// How many there are at most: the one that was not used for longest goes.
const MOST: usize = 64;

/// Who has come in by the dashboard. None survives a restart.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<Print, Open>>);

/// An open session, known by the hash of what its cookie has.
struct Open {
    session: Session,
    begun: Instant,
    used: Instant,
    /// Of the token that it was opened with: another token ends it.
    token: Print,
}

/// A session.
#[derive(Clone)]
pub struct Session {
    /// What every form of it must have: no other site knows it.
    pub csrf: String,
}

impl Sessions {
    /// Opens one for whoever has shown the token; gives what the cookie holds.
    pub fn open(&self, token: Print) -> String {
        let (cookie, now) = (secret(), Instant::now());
        let mut sessions = self.open_ones();
        sessions.retain(|_, open| open.holds());
        if sessions.len() >= MOST {
            let oldest = sessions.iter().min_by_key(|(_, open)| open.used).map(|(key, _)| *key);
            oldest.map(|key| sessions.remove(&key));
        }
        let session = Session { csrf: secret() };
        sessions.insert(print(&cookie), Open { session, begun: now, used: now, token });
        cookie
    }

    /// That of a request, if it holds: `token` is the one in force.
    pub(super) fn of(&self, headers: &HeaderMap, token: &Option<Print>) -> Option<Session> {
        let key = print(cookie(headers)?);
        let mut sessions = self.open_ones();
        let open = sessions.get_mut(&key)?;
        if !open.holds() || Some(open.token) != *token {
            sessions.remove(&key);
            return None;
        }
        open.used = Instant::now();
        Some(open.session.clone())
    }

    /// Ends that of a request.
    pub fn close(&self, headers: &HeaderMap) {
        if let Some(cookie) = cookie(headers) {
            self.open_ones().remove(&print(cookie));
        }
    }

    fn open_ones(&self) -> MutexGuard<'_, HashMap<Print, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn holds(&self) -> bool {
        self.begun.elapsed() < LIFETIME && self.used.elapsed() < IDLE
    }
}

impl Session {
    /// Whether a form is one of this session's.
    pub fn has_made(&self, csrf: &str) -> bool {
        verify_slices_are_equal(self.csrf.as_bytes(), csrf.as_bytes()).is_ok()
    }
}

/// The header that gives a browser its cookie: no script reads it, no other site sends it along.
pub fn cookie_header(value: &str, transport: AdminFront) -> String {
    let secure = match transport {
        AdminFront::Clear => "",
        AdminFront::BehindTls => "; Secure",
    };
    let age = if value.is_empty() { 0 } else { LIFETIME.as_secs() };
    format!("{COOKIE}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}")
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(COOKIES).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

fn print(cookie: &str) -> Print {
    digest(&SHA256, cookie.as_bytes()).as_ref().try_into().unwrap_or_default()
}

/// Secrets stay out of logs.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Open")
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const TOKEN: Print = [7; 32];

    fn with(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIES, format!("other=1; {COOKIE}={cookie}").parse().unwrap());
        headers
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_when_it_is_not_used_and_after_half_a_day() {
        let sessions = Sessions::default();
        let unused = with(&sessions.open(TOKEN));
        let used = with(&sessions.open(TOKEN));
        let holds = |headers: &HeaderMap| sessions.of(headers, &Some(TOKEN)).is_some();
        assert!(!holds(&with("guessed")) && !holds(&HeaderMap::new()));
        for _ in 0..13 {
            assert!(holds(&used));
            advance(Duration::from_secs(55 * 60)).await;
        }
        assert!(!holds(&unused));
        advance(Duration::from_secs(10 * 60)).await;
        assert!(!holds(&used), "however much it is used");
    }

    #[tokio::test]
    async fn another_token_ends_all_and_so_does_signing_out() {
        let sessions = Sessions::default();
        let one = with(&sessions.open(TOKEN));
        let other = with(&sessions.open(TOKEN));
        sessions.close(&one);
        assert!(sessions.of(&one, &Some(TOKEN)).is_none());
        assert!(sessions.of(&other, &Some([8; 32])).is_none());
        assert!(sessions.of(&other, &Some(TOKEN)).is_none());
        assert!(sessions.of(&with(&sessions.open(TOKEN)), &None).is_none(), "no token, no session");
    }

    #[tokio::test]
    async fn there_are_only_so_many() {
        let sessions = Sessions::default();
        for _ in 0..100 {
            sessions.open(TOKEN);
        }
        assert_eq!(sessions.open_ones().len(), MOST);
    }

    #[tokio::test]
    async fn a_form_of_another_session_is_none_of_ours() {
        let sessions = Sessions::default();
        let [one, other] = [(); 2].map(|()| sessions.of(&with(&sessions.open(TOKEN)), &Some(TOKEN)).unwrap());
        assert!(one.has_made(&one.csrf) && !one.has_made(&other.csrf) && !one.has_made(""));
        let header = cookie_header("x", AdminFront::BehindTls);
        assert!(
            header.contains("HttpOnly") && header.contains("SameSite=Strict") && header.contains("Secure")
        );
    }
}
