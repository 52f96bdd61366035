//! DMARC, RFC 9989.

use std::borrow::Borrow;
use std::hash::Hash;
use std::time::Instant;

use hickory_resolver::proto::op::ResponseCode;
use mail_auth::dmarc::{self, verify::DmarcParameters};
use mail_auth::{
    DmarcOutput, DmarcResult, DnsError, Error, MessageAuthenticator, Parameters, ResolverCache, SpfOutput,
    SpfResult, Txt,
};

use super::super::results::clean;
use super::super::{Alignment, Dmarc, Policy, Spf, Word};
use super::dkim::Found;
use super::{Message, Trouble, records};
use crate::message::headers::HeaderSection;

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
        let void = Void::on_the_way_up(library, &author).await;
        let accepted = dkim.accepted();
        let spf_output = SpfOutput::new(spf.domain.clone()).with_result(spf_result(spf.result));
        let parameters = DmarcParameters {
            message: &self.parsed,
            dkim_output: &accepted,
            dkim2_output: None,
            rfc5321_mail_from_domain: &spf.domain,
            spf_output: &spf_output,
        };
        let output = library.verify_dmarc(Parameters::new(parameters).with_txt_cache(&void)).await;
        judged(&output, author)
    }
}

/// What the owner of the author's domain asks for where nothing can speak for the author, since the message cannot be judged: it has
/// failed. Where nobody asks for anything, the trouble is all there is to say.
pub(in super::super) async fn without_grounds(
    library: &MessageAuthenticator,
    section: &HeaderSection,
    trouble: &Trouble,
) -> Result<Dmarc, Trouble> {
    let Trouble::Never(reason) = trouble else { return Err(trouble.clone()) };
    // The library looks no further than to a line that is no field.
    let from: Vec<_> = section.all("From").map(|field| field.octets()).collect();
    let section = HeaderSection::parse(&from.concat().into());
    let dmarc = Message::unhashed(&section).verify_dmarc(library, &Found::default(), &Spf::nobody()).await;
    if dmarc.result == Word::Fail {
        Ok(Dmarc { reason: clean(reason), ..dmarc })
    } else {
        Err(trouble.clone())
    }
}

/// The names of a tree walk at which several records are: they are as good as none, and the walk goes on (RFC 9989 section 4.10). The
/// library takes one of them; it is told that there is none, as if it had asked before.
struct Void(Vec<Box<str>>);

impl Void {
    async fn on_the_way_up(library: &MessageAuthenticator, author: &str) -> Self {
        let mut void = Vec::new();
        for domain in walk(author) {
            let record = format!("_dmarc.{domain}.");
            if records::beginning_with(&library.0, &record, "v=DMARC1").await.len() > 1 {
                void.push(record.into());
            }
        }
        Self(void)
    }
}

impl ResolverCache<Box<str>, Txt> for Void {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let none = Error::Dns(DnsError::RecordNotFound(ResponseCode::NoError));
        self.0.iter().any(|void| void.borrow() == name).then_some(Txt::Error(none))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

/// The domains of a tree walk: the author's, then those above it, from the one of seven labels down (RFC 9989 section 4.10).
fn walk(author: &str) -> Vec<&str> {
    let labels = author.split('.').count();
    let above = std::iter::successors(Some(author), |domain| Some(domain.split_once('.')?.1));
    let count = |domain: &str| domain.split('.').count();
    above.filter(|domain| count(domain) == labels || count(domain) <= 7).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_asks_eight_times_at_most() {
        assert_eq!(
            walk("a.mail.example.org"),
            ["a.mail.example.org", "mail.example.org", "example.org", "org"]
        );
        let long = walk("a.b.c.d.e.f.g.h.example.org");
        assert_eq!((long.len(), long[1]), (8, "d.e.f.g.h.example.org"));
    }
}
