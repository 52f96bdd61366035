//! Why nothing could be found out, and what the results are then.

use super::super::results::clean;
use super::super::{Alignment, Chain, Dkim, Dmarc, Origin, Policy, Results, Spf, Wanted, Word};
use super::spf::subject;

/// Why nothing could be found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Trouble {
    /// Later it may: `temperror`.
    Later(String),
    /// It never can: `permerror`.
    Never(String),
}

impl Trouble {
    /// The time was up.
    pub(in super::super) fn late() -> Self {
        Self::Later("it took too long".to_owned())
    }

    /// A line of the header section is no field. Where the section ends is then a matter of opinion, and the
    /// opinions of a verifier and of a reader must not differ.
    pub(in super::super) fn malformed() -> Self {
        Self::Never("a line of the header section is no field (RFC 5322 section 2.2)".to_owned())
    }

    fn parts(&self) -> (Word, String) {
        match self {
            Self::Later(reason) => (Word::TempError, clean(reason)),
            Self::Never(reason) => (Word::PermError, clean(reason)),
        }
    }
}

impl Results {
    /// The same trouble for each of these.
    pub(in super::super) fn fill(&mut self, methods: Wanted, origin: &Origin<'_>, trouble: &Trouble) {
        if methods.contains(Wanted::SPF) {
            self.take_spf(origin, Some(Err(trouble.clone())));
        }
        if methods.contains(Wanted::DKIM) {
            self.take_dkim(Err::<Dkim, _>(trouble.clone()));
        }
        if methods.contains(Wanted::DMARC) {
            self.take_dmarc(Err(trouble.clone()));
        }
        if methods.contains(Wanted::ARC) {
            self.take_arc(Some(Err(trouble.clone())));
        }
    }

    /// What SPF came to, if it was asked for.
    pub(in super::super) fn take_spf(&mut self, origin: &Origin<'_>, found: Option<Result<Spf, Trouble>>) {
        let Some(found) = found else { return };
        self.spf = Some(found.unwrap_or_else(|trouble| {
            let (result, reason) = trouble.parts();
            let (identity, domain) = subject(origin);
            Spf { result, identity, domain: domain.unwrap_or_default(), explanation: String::new(), reason }
        }));
    }

    /// What DKIM came to.
    pub(in super::super) fn take_dkim(&mut self, found: Result<impl Into<Dkim>, Trouble>) {
        self.dkim = Some(found.map_or_else(
            |trouble| {
                let (result, reason) = trouble.parts();
                Dkim { result, signatures: Vec::new(), reason }
            },
            Into::into,
        ));
    }

    /// What DMARC came to.
    pub(in super::super) fn take_dmarc(&mut self, found: Result<Dmarc, Trouble>) {
        self.dmarc = Some(found.unwrap_or_else(|trouble| {
            let (result, reason) = trouble.parts();
            let (policy, alignment) = (Policy::None, Alignment::default());
            Dmarc { result, policy, domain: String::new(), alignment, reason }
        }));
    }

    /// What ARC came to, if it was asked for. There is no `permerror` of a chain: it is broken (RFC 8617 section 4.4).
    pub(in super::super) fn take_arc(&mut self, found: Option<Result<Chain, Trouble>>) {
        let Some(found) = found else { return };
        self.arc = Some(found.unwrap_or_else(|trouble| {
            let (result, reason) = trouble.parts();
            let result = if result == Word::PermError { Word::Fail } else { result };
            Chain { result, seals: Vec::new(), reason }
        }));
    }
}
