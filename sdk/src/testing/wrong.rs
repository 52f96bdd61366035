//! Certificates of which a single thing is wrong.

use super::certificate;
use crate::facts::builders::CertificateBuilder;

/// No certificate was presented.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let certificate: &Certificate = &testing::no_certificate();
/// assert!(!certificate.presented());
/// ```
#[must_use]
pub fn no_certificate() -> CertificateBuilder {
    CertificateBuilder::default().problem("no certificate was presented")
}

/// Its end date is past.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let certificate: &Certificate = &testing::expired_certificate();
/// assert!(certificate.expired());
/// ```
#[must_use]
pub fn expired_certificate() -> CertificateBuilder {
    unverified("the certificate has expired").expired(true).valid_until(1_767_312_000)
}

/// Its start date is still to come.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let certificate: &Certificate = &testing::not_yet_valid_certificate();
/// assert!(certificate.not_yet_valid());
/// ```
#[must_use]
pub fn not_yet_valid_certificate() -> CertificateBuilder {
    unverified("the certificate is not valid yet").not_yet_valid(true).valid_from(4_102_358_400)
}

/// It names another host.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let certificate: &Certificate = &testing::wrong_name_certificate();
/// assert!(!certificate.name_matches());
/// ```
#[must_use]
pub fn wrong_name_certificate() -> CertificateBuilder {
    unverified("the certificate names mx.example.net, not mx.example.org")
        .name_matches(false)
        .names(["mx.example.net"])
        .subject("CN=mx.example.net")
}

/// Its chain leads to no root that we trust.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let certificate: &Certificate = &testing::unknown_root_certificate();
/// assert!(!certificate.trusted());
/// ```
#[must_use]
pub fn unknown_root_certificate() -> CertificateBuilder {
    untrusted("the chain leads to no trusted root")
}

/// It is signed with its own key.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let certificate: &Certificate = &testing::self_signed_certificate();
/// assert!(certificate.self_signed());
/// ```
#[must_use]
pub fn self_signed_certificate() -> CertificateBuilder {
    untrusted("the certificate is self-signed").self_signed(true).issuer("CN=mx.example.org").chain_length(1)
}

fn untrusted(problem: &str) -> CertificateBuilder {
    unverified(problem).trusted(false).chain_problem(problem).root("")
}

fn unverified(problem: &str) -> CertificateBuilder {
    certificate().verified(false).problem(problem)
}
