//! What nobody's mail needs, and what would keep the relay busy: a time limit does not reach into the library's work, which is
//! to compare each name that a signature signs with each field.

use mail_auth::AuthenticatedMessage;

use crate::message::headers::{Field, HeaderSection};

/// The most signatures that are looked at, from the top: each costs a lookup. Lists and forwarders add one each.
pub(super) const SIGNATURES: usize = 20;

/// The most comparisons that a signature may cost. Fifty names and a hundred fields are many.
const COMPARISONS: usize = 100_000;

/// Why a signature is not verified that would cost more.
pub(super) const REASON: &str = "it signs too many names for so many fields";

/// The signatures of DKIM that are looked at.
pub(super) fn signatures(section: &HeaderSection) -> impl Iterator<Item = Field<'_>> {
    section.all("DKIM-Signature").take(SIGNATURES)
}

/// Takes from the library the signatures of DKIM that are not to be verified.
pub(super) fn spare(parsed: &mut AuthenticatedMessage<'_>, section: &HeaderSection) {
    let fields = parsed.headers.len();
    let looked_at: Vec<_> = signatures(section).map(|field| field.value().as_ptr()).collect();
    parsed
        .dkim_headers
        .retain(|read| looked_at.contains(&read.value.as_ptr()) && !is_burden(read.header.h.len(), fields));
}

/// Whether a signature of ARC is one.
pub(super) fn is_in_chain(parsed: &AuthenticatedMessage<'_>) -> bool {
    parsed.ams_headers.iter().any(|read| is_burden(read.header.h.len(), parsed.headers.len()))
}

fn is_burden(names: usize, fields: usize) -> bool {
    names.saturating_mul(fields) > COMPARISONS
}
