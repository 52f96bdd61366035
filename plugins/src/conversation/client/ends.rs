//! How a client's session ends: the replies of the relay.

use std::sync::Arc;

use super::{FAILED, Offered, Session};
use crate::conversation::{End, Fate};
use crate::decision::Decision;
use crate::facts::Row;
use crate::place::Place;
use crate::verdicts::{EnhancedCode, Passage, Reply, Strictness, Verdict};

impl Session<'_, '_> {
    /// The reply of a hook that is against the mail.
    pub(super) fn against(said: &Passage, place: &Place, row: &Arc<Row>) -> End {
        let reply = said.reply().cloned().unwrap_or_default();
        let (fate, class, usual) = match said.strictness() {
            Strictness::Refuse => (Fate::Refused, 5, "Refused by policy"),
            _ => (Fate::Deferred, 4, "Not now, by policy"),
        };
        let code = reply.code.unwrap_or(EnhancedCode::new(class, 7, 1)).in_class(class);
        let text = if reply.text.is_empty() { usual.to_owned() } else { reply.text };
        End { text, ..end(fate, smtp(code), Some(code), Some(place.clone()), row) }
    }

    /// `554` to all but QUIT: the client is served nothing.
    pub(super) fn turned_away(&self, said: &Reply, usual: EnhancedCode, place: &Place) -> End {
        let code = said.code.unwrap_or(usual).in_class(5);
        let text = if said.text.is_empty() { "refused by policy".to_owned() } else { said.text.clone() };
        End { text, ..end(Fate::Refused, 554, Some(code), Some(place.clone()), &self.row) }
    }

    /// A policy failed: nothing opens.
    pub(super) fn policy_failed(place: Place, row: &Arc<Row>) -> End {
        let code = Some(EnhancedCode::new(4, 3, 0));
        End { text: FAILED.to_owned(), ..end(Fate::Deferred, 451, code, Some(place), row) }
    }

    /// The connection ends, and nothing can be said.
    pub(super) fn closed(&self, text: String, place: Option<Place>) -> End {
        End { text, ..end(Fate::Closed, 0, None, place, &self.row) }
    }

    /// The mail is taken.
    pub(super) fn taken(&self, decision: &Decision<Passage>) -> End {
        let fate = if self.tls.is_some() { Fate::TakenEncrypted } else { Fate::TakenClear };
        let place = Some(decision.answer.place.clone());
        end(fate, 250, None, place, &decision.row)
    }

    /// Where the offer was withheld the client could not have done better: it is to come again,
    /// and will be offered TLS then.
    pub(super) fn unless_withheld(&self, end: End) -> End {
        if end.fate != Fate::Refused || self.offered != Offered::Withheld || self.tls.is_some() {
            return end;
        }
        let text = "TLS is required after all, and will be offered; try again".to_owned();
        let code = Some(EnhancedCode::new(4, 7, 1));
        End { fate: Fate::Deferred, smtp: 450, code, text, ..end }
    }
}

fn end(fate: Fate, smtp: u16, code: Option<EnhancedCode>, decided_by: Option<Place>, row: &Arc<Row>) -> End {
    let (row, text, host) = (Arc::clone(row), String::new(), String::new());
    End { fate, code, smtp, text, verified: false, decided_by, row, host }
}

/// `530 5.7.0` is RFC 3207's "Must issue a STARTTLS command first"; what is wrong with certificates
/// is ours more often than the client's where it defers.
fn smtp(code: EnhancedCode) -> u16 {
    match (code.class, code.subject, code.detail) {
        (4, 7, 5) => 451,
        (4, ..) => 450,
        (_, 7, 0) => 530,
        (_, 7, 5) => 554,
        _ => 550,
    }
}
