//! ARC, RFC 8617.

use mail_auth::arc::ArcError;
use mail_auth::common::crypto::{Algorithm, CryptoError};
use mail_auth::{ArcOutput, DkimResult, Error, MessageAuthenticator};

use super::super::results::{clean, name};
use super::super::{Chain, Seal, Word};
use super::{Message, burden};

/// The fields of a set.
const FIELDS: [&str; 3] = ["ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results"];

impl Message<'_> {
    /// Verifies the chain.
    pub(in super::super) async fn verify_arc(&self, library: &MessageAuthenticator) -> Chain {
        if burden::is_in_chain(&self.parsed) {
            return Chain { result: Word::Fail, seals: Vec::new(), reason: burden::REASON.to_owned() };
        }
        let output = library.verify_arc(&self.parsed).await;
        let seals = seals(&output);
        let has_fields = FIELDS.iter().any(|name| self.section.first(name).is_some());
        let (result, reason) = match output.result() {
            // The library looks no further where there is no signature.
            DkimResult::None if has_fields => (Word::Fail, "the chain is not complete"),
            _ if is_old(&output) => (Word::Fail, "rsa-sha1 is not accepted (RFC 8301 section 3.1)"),
            DkimResult::None => (Word::None, ""),
            DkimResult::Pass => (Word::Pass, ""),
            DkimResult::TempError(_) => (Word::TempError, "a key could not be looked up"),
            DkimResult::Neutral(error) | DkimResult::Fail(error) | DkimResult::PermError(error) => {
                return Chain { result: Word::Fail, seals, reason: clean(&broken(error)) };
            }
        };
        Chain { result, seals, reason: reason.to_owned() }
    }
}

fn seals(output: &ArcOutput<'_>) -> Vec<Seal> {
    let seal = |set: &mail_auth::arc::Set<'_>| Seal {
        instance: set.seal.header.i,
        domain: name(&set.seal.header.d),
        selector: name(&set.seal.header.s),
    };
    output.sets().iter().map(seal).collect()
}

/// Whether SHA-1 signed what is looked at: any seal, or the newest signature.
fn is_old(output: &ArcOutput<'_>) -> bool {
    let sets = output.sets();
    sets.iter().any(|set| set.seal.header.a == Algorithm::RsaSha1)
        || sets.last().is_some_and(|set| set.signature.header.a == Algorithm::RsaSha1)
}

fn broken(error: &Error) -> String {
    match error {
        Error::Arc(ArcError::FailedBodyHashMatch) => "the body has been changed since".to_owned(),
        Error::Arc(ArcError::InvalidCV) => "a seal says that the chain was broken before, or lies".to_owned(),
        Error::Crypto(CryptoError::FailedVerification) => "a signature or seal does not hold".to_owned(),
        Error::Crypto(_) => "a key is not one for its algorithm, or too short".to_owned(),
        Error::Dns(_) => "there is no such key".to_owned(),
        Error::Arc(error) => format!("the chain is broken: {error}"),
        error => format!("the chain cannot be read: {error}"),
    }
}
