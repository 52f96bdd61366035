//! From what a script or plugin says to the hook's own verdict.
//!
//! A verdict function of a script, and a verdict that a plugin hands over, make a [`Spoken`] value,
//! which knows its words and nothing of hooks. Here, in one place, it becomes the typed verdict of
//! the hook that was asked, or an error that says what would be right.

mod hooks;
pub(crate) mod meaning;
mod parts;
mod vocabulary;

use ::rhai::Position;

pub(crate) use parts::{clean, parse_all};
pub use vocabulary::{Setter, Word};

use crate::decider::Role;
use crate::rhai::Fault;
use crate::suggest;
use crate::verdicts::edit;
use crate::verdicts::outgoing::Way;
use crate::verdicts::{ClientCertificate, Edit, EnhancedCode, Floor, Reply, Terms};

/// A verdict as it was spoken: its word, what was chained to it, and where in the script; a plugin's
/// is nowhere in one.
#[derive(Clone, Debug)]
pub struct Spoken {
    pub(crate) word: Word,
    pub(crate) position: Position,
    pub(crate) reply: Reply,
    pub(crate) floor: Floor,
    pub(crate) terms: Terms,
    pub(crate) client_certificate: ClientCertificate,
    pub(crate) identity: Option<String>,
    pub(crate) server_name: Option<String>,
    pub(crate) edits: Vec<Edit>,
    pub(crate) address: String,
    pub(crate) way: Way,
    /// The setters that were called, each with its place.
    pub(crate) set: Vec<(Setter, Position)>,
}

/// Whether a code's class must fit the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeClass {
    /// Class 4 to defer, class 5 to refuse.
    Fitting,
    /// Either: the relay picks the reply, as `454` to STARTTLS.
    Either,
}

/// A hook's verdict that can be spoken.
pub trait FromSpoken: Sized {
    /// The words that make one.
    const WORDS: &'static [Word];
    /// What may be chained to `accept`.
    const SETTERS: &'static [Setter] = &[];
    /// What the code of a reply must be.
    const CODES: CodeClass = CodeClass::Fitting;

    /// The verdict; `None` where the word makes none.
    fn from_spoken(spoken: Spoken) -> Option<Self>;
}

impl Spoken {
    pub(crate) fn new(word: Word, position: Position) -> Self {
        Self {
            word,
            position,
            reply: Reply::default(),
            floor: Floor::None,
            terms: Terms::default(),
            client_certificate: ClientCertificate::None,
            identity: None,
            server_name: None,
            edits: Vec::new(),
            address: String::new(),
            way: Way::default(),
            set: Vec::new(),
        }
    }

    /// The hook's own verdict.
    pub(crate) fn into_verdict<V: FromSpoken>(self, role: Role, hook: &str) -> Result<V, Fault> {
        let (word, position) = (self.word, self.position);
        if word == Word::Require && role != Role::Filter {
            let message = "`require` is for filters; a policy says start_tls, and judges later";
            return Err(Fault::new(message, position));
        }
        let no_verdict = || Fault::new(no_verdict(word, V::WORDS, hook), position);
        if !V::WORDS.contains(&word) {
            return Err(no_verdict());
        }
        self.check_setters::<V>(role, hook)?;
        self.check_code::<V>()?;
        self.check_edits()?;
        V::from_spoken(self).ok_or_else(no_verdict)
    }

    fn check_setters<V: FromSpoken>(&self, role: Role, hook: &str) -> Result<(), Fault> {
        for &(setter, position) in &self.set {
            if self.word != Word::Accept || !V::SETTERS.contains(&setter) {
                let message = no_setter(setter, self.word, V::SETTERS, hook);
                return Err(Fault::new(message, position));
            }
            if role == Role::Filter && setter.is_for_policies() {
                return Err(Fault::new(for_policies(setter), position));
            }
        }
        Ok(())
    }

    /// The parts of a message's verdict: each is checked where a script says it, and here for plugins.
    fn check_edits(&self) -> Result<(), Fault> {
        let wrong = self.edits.iter().find_map(|edit| edit.check().err());
        let wrong = wrong
            .or_else(|| (self.word == Word::Redirect).then(|| edit::check_address(&self.address).err())?);
        wrong.map_or(Ok(()), |message| Err(Fault::new(message, self.position)))
    }

    fn check_code<V: FromSpoken>(&self) -> Result<(), Fault> {
        let Some(code) = self.reply.code else { return Ok(()) };
        wrong_code(code, self.word, V::CODES)
            .map_or(Ok(()), |message| Err(Fault::new(message, self.position)))
    }
}

/// What is said of a code whose class does not fit the verdict, if it does not.
pub(crate) fn wrong_code(code: EnhancedCode, word: Word, codes: CodeClass) -> Option<String> {
    let class = if word == Word::Defer { 4 } else { 5 };
    let right = code.class == class || codes == CodeClass::Either && matches!(code.class, 4 | 5);
    let (word, better) = (word.word(), code.in_class(class));
    (!right).then(|| format!("`{code}` is no code to {word} with; did you mean \"{better}\"?"))
}

/// What is said of a word that the hook does not have.
pub(crate) fn no_verdict(word: Word, words: &[Word], hook: &str) -> String {
    let known: Vec<_> = words.iter().map(|word| word.word()).collect();
    format!("`{}` is no verdict of {hook}, which has {}", word.word(), suggest::list(&known))
}

/// What is said of a setter that the hook's verdict does not have.
pub(crate) fn no_setter(setter: Setter, word: Word, setters: &[Setter], hook: &str) -> String {
    let (setter, word) = (setter.word(), word.word());
    if setters.is_empty() || word != Word::Accept.word() {
        return format!("nothing can be chained to `{word}` at {hook}, `{setter}` neither");
    }
    let known: Vec<_> = setters.iter().map(|setter| setter.word()).collect();
    format!("`{setter}` cannot be chained to `{word}` at {hook}; it takes {}", suggest::list(&known))
}

/// What is said of a setter in a filter that only policies may use.
pub(crate) fn for_policies(setter: Setter) -> String {
    format!("`{}` is for policies: a filter may only tighten what they say", setter.word())
}
