//! ARC seals, RFC 8617 section 5.1.
//!
//! Not by the library: it cannot embed our own Authentication-Results, and seals over a broken chain what section
//! 5.1.2 leaves out.

use std::net::IpAddr;
use std::time::SystemTime;

use data_encoding::BASE64;
use mail_auth::arc::{ChainValidation, Results as SealedResults, Seal, Signature};
use mail_auth::common::crypto::SigningKey as _;
use mail_auth::dkim::Canonicalization;
use waxseal_plugins::content::Content;
use waxseal_plugins::verdicts::Header;

use super::fields::{SIGNED, bottom_up};
use super::{Key, SignError};
use crate::authentication::section::Field;
use crate::authentication::verify::{Body, stream};
use crate::authentication::{HeaderSection, Results, Word, field};
use crate::config::ArcKey;

const RESULTS: &str = "ARC-Authentication-Results";
const SIGNATURE: &str = "ARC-Message-Signature";
const SEAL: &str = "ARC-Seal";

/// The most sets of a chain (RFC 8617 section 4.2.1).
const LONGEST: u32 = 50;

/// How long a line of base64 is.
const LINE: usize = 70;

/// Who seals, and what it found.
pub(super) struct Sealer<'a> {
    pub(super) settings: &'a ArcKey,
    pub(super) key: &'a Key,
    pub(super) id: &'a str,
    pub(super) results: &'a Results,
    pub(super) client: IpAddr,
}

/// What a new set continues.
struct Before<'a> {
    instance: u32,
    validation: &'static str,
    /// The fields that the seal covers besides its own set's: each set's results, signature and seal, the first set first.
    covered: Vec<Field<'a>>,
}

impl Sealer<'_> {
    /// The three fields of a new set, the first on top; none where nothing may be added to the chain.
    pub(super) async fn seal(
        &self,
        section: &HeaderSection,
        content: &dyn Content,
    ) -> Result<Vec<Header>, SignError> {
        let Some(before) = self.before(section) else { return Ok(Vec::new()) };
        let mut body = Body::new(Canonicalization::Relaxed);
        stream(content, section.body(), |portion| body.write(portion)).await?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let tags = Tags { sealer: self, instance: before.instance, now };
        let results = tags.results();
        let signature = self.signed(tags.signature(section, &body.finish()), |unsigned| {
            let names: Vec<&str> = signed_names().collect();
            canonical(&bottom_up(section, &names), (SIGNATURE, unsigned))
        })?;
        let seal = self.signed(tags.seal(before.validation), |unsigned| {
            let own = [(RESULTS, &results), (SIGNATURE, &signature)];
            let own: Vec<_> = own.map(|(name, value)| (name, format!(" {value}\r\n"))).into();
            let own =
                own.iter().map(|(name, value)| Field { name: name.as_bytes(), value: value.as_bytes() });
            let covered: Vec<_> = before.covered.iter().copied().chain(own).collect();
            canonical(&covered, (SEAL, unsigned))
        })?;
        Ok(vec![Header::new(SEAL, seal), Header::new(SIGNATURE, signature), Header::new(RESULTS, results)])
    }

    /// `None`: a chain that is full, or was broken before us, is left as it is (RFC 8617 section 5.1), and so is one
    /// of which we could not find out now whether it holds.
    fn before<'a>(&self, section: &'a HeaderSection) -> Option<Before<'a>> {
        let chain = self.results.arc.as_ref()?;
        let mut fields = chain_fields(section);
        fields.sort_by_key(|field| (field.instance, field.kind));
        let last = fields.last().map_or(0, |field| field.instance);
        if last >= LONGEST || fields.iter().any(|field| field.has_failed) {
            return None;
        }
        let covered = || fields.iter().map(|field| field.field).collect();
        let (validation, covered) = match chain.result {
            Word::None if last == 0 => ("none", Vec::new()),
            Word::Pass if last > 0 => ("pass", covered()),
            // Section 5.1.2: the seal of whoever finds the chain broken covers its own set alone.
            Word::Fail => ("fail", Vec::new()),
            _ => return None,
        };
        Some(Before { instance: last + 1, validation, covered })
    }

    /// The value with its signature at the end.
    fn signed(&self, unsigned: String, input: impl FnOnce(&str) -> Vec<u8>) -> Result<String, SignError> {
        let signature = self.key.sign(input(&unsigned).as_slice()).map_err(SignError::library)?;
        Ok(format!("{unsigned}{}", folded(&BASE64.encode(&signature))))
    }
}

