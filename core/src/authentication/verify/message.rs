//! A message as the library wants it: the header section in memory, the body hashed while it streams by.

use mail_auth::AuthenticatedMessage;
use mail_auth::common::crypto::HashAlgorithm;

use super::super::body::hashes;
use super::{Trouble, burden};
use crate::message::anatomy::Headed;
use crate::message::headers::HeaderSection;

/// A message that can be verified.
pub(in super::super) struct Message<'a> {
    pub(super) section: &'a HeaderSection,
    /// As the library has read it; empty where there is no field.
    pub(super) parsed: AuthenticatedMessage<'a>,
}

impl<'a> Message<'a> {
    /// Hashes the body as the signatures in the header section ask for.
    ///
    /// Signatures with `l=` are left out: anything could be behind what they cover (RFC 6376 section 8.2). So there
    /// are two ways to hash a body at most, whatever the signatures say.
    pub(in super::super) async fn read(Headed { headers, content }: Headed<'a>) -> Result<Self, Trouble> {
        let mut message = Self::unhashed(headers);
        // SHA-1 is not computed: what was signed by it is not accepted (RFC 8301 section 3.1).
        let wanted = message.parsed.body_hashes.iter_mut();
        let mut wanted: Vec<_> =
            wanted.filter(|(_, algorithm, ..)| *algorithm == HashAlgorithm::Sha256).collect();
        let ways: Vec<_> = wanted.iter().map(|(how, ..)| *how).collect();
        let found = hashes(content, headers.body(), &ways).await;
        let found =
            found.map_err(|error| Trouble::Later(format!("the message could not be read: {error}")))?;
        for ((.., hash), found) in wanted.iter_mut().zip(found) {
            *hash = found;
        }
        Ok(message)
    }

    /// Only the header section, read.
    pub(in super::super) fn unhashed(section: &'a HeaderSection) -> Self {
        let parsed = AuthenticatedMessage::parse_with_opts(section.octets(), None, true);
        let mut parsed = parsed.unwrap_or_default();
        burden::spare(&mut parsed, section);
        Self { section, parsed }
    }
}
