//! DKIM signatures, RFC 6376. The body streams through; only the header section is held.

use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::{DkimSigner, Done};
use waxseal_plugins::content::Content;
use waxseal_plugins::verdicts::Header;

use super::fields::names;
use super::{Key, SignError};
use crate::authentication::HeaderSection;
use crate::authentication::verify::stream;
use crate::config::DkimKey;

/// A signature by each of the keys.
pub(super) async fn sign(
    keys: &[(&DkimKey, Key)],
    section: &HeaderSection,
    content: &dyn Content,
) -> Result<Vec<Header>, SignError> {
    let signers: Vec<_> = keys.iter().map(|(settings, key)| signer(settings, key, section)).collect();
    let mut streams: Vec<_> = signers.iter().map(DkimSigner::sign_streaming).collect();
    let each = |portion: &[u8]| streams.iter_mut().for_each(|stream| stream.write(portion));
    stream(content, 0, each).await?;
    streams
        .into_iter()
        .map(|stream| Ok(header(&stream.finish().map_err(SignError::library)?.to_header())))
        .collect()
}

fn signer(settings: &DkimKey, key: &Key, section: &HeaderSection) -> DkimSigner<Key, Done> {
    DkimSigner::from_key(key.clone()).domain(&settings.domain).selector(&settings.selector).headers(names(
        section,
        &settings.headers,
        &settings.oversign,
    ))
}

/// The field apart from its name.
fn header(text: &str) -> Header {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    Header::new(name, value.trim())
}
