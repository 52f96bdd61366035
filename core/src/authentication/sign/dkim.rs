//! DKIM signatures, RFC 6376. The body streams through; only the header section is held.

use data_encoding::BASE64;
use mail_auth::dkim::Canonicalization;
use waxseal_plugins::verdicts::Header;

use super::fields::{Signed, bottom_up};
use super::{Key, SignError, tags};
use crate::authentication::body::hashes;
use crate::config::DkimKey;
use crate::message::anatomy::Headed;
use crate::message::headers::HeaderSection;

const NAME: &str = "DKIM-Signature";

/// A signature by each of the keys.
pub(super) async fn sign(
    keys: &[(&DkimKey, Key)],
    Headed { headers, content }: Headed<'_>,
) -> Result<Vec<Header>, SignError> {
    let hash = hashes(content, headers.body(), &[Canonicalization::Relaxed]).await?.concat();
    let (hash, now) = (BASE64.encode(&hash), tags::now());
    keys.iter().map(|(settings, key)| signature(settings, key, headers, (&hash, now))).collect()
}

fn signature(
    settings: &DkimKey,
    key: &Key,
    section: &HeaderSection,
    (hash, now): (&str, u64),
) -> Result<Header, SignError> {
    let Signed { covered, listed } = Signed::new(section, &settings.headers, &settings.oversign);
    let DkimKey { domain, selector, .. } = settings;
    let (algorithm, names) = (key.algorithm_name(), tags::names(&listed));
    let unsigned = format!(
        "v=1; a={algorithm}; c=relaxed/relaxed; d={domain}; s={selector};\r\n\tt={now}; h={names};\r\n\tbh={hash};\r\n\tb="
    );
    let value = tags::signed(key, &bottom_up(section, &covered), (NAME, &unsigned))?;
    Ok(Header::new(NAME, value))
}
