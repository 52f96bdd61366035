//! What `defer` and `refuse` say.

/// Stands for the hook's usual code: `defer(USUAL, "not yet")`.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let verdict: outgoing::mail::Verdict = defer(USUAL, "not yet");
/// assert_eq!(verdict.code(), None);
/// ```
pub const USUAL: &str = "";

/// What `defer` and `refuse` say to the other side, and in a bounce to the sender.
///
/// ```
/// use waxseal_sdk::prelude::*;
/// use waxseal_sdk::verdict::{Passage, Reply};
///
/// let verdict: outgoing::mail::Verdict = refuse("5.7.1", "no");
/// let reply = Reply { code: Some("5.7.1".into()), text: "no".into() };
/// assert_eq!(verdict.answer(), Some(&Passage::Refuse(reply)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// An enhanced status code (RFC 3463), as in `4.7.4`; none for the hook's usual one.
    pub code: Option<String>,
    /// One line of printable text, at most 400 characters.
    pub text: String,
}

/// Which class a code must be of.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// Class 4 to defer, class 5 to refuse.
    Fitting,
    /// Either: the relay picks the reply, as `454` to STARTTLS.
    Either,
}

impl Reply {
    #[track_caller]
    pub(super) fn new(code: &str, text: String, word: &str, codes: Codes) -> Self {
        check(code, word, codes);
        Self { code: (code != USUAL).then(|| code.to_owned()), text }
    }
}

/// In a plugin's tests a code that the relay would not take ends the test. In the plugin the relay
/// itself looks: there it is a failure, which defers.
#[track_caller]
fn check(code: &str, word: &str, codes: Codes) {
    if cfg!(target_arch = "wasm32") || code == USUAL {
        return;
    }
    let class = if word == "defer" { "4" } else { "5" };
    let parts: Vec<_> = code.split('.').collect();
    let is_number =
        |part: &str| matches!(part.len(), 1..=3) && part.bytes().all(|byte| byte.is_ascii_digit());
    assert!(
        parts.len() == 3
            && parts.iter().copied().all(is_number)
            && matches!(parts.first(), Some(&("4" | "5"))),
        "`{code}` is no enhanced status code: write one like \"{class}.7.1\" (RFC 3463), or USUAL"
    );
    assert!(
        codes == Codes::Either || parts.first() == Some(&class),
        "`{code}` is no code to {word} with at this hook: its class must be {class}"
    );
}