/// The values of the three fields, without their signatures.
struct Tags<'a> {
    sealer: &'a Sealer<'a>,
    instance: u32,
    now: u64,
}

impl Tags<'_> {
    fn results(&self) -> String {
        let Sealer { id, results, client, .. } = self.sealer;
        let start = format!("i={}; ", self.instance);
        let column = RESULTS.len() + 2 + start.len();
        format!("{start}{}", field::payload(id, results, *client, column))
    }

    fn signature(&self, section: &HeaderSection, body: &[u8]) -> String {
        let names: Vec<&str> =
            signed_names().flat_map(|name| section.named(name).map(move |_| name)).collect();
        let names: Vec<String> = names.chunks(5).map(|names| names.join(":")).collect();
        let (start, who) = self.common();
        let Self { now, .. } = self;
        let (names, hash) = (names.join(":\r\n\t"), BASE64.encode(body));
        format!("{start}; c=relaxed/relaxed; {who};\r\n\tt={now}; h={names};\r\n\tbh={hash};\r\n\tb=")
    }

    fn seal(&self, validation: &str) -> String {
        let (start, who) = self.common();
        let Self { now, .. } = self;
        format!("{start}; t={now}; cv={validation};\r\n\t{who};\r\n\tb=")
    }

    fn common(&self) -> (String, String) {
        let Sealer { settings: ArcKey { domain, selector, .. }, key, .. } = self.sealer;
        let start = format!("i={}; a={}", self.instance, key.algorithm_name());
        (start, format!("d={domain}; s={selector}"))
    }
}

/// What the signature of a set covers: signatures that came with the message too.
fn signed_names() -> impl Iterator<Item = &'static str> {
    SIGNED.into_iter().chain(["DKIM-Signature"])
}

/// A field of an older set.
#[derive(Clone, Copy)]
struct ChainField<'a> {
    instance: u32,
    /// 0 to 2, in the order in which seals take the fields of a set (RFC 8617 section 5.1.1).
    kind: u8,
    /// Whether it is a seal that says `cv=fail`.
    has_failed: bool,
    field: Field<'a>,
}

/// Those that can be read: where one cannot, the chain is broken, and none of them is covered.
fn chain_fields(section: &HeaderSection) -> Vec<ChainField<'_>> {
    section.fields().filter_map(chain_field).collect()
}

fn chain_field(field: Field<'_>) -> Option<ChainField<'_>> {
    let found = |instance, kind, has_failed| ChainField { instance, kind, has_failed, field };
    match () {
        () if field.is(RESULTS) => Some(found(SealedResults::parse(field.value).ok()?.i, 0, false)),
        () if field.is(SIGNATURE) => Some(found(Signature::parse(field.value).ok()?.i, 1, false)),
        () if field.is(SEAL) => {
            let seal = Seal::parse(field.value).ok()?;
            Some(found(seal.i, 2, seal.cv == ChainValidation::Fail))
        }
        () => None,
    }
}

/// What is signed: the fields, and behind them the one that will have the signature, without a line end
/// (RFC 6376 section 3.7).
fn canonical(fields: &[Field<'_>], (name, unsigned): (&str, &str)) -> Vec<u8> {
    let last = format!(" {unsigned}\r\n");
    let last = (name.as_bytes(), last.as_bytes());
    let all = fields.iter().map(|field| (field.name, field.value)).chain([last]);
    let mut octets = Vec::new();
    Canonicalization::Relaxed.canonicalize_headers(all, &mut octets);
    octets.truncate(octets.len().saturating_sub(2));
    octets
}

/// Base64 in lines.
fn folded(base64: &str) -> String {
    let mut folded = String::with_capacity(base64.len() + base64.len() / LINE * 3);
    for (index, char) in base64.chars().enumerate() {
        if index > 0 && index % LINE == 0 {
            folded.push_str("\r\n\t");
        }
        folded.push(char);
    }
    folded
}
