//! DMARC, RFC 9989.

use mail_auth::dmarc::{self, verify::DmarcParameters};
use mail_auth::{DmarcOutput, DmarcResult, MessageAuthenticator, SpfOutput, SpfResult};

use super::super::{Alignment, Dmarc, Policy, Spf, Word};
use super::dkim::Found;
use super::{Message, records};

impl Message<'_> {
    /// Whether SPF or a signature speaks for the author's domain, and what its owner asks for.
    pub(in super::super) async fn verify_dmarc(
        &self,
        library: &MessageAuthenticator,
        dkim: &Found<'_>,
        spf: &Spf,
    ) -> Dmarc {
        let author = match self.author() {
            Ok(author) => author,
            Err((result, reason)) => return without(result, String::new(), reason),
        };
        let record = format!("_dmarc.{author}");
        if records::beginning_with(&library.0, &record, "v=DMARC1").await.len() > 1 {
            // RFC 9989 section 4.10: several are as good as none.
            return without(Word::None, author, "the domain has more than one DMARC record");
        }
        let accepted = dkim.accepted();
        let spf_output = SpfOutput::new(spf.domain.clone()).with_result(spf_result(spf.result));
        let parameters = DmarcParameters {
            message: &self.parsed,
            dkim_output: &accepted,
            dkim2_output: None,
            rfc5321_mail_from_domain: &spf.domain,
            spf_output: &spf_output,
        };
        judged(&library.verify_dmarc(parameters).await, author)
    }
}

fn without(result: Word, domain: String, reason: &str) -> Dmarc {
    let (policy, alignment) = (Policy::None, Alignment::default());
    Dmarc { result, policy, domain, alignment, reason: reason.to_owned() }
}

fn judged(output: &DmarcOutput, domain: String) -> Dmarc {
    let alignment = Alignment {
        spf: *output.spf_result() == DmarcResult::Pass,
        dkim: *output.dkim_result() == DmarcResult::Pass,
    };
    let (result, reason) = match output.result() {
        DmarcResult::Pass => (Word::Pass, ""),
        DmarcResult::Fail(_) => (Word::Fail, "neither SPF nor a signature speaks for the author's domain"),
        DmarcResult::TempError(_) => (Word::TempError, "a name could not be looked up"),
        DmarcResult::PermError(_) => (Word::PermError, "the record cannot be understood"),
        DmarcResult::None => (Word::None, ""),
    };
    let policy = match output.policy() {
        dmarc::Policy::Reject => Policy::Reject,
        dmarc::Policy::Quarantine => Policy::Quarantine,
        dmarc::Policy::None | dmarc::Policy::Unspecified => Policy::None,
    };
    Dmarc { result, policy, domain, alignment, reason: reason.to_owned() }
}

fn spf_result(word: Word) -> SpfResult {
    match word {
        Word::Pass => SpfResult::Pass,
        Word::Fail | Word::Policy => SpfResult::Fail,
        Word::SoftFail => SpfResult::SoftFail,
        Word::Neutral => SpfResult::Neutral,
        Word::TempError => SpfResult::TempError,
        Word::PermError => SpfResult::PermError,
        Word::None => SpfResult::None,
    }
}
