//! How a client's session ends: the replies of the relay.

use std::sync::Arc;

use super::{Offered, Session};
use crate::conversation::{End, Fate};
use crate::decision::{Decision, Denial};
use crate::facts::Row;
use crate::place::Place;
use crate::verdicts::{EnhancedCode, Passage, Reply};

impl Session<'_, '_> {
    /// The reply of a hook that is against the mail.
    pub(super) fn denied(denial: Denial, place: &Place, row: &Arc<Row>) -> End {
        let fate = if denial.is_permanent() { Fate::Refused } else { Fate::Deferred };
        let Denial { smtp, code, text } = denial;
        End { text, ..end(fate, smtp, Some(code), Some(place.clone()), row) }
    }

    /// What no client can send: RFC 3463, X.1.7.
    pub(super) fn unsendable(&self, text: String) -> End {
        End { text, ..end(Fate::Refused, 501, Some(EnhancedCode::new(5, 1, 7)), None, &self.row) }
    }

    /// `554` to all but QUIT: the client is served nothing.
    pub(super) fn turned_away(&self, said: &Reply, usual: EnhancedCode, place: &Place) -> End {
        let code = said.code.unwrap_or(usual).in_class(5);
        let text = if said.text.is_empty() { "refused by policy".to_owned() } else { said.text.clone() };
        End { text, ..end(Fate::Refused, 554, Some(code), Some(place.clone()), &self.row) }
    }

    /// A policy failed: nothing opens.
    pub(super) fn policy_failed(place: &Place, row: &Arc<Row>) -> End {
        Self::denied(Denial::failure(), place, row)
    }

    /// The connection ends, and nothing can be said.
    pub(super) fn closed(&self, text: String, place: Option<Place>) -> End {
        End { text, ..end(Fate::Closed, 0, None, place, &self.row) }
    }

    /// The mail is taken.
    pub(super) fn taken(&self, decision: &Decision<Passage>) -> End {
        let fate = if self.tls.is_some() { Fate::TakenEncrypted } else { Fate::TakenClear };
        let place = Some(decision.answer.place.clone());
        End { encrypted: self.tls.is_some(), ..end(fate, 250, None, place, &decision.row) }
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
    End { fate, code, smtp, text, encrypted: false, verified: false, decided_by, row, host }
}
