//! DKIM, RFC 6376 with RFC 8301 and RFC 8463.

use data_encoding::BASE64;
use mail_auth::common::crypto::{Algorithm, CryptoError};
use mail_auth::common::headers::Header;
use mail_auth::dkim::{self, DkimError};
use mail_auth::{DkimOutput, DkimResult, Error, MessageAuthenticator};

use super::super::results::{clean, name};
use super::super::{Dkim, Signature, Word};
use super::{Message, burden};
use crate::message::headers::Field;

/// What the library found, and what we make of it, signature by signature.
#[derive(Default)]
pub(in super::super) struct Found<'a>(Vec<(DkimOutput<'a>, Signature)>);

impl Message<'_> {
    /// Verifies each signature that is looked at.
    pub(in super::super) async fn verify_dkim<'a>(&'a self, library: &MessageAuthenticator) -> Found<'a> {
        let outputs = library.verify_dkim(&self.parsed).await;
        let mut outputs = outputs.into_iter().filter(|output| output.signature().is_some());
        let found = burden::signatures(self.section).filter_map(|field| match self.unread(&field) {
            Some(error) => Some(unusable(error, field.value())),
            None if self.is_spared(&field) => Some(burdensome(field.value())),
            None => outputs.next().map(verified),
        });
        Found(found.collect())
    }

    /// Whether the library was not given the signature in a field.
    fn is_spared(&self, field: &Field<'_>) -> bool {
        let mut given = self.parsed.dkim_headers.iter();
        !given.any(|read| std::ptr::eq(read.value.as_ptr(), field.value().as_ptr()))
    }

    /// Why the library did not verify the signature in a field. It says of some only that they were there.
    fn unread(&self, field: &Field<'_>) -> Option<&Error> {
        let same = |read: &&Header<'_, Error>| std::ptr::eq(read.value.as_ptr(), field.value().as_ptr());
        self.parsed.errors.iter().find(same).map(|read| &read.header)
    }
}

impl<'a> Found<'a> {
    /// What DMARC may rest on: what holds, and what may hold later.
    pub(super) fn accepted(&self) -> Vec<DkimOutput<'a>> {
        let accepted = |(_, signature): &&(DkimOutput<'a>, Signature)| {
            matches!(signature.result, Word::Pass | Word::TempError)
        };
        self.0.iter().filter(accepted).map(|(output, _)| output.clone()).collect()
    }
}

impl From<Found<'_>> for Dkim {
    fn from(found: Found<'_>) -> Self {
        let signatures: Vec<_> = found.0.into_iter().map(|(_, signature)| signature).collect();
        let best = signatures.iter().map(|signature| signature.result).min_by_key(|result| rank(*result));
        Self { result: best.unwrap_or(Word::None), signatures, reason: String::new() }
    }
}

/// One that holds is enough (RFC 6376 section 6.1), and one that may hold later is worth to wait for.
fn rank(result: Word) -> u8 {
    match result {
        Word::Pass => 0,
        Word::TempError => 1,
        Word::Fail | Word::SoftFail => 2,
        Word::Policy => 3,
        Word::PermError => 4,
        Word::Neutral => 5,
        Word::None => 6,
    }
}

fn verified(output: DkimOutput<'_>) -> (DkimOutput<'_>, Signature) {
    let judged = described(output.signature(), judgement(&output));
    (output, judged)
}

fn unusable<'a>(error: &Error, value: &[u8]) -> (DkimOutput<'a>, Signature) {
    let signature = dkim::Signature::parse(value).ok();
    (DkimOutput::neutral(error.clone()), described(signature.as_ref(), broken(error)))
}

fn burdensome<'a>(value: &[u8]) -> (DkimOutput<'a>, Signature) {
    let signature = dkim::Signature::parse(value).ok();
    let judged = described(signature.as_ref(), (Word::PermError, burden::REASON.to_owned()));
    (DkimOutput::perm_err(Error::ParseError), judged)
}

fn described(signature: Option<&dkim::Signature>, (result, reason): (Word, String)) -> Signature {
    let text =
        |of: fn(&dkim::Signature) -> String| signature.map(of).map(|text| name(&text)).unwrap_or_default();
    Signature {
        result,
        domain: text(|signature| signature.d.clone()),
        selector: text(|signature| signature.s.clone()),
        algorithm: text(|signature| algorithm(signature.a).to_owned()),
        beginning: text(|signature| BASE64.encode(&signature.b).chars().take(8).collect()),
        reason: clean(&reason),
    }
}

