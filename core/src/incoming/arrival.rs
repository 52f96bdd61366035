//! How a message came: what its Received header tells of it.

use std::net::IpAddr;

use jiff::Timestamp;
use uuid::Uuid;
use waxseal_plugins::facts::{Certificate, Client};

use crate::message::received::{CertificateTrace, Protocol, Received, TlsTrace};

/// How a message came.
pub(super) struct Arrival<'a> {
    /// Our name.
    pub(super) hostname: &'a str,
    /// The client's address.
    pub(super) address: IpAddr,
    /// The client at MAIL FROM.
    pub(super) client: &'a Client,
    /// The judgement of its certificate; `None` in clear.
    pub(super) certificate: Option<&'a Certificate>,
    /// Who let the mail on.
    pub(super) decided_by: &'a str,
    /// How the client spoke.
    pub(super) protocol: Protocol,
    /// The recipient, where there is only one.
    pub(super) recipient: Option<&'a str>,
    /// The message's id.
    pub(super) id: Uuid,
    /// When it came.
    pub(super) time: Timestamp,
}

impl Arrival<'_> {
    /// The Received header, folded, with its final CRLF.
    pub(super) fn header(&self) -> String {
        let tls = self.client.encrypted.then(|| TlsTrace {
            version: self.client.version.as_str(),
            suite: &self.client.suite,
            group: &self.client.group,
            certificate: certificate_trace(self.certificate),
        });
        let header = Received {
            client: &self.client.ehlo,
            address: self.address,
            hostname: self.hostname,
            protocol: self.protocol,
            id: self.id,
            recipient: self.recipient,
            tls,
            policy: self.decided_by,
            time: self.time,
        };
        header.to_header()
    }
}

/// What is said of a client's certificate.
pub(super) fn certificate_trace(certificate: Option<&Certificate>) -> CertificateTrace<'_> {
    match certificate {
        Some(certificate) if certificate.verified => CertificateTrace::Verified,
        Some(certificate) if certificate.presented => CertificateTrace::NotVerified(&certificate.problem),
        _ => CertificateTrace::None,
    }
}
