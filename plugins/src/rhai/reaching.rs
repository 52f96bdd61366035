//! Scripts that need more than facts: what they reach, and asking those that may wait.

use std::path::Path;
use std::sync::Arc;

use super::natives::{self, Named, Needs};
use super::{Script, place};
use crate::decision::{Answer, Failure, Outcome};
use crate::hooks::Hook;
use crate::spoken::Setter;
use crate::state::lists::Wrong;
use crate::state::{Lists, Manner, Reaches, State, Trial};

impl Script {
    /// The same with what it reaches, if it needs anything; the lists are those of the folder.
    pub(crate) fn reaching(self, state: &Arc<State>, lists: Option<&Path>) -> Self {
        if self.needs.nothing() {
            return self;
        }
        let stem = self.path.rsplit('/').next().and_then(|file| file.strip_suffix(".rhai"));
        let lists = lists.filter(|_| self.needs.lists).map(|folder| state.lists_in(folder));
        let lists = lists.unwrap_or_else(Lists::none);
        let reaches = Reaches::new(state, &stem.unwrap_or(&self.path).into(), &lists);
        Self { reaches: Some(Arc::new(reaches)), ..self }
    }

    /// The lists that it names, and where.
    pub(crate) fn lists(&self) -> Vec<Named> {
        natives::named(&self.ast, "in_list")
    }

    /// The transports that it names, and where.
    pub(crate) fn transports(&self) -> Vec<Named> {
        natives::named(&self.ast, Setter::Transport.word())
    }

    /// What is wrong with a list; `None` where it is good.
    pub(crate) fn wrong_list(&self, list: &str) -> Option<Wrong> {
        self.reaches.as_ref()?.lists().wrong(list)
    }

    /// Begins a trial.
    pub(crate) fn begin_trial(&self, trial: &Arc<Trial>) {
        if let Some(reaches) = &self.reaches {
            reaches.begin_trial(trial);
        }
    }

    /// What it needs besides facts, in words: `memory`, `lists`, `names`.
    pub fn needs(&self) -> impl Iterator<Item = &'static str> {
        let Needs { memory, lists, names } = self.needs;
        let all = [(memory, "memory"), (lists, "lists"), (names, "names")];
        all.into_iter().filter_map(|(needed, word)| needed.then_some(word))
    }

    /// Whether it may wait for names, so that it must not be asked on a thread of the runtime.
    pub(crate) fn waits(&self) -> bool {
        self.needs.names
    }

    /// Asks it what it would answer; nothing has happened.
    pub(crate) fn try_out<H: Hook>(
        &self,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> Option<Answer<H::Verdict>> {
        self.ask_as::<H>(Manner::Tried, peer, subject)
    }

    /// Asks it on a thread that may wait.
    pub(crate) async fn ask_waiting<H: Hook>(
        &self,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> Option<Answer<H::Verdict>> {
        let defined = self.defined(H::DIRECTION, H::NAME)?;
        let failed = |message: &str| {
            let failure = Failure { message: message.to_owned() };
            Answer { outcome: Outcome::Failure(failure), place: place(&self.path, defined.position) }
        };
        let reach = self.reaches.as_ref().map(|reaches| reaches.of(Manner::Asked));
        let Some(state) = reach.as_ref().and_then(|reach| reach.state()) else {
            return self.ask::<H>(peer, subject);
        };
        let Some(turn) = state.turn().await else {
            return Some(failed("so many wait for names that it could not be asked in time"));
        };
        let (script, peer, subject) = (self.clone(), Arc::clone(peer), Arc::clone(subject));
        let asking = move || {
            // The turn ends with the work, also where nobody waits for the answer any more.
            let _turn = turn;
            script.ask::<H>(&peer, &subject)
        };
        match tokio::task::spawn_blocking(asking).await {
            Ok(answer) => answer,
            Err(_) => Some(failed("it could not be asked: the relay is stopping")),
        }
    }
}