/// What it came to. The library verifies what it can; what is not accepted for other reasons comes first.
fn judgement(output: &DkimOutput<'_>) -> (Word, String) {
    let says = |word, reason: &str| (word, reason.to_owned());
    if let Some(signature) = output.signature() {
        if signature.a == Algorithm::RsaSha1 {
            return says(Word::Policy, "rsa-sha1 is not accepted (RFC 8301 section 3.1)");
        }
        if signature.v != 1 {
            return says(Word::Neutral, "the signature does not say its version (RFC 6376 section 3.5)");
        }
        if !covers_from(signature) {
            return says(Word::PermError, "the From field is not signed (RFC 6376 section 6.1.1)");
        }
    }
    match output.result() {
        DkimResult::Pass => says(Word::Pass, ""),
        DkimResult::None => says(Word::None, ""),
        DkimResult::TempError(_) => says(Word::TempError, "the key could not be looked up"),
        DkimResult::Neutral(error) | DkimResult::Fail(error) | DkimResult::PermError(error) => broken(error),
    }
}

fn broken(error: &Error) -> (Word, String) {
    let says = |word, reason: &str| (word, reason.to_owned());
    match error {
        Error::Dkim(DkimError::FailedBodyHashMatch) => says(Word::Fail, "the body has been changed"),
        Error::Crypto(CryptoError::FailedVerification) => {
            says(Word::Fail, "signed fields have been changed, or the key is another")
        }
        Error::Dkim(DkimError::SignatureExpired) => says(Word::Fail, "the signature has expired"),
        Error::Dkim(DkimError::FailedAuidMatch) => {
            says(Word::PermError, "i= is not of the domain d= (RFC 6376 section 3.5)")
        }
        Error::Dkim(DkimError::SignatureLength) => {
            says(Word::Policy, "l= leaves a part of the body unsigned (RFC 6376 section 8.2)")
        }
        Error::Dkim(DkimError::RevokedPublicKey) => says(Word::PermError, "the key has been revoked"),
        Error::Dkim(DkimError::UnsupportedKeyType) => says(Word::PermError, "the key is of an unknown kind"),
        Error::Crypto(_) => says(Word::PermError, "the key is not one for this algorithm, or too short"),
        Error::Dns(_) => says(Word::PermError, "there is no such key"),
        Error::Dkim(error) => (Word::Neutral, format!("the signature cannot be used: {error}")),
        error => (Word::Neutral, format!("the signature cannot be read: {error}")),
    }
}

fn covers_from(signature: &dkim::Signature) -> bool {
    signature.h.iter().any(|name| name.trim().eq_ignore_ascii_case("from"))
}

/// As `a=` writes it.
fn algorithm(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RsaSha1 => "rsa-sha1",
        Algorithm::RsaSha256 => "rsa-sha256",
        Algorithm::Ed25519Sha256 => "ed25519-sha256",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(a: Algorithm, h: &[&str]) -> dkim::Signature {
        let h = h.iter().map(ToString::to_string).collect();
        dkim::Signature { v: 1, a, d: "example.org".to_owned(), h, b: vec![0; 64], ..Default::default() }
    }

    #[test]
    fn a_signature_that_leaves_from_open_is_not_accepted() {
        let open = signature(Algorithm::RsaSha256, &["To", "Subject"]);
        let (_, judged) = verified(DkimOutput::pass().with_signature(&open));
        assert_eq!((judged.result, judged.beginning.as_str()), (Word::PermError, "AAAAAAAA"));
    }

    #[test]
    fn what_is_not_accepted_is_no_ground_for_dmarc() {
        let old = signature(Algorithm::RsaSha1, &["From"]);
        let new = signature(Algorithm::RsaSha256, &["from"]);
        let outputs = [&old, &new].map(|one| verified(DkimOutput::pass().with_signature(one)));
        let found = Found(outputs.into());
        assert_eq!(found.accepted().len(), 1);
        let dkim = Dkim::from(found);
        assert_eq!(dkim.signatures[0].result, Word::Policy);
        assert_eq!(dkim.result, Word::Pass);
    }
}
