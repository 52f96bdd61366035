//! The end of a client's message: filters are asked of it one after the other, and it is kept, or not.

use std::sync::Arc;

use super::Session;
use crate::at_mail::Asked;
use crate::conversation::letter::{Becomes, Findings, Kept, Sent, Told, ordinary};
use crate::conversation::{End, Fate};
use crate::decision::{Answer, Denial, Outcome};
use crate::facts::{Client, Facts as _, Message};
use crate::hooks::incoming;
use crate::place::Place;
use crate::verdicts::incoming::Message as Verdict;

impl Session<'_, '_> {
    /// From DATA to the reply to the message's end. A message that nobody looks at is taken as it is.
    pub(super) fn message(&mut self, asked: &Asked, recipients: Vec<String>, taken: End) -> End {
        let is_filtered = self.asking.is_filtered::<incoming::Message>();
        if !is_filtered && self.reception.message.is_none() {
            return taken;
        }
        let bundle = self.asking.bundle;
        let Some(reader) = bundle.reader() else {
            self.asking.happens("nobody reads messages here: the hook `message` is not asked");
            return taken;
        };
        let sent = self.sent(asked, recipients, &taken);
        let mut letter = match reader.open(sent, bundle) {
            Ok(letter) => letter,
            Err(why) => return self.unsendable(why),
        };
        let findings = Findings::given(&self.reception.client.facts);
        let mut answer =
            Answer { outcome: Outcome::Verdict(Verdict::Accept(Vec::new())), place: self.by(&taken) };
        if is_filtered {
            self.assume();
            let mut told = Told { letter: &mut *letter, findings: &findings };
            answer = self.ask_of_message(&asked.client, &mut told);
            letter
                .left_out()
                .into_iter()
                .for_each(|edit| self.asking.happens(format!("an edit is left out: {edit}")));
        }
        if let Some(denial) = Denial::of_message(&answer.outcome) {
            return Self::denied(denial, &answer.place, &taken.row);
        }
        let place = answer.place.clone();
        match letter.settle(answer) {
            Ok(kept) => {
                let kept = kept.told(&findings);
                let end = settled(taken, &kept, place);
                self.kept = Some(kept);
                end
            }
            Err(why) => self.unsendable(why),
        }
    }

    fn ask_of_message(&mut self, client: &Arc<Client>, letter: &mut Told<'_>) -> Answer<Verdict> {
        self.asking.ask_in_turn(&client.address, client, letter).answer
    }

    fn sent(&self, asked: &Asked, recipients: Vec<String>, taken: &End) -> Sent {
        let sender = self.reception.sender.clone();
        let octets = self.reception.message.clone().unwrap_or_else(|| ordinary(&sender, &recipients));
        let generation = self.asking.bundle.generation();
        Sent {
            octets,
            sender,
            recipients,
            client: Arc::clone(&asked.client),
            certificate: asked.certificate.clone(),
            decided_by: format!("{}, generation {generation}", self.by(taken)),
        }
    }

    fn by(&self, taken: &End) -> Place {
        taken.decided_by.clone().unwrap_or_else(|| Place::written(&self.row.place))
    }

    /// Says what is not given though a filter may read it: it is not found out here.
    fn assume(&mut self) {
        let (facts, bundle) = (&self.reception.client.facts, self.asking.bundle);
        let is_missing = |fact: &&str| !facts.has(Message::WORD, fact) && bundle.filters_read().has(fact);
        let missing: Vec<_> = Findings::FACTS.into_iter().filter(is_missing).collect();
        if let Some(first) = missing.first() {
            self.asking.assume(format!(
                "not given: {}; filters are told what holds where nobody has published anything, `none`. Say it as in message: #{{ {first}: {} }}",
                missing.join(", "),
                if first.ends_with("_domains") { "[\"example.com\"]" } else { "\"fail\"" },
            ));
        }
    }
}

/// What a message comes to that was taken by everybody.
fn settled(taken: End, kept: &Kept, place: Place) -> End {
    let (fate, text) = match &kept.becomes {
        Becomes::Accepted => return taken,
        Becomes::Redirected(to) => (Fate::Redirected, format!("to {to}")),
        Becomes::Quarantined(reason) => (Fate::Quarantined, reason.clone()),
        Becomes::Discarded(reason) => (Fate::Discarded, reason.clone()),
    };
    End { fate, text, decided_by: Some(place), ..taken }
}
