//! A message as the library wants it: the header section in memory, the body hashed while it streams by.

use mail_auth::AuthenticatedMessage;
use mail_auth::common::crypto::{HashAlgorithm, HashContext, HashImpl, Sha256};
use mail_auth::dkim::Canonicalization;
use mail_auth::dkim::canonicalize::BodyHasher;
use waxseal_plugins::content::Content;

use super::super::HeaderSection;
use super::Trouble;

/// How much of the body is hashed between two looks at what else there is to do, octets.
const PORTION: usize = 128 << 10;

/// A message that can be verified.
pub(in super::super) struct Message<'a> {
    pub(super) section: &'a HeaderSection,
    /// As the library has read it; empty where there is no field.
    pub(super) parsed: AuthenticatedMessage<'a>,
}

/// Hashes a body as the hashes of signatures are made.
pub(in super::super) struct Body(BodyHasher<<Sha256 as HashImpl>::Context>);

impl<'a> Message<'a> {
    /// Reads the header section, and hashes the body as its signatures ask for.
    ///
    /// Signatures with `l=` are left out: anything could be behind what they cover (RFC 6376 section 8.2). So there
    /// are two ways to hash a body at most, whatever the signatures say.
    pub(in super::super) async fn read(
        section: &'a HeaderSection,
        content: &dyn Content,
    ) -> Result<Self, Trouble> {
        let mut message = Self::unhashed(section);
        message
            .hash(content)
            .await
            .map_err(|error| Trouble::Later(format!("the message could not be read: {error}")))?;
        Ok(message)
    }

    /// Only the header section, read.
    pub(in super::super) fn unhashed(section: &'a HeaderSection) -> Self {
        let parsed = AuthenticatedMessage::parse_with_opts(section.octets(), None, true);
        Self { section, parsed: parsed.unwrap_or_default() }
    }

    async fn hash(&mut self, content: &dyn Content) -> std::io::Result<()> {
        // SHA-1 is not computed: what was signed by it is not accepted (RFC 8301 section 3.1).
        let wanted = self.parsed.body_hashes.iter_mut();
        let mut wanted: Vec<_> =
            wanted.filter(|(_, algorithm, ..)| *algorithm == HashAlgorithm::Sha256).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let mut hashers: Vec<Body> = wanted.iter().map(|(how, ..)| Body::new(*how)).collect();
        stream(content, self.section.body(), |portion| {
            hashers.iter_mut().for_each(|hasher| hasher.write(portion));
        })
        .await?;
        for ((.., hash), hasher) in wanted.iter_mut().zip(hashers) {
            *hash = hasher.finish();
        }
        Ok(())
    }
}

impl Body {
    pub(in super::super) fn new(how: Canonicalization) -> Self {
        Self(BodyHasher::new(Sha256::hasher(), how, 0))
    }

    pub(in super::super) fn write(&mut self, portion: &[u8]) {
        self.0.write(portion);
    }

    pub(in super::super) fn finish(self) -> Vec<u8> {
        self.0.finish().0.complete().as_ref().to_vec()
    }
}

/// Gives a content from an offset on in portions, with a look at what else there is to do between two.
pub(in super::super) async fn stream(
    content: &dyn Content,
    from: u64,
    mut each: impl FnMut(&[u8]) + Send,
) -> std::io::Result<()> {
    let rest = usize::try_from(content.size().saturating_sub(from)).unwrap_or(PORTION);
    let mut buffer = vec![0; rest.clamp(1, PORTION)];
    let mut offset = from;
    loop {
        let read = content.read_at(offset, &mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        each(buffer.get(..read).unwrap_or_default());
        offset += read as u64;
        tokio::task::yield_now().await;
    }
}
