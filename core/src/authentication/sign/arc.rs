//! ARC seals, RFC 8617 section 5.1.
//!
//! Not by the library: it cannot embed our own Authentication-Results, and seals over a broken chain what section
//! 5.1.2 leaves out.

use std::net::IpAddr;

use data_encoding::BASE64;
use mail_auth::arc::{ChainValidation, Results as SealedResults, Seal, Signature};
use mail_auth::dkim::Canonicalization;
use waxseal_plugins::verdicts::Header;

use super::fields::{Input, SIGNED, bottom_up};
use super::{Key, SignError, tags};
use crate::authentication::body::hashes;
use crate::authentication::{Results, Word, field};
use crate::config::ArcKey;
use crate::message::anatomy::Headed;
use crate::message::headers::{Field, HeaderSection};

const RESULTS: &str = "ARC-Authentication-Results";
const SIGNATURE: &str = "ARC-Message-Signature";
const SEAL: &str = "ARC-Seal";

/// The most sets of a chain (RFC 8617 section 4.2.1).
const LONGEST: u32 = 50;

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
    covered: Vec<Input<'a>>,
}

impl Sealer<'_> {
    /// The three fields of a new set, the first on top; none where nothing may be added to the chain.
    pub(super) async fn seal(
        &self,
        Headed { headers: section, content }: Headed<'_>,
    ) -> Result<Vec<Header>, SignError> {
        let Some(before) = self.before(section) else { return Ok(Vec::new()) };
        let hash = hashes(content, section.body(), &[Canonicalization::Relaxed]).await?.concat();
        let values = Values { sealer: self, instance: before.instance, now: tags::now() };
        let results = values.results();
        let names: Vec<&str> = signed_names().collect();
        let unsigned = values.signature(section, &hash);
        let signature = tags::signed(self.key, &bottom_up(section, &names), (SIGNATURE, &unsigned))?;
        let (of_results, of_signature) = (format!(" {results}\r\n"), format!(" {signature}\r\n"));
        let own = |name, value| Input { name, value };
        let mut covered = before.covered;
        covered.push(own(RESULTS, of_results.as_bytes()));
        covered.push(own(SIGNATURE, of_signature.as_bytes()));
        let seal = tags::signed(self.key, &covered, (SEAL, &values.seal(before.validation)))?;
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
        let covered = || fields.iter().map(|field| Input::from(field.field)).collect();
        let (validation, covered) = match chain.result {
            Word::None if last == 0 => ("none", Vec::new()),
            Word::Pass if last > 0 => ("pass", covered()),
            // Section 5.1.2: the seal of whoever finds the chain broken covers its own set alone. Where no set is, none is broken.
            Word::Fail if last > 0 && section.is_well_formed() => ("fail", Vec::new()),
            _ => return None,
        };
        Some(Before { instance: last + 1, validation, covered })
    }
}

/// The values of the three fields, without their signatures.
struct Values<'a> {
    sealer: &'a Sealer<'a>,
    instance: u32,
    now: u64,
}

impl Values<'_> {
    fn results(&self) -> String {
        let Sealer { id, results, client, .. } = self.sealer;
        let start = format!("i={}; ", self.instance);
        let column = RESULTS.len() + 2 + start.len();
        format!("{start}{}", field::payload(id, results, *client, column))
    }

    fn signature(&self, section: &HeaderSection, hash: &[u8]) -> String {
        let names: Vec<&str> = signed_names().flat_map(|name| section.all(name).map(move |_| name)).collect();
        let (start, who) = self.common();
        let Self { now, .. } = self;
        let (names, hash) = (tags::names(&names), BASE64.encode(hash));
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
        () if field.is(RESULTS) => Some(found(SealedResults::parse(field.value()).ok()?.i, 0, false)),
        () if field.is(SIGNATURE) => Some(found(Signature::parse(field.value()).ok()?.i, 1, false)),
        () if field.is(SEAL) => {
            let seal = Seal::parse(field.value()).ok()?;
            Some(found(seal.i, 2, seal.cv == ChainValidation::Fail))
        }
        () => None,
    }
}
