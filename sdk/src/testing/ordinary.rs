//! Facts as they are met every day: those on which the relay tries each new plugin.

use crate::facts::TLS_1_3;
use crate::facts::builders::{
    CertificateBuilder, ClientBuilder, HandshakeBuilder, HelloBuilder, HostBuilder, MailBuilder,
    MessageBuilder, PartBuilder, RecipientBuilder, ReportBuilder, RowBuilder,
};

/// A row for `example.org`, without terms.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let row = testing::row().policy("pinned_key").parameter("grace_days", 14);
/// let host: Host = testing::clear_host().row(row).into();
/// assert_eq!(host.row().policy(), "pinned_key");
/// ```
#[must_use]
pub fn row() -> RowBuilder {
    RowBuilder::default().pattern("example.org").place("domains.rhai:1:1")
}

/// A client that is not offered TLS and sends in clear, at MAIL FROM.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let client: &Client = &testing::clear_client();
/// assert!(!client.encrypted());
/// ```
#[must_use]
pub fn clear_client() -> ClientBuilder {
    ClientBuilder::default()
        .address("192.0.2.25")
        .port(40_025)
        .ehlo("mail.example.com")
        .listener("198.51.100.25:25")
        .row(row())
        .at_mail(true)
        .sender_domain("example.com")
        .own_certificate(certificate())
}

/// A client whose handshake is done, at MAIL FROM.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let client: &Client = &testing::encrypted_client();
/// assert!(client.encrypted());
/// ```
#[must_use]
pub fn encrypted_client() -> ClientBuilder {
    clear_client()
        .encrypted(true)
        .offers_tls(true)
        .version(TLS_1_3)
        .suite("TLS_AES_256_GCM_SHA384")
        .group("X25519MLKEM768")
        .server_name("mx.example.org")
}

/// A host that does not offer TLS.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let host: &Host = &testing::clear_host();
/// assert!(!host.offers_tls());
/// ```
#[must_use]
pub fn clear_host() -> HostBuilder {
    HostBuilder::default()
        .name("mx.example.org")
        .address("198.51.100.7")
        .port(25)
        .domain("example.org")
        .found_by("mx")
        .ehlo("mx.example.org")
        .extensions(["PIPELINING", "SIZE 52428800", "8BITMIME"])
        .row(row())
        .tls_failure("STARTTLS is not offered")
        .dane("unknown")
        .mta_sts("unknown")
}

/// A host that offers TLS, before anything was started.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let host: &Host = &testing::offering_host();
/// assert!(host.offers_tls());
/// ```
#[must_use]
pub fn offering_host() -> HostBuilder {
    clear_host().offers_tls(true).extensions(["STARTTLS"]).tls_failure("")
}

/// A host whose handshake is done.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let host: &Host = &testing::encrypted_host();
/// assert!(host.encrypted());
/// ```
#[must_use]
pub fn encrypted_host() -> HostBuilder {
    offering_host()
        .encrypted(true)
        .extensions(["PIPELINING", "STARTTLS", "8BITMIME"])
        .version(TLS_1_3)
        .suite("TLS_AES_256_GCM_SHA384")
        .group("X25519MLKEM768")
}

/// The hello of a client that is up to date.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let hello: &Hello = &testing::hello();
/// assert_eq!(hello.versions(), ["1.3", "1.2"]);
/// ```
#[must_use]
pub fn hello() -> HelloBuilder {
    HelloBuilder::default()
        .server_name("mx.example.org")
        .versions(["1.3", "1.2"])
        .highest_version(TLS_1_3)
        .suites(["TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"])
        .extensions(["server_name", "supported_groups", "signature_algorithms", "supported_versions"])
        .groups(["X25519MLKEM768", "x25519"])
        .signature_schemes(["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"])
        .ja4("t13d020400_c87603f571f4_fbabbea27ee8")
}

/// A full handshake in TLS 1.3.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let handshake: &Handshake = &testing::handshake();
/// assert!(!handshake.resumed());
/// ```
#[must_use]
pub fn handshake() -> HandshakeBuilder {
    HandshakeBuilder::default().version(TLS_1_3).suite("TLS_AES_256_GCM_SHA384").group("X25519MLKEM768")
}

/// A certificate of which everything holds.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let certificate: &Certificate = &testing::certificate();
/// assert!(certificate.verified());
/// ```
#[must_use]
pub fn certificate() -> CertificateBuilder {
    CertificateBuilder::default()
        .presented(true)
        .verified(true)
        .trusted(true)
        .root("CN=Example Root")
        .name_matches(true)
        .expected_names(["mx.example.org"])
        .names(["mx.example.org", "example.org"])
        .valid_from(1_767_225_600)
        .valid_until(4_102_444_800)
        .possession(true)
        .client_usage(true)
        .server_usage(true)
        .subject("CN=mx.example.org")
        .issuer("CN=Example Issuing")
        .key("ecdsa-256")
        .sha256("5e".repeat(32))
        .spki_sha256("a1".repeat(32))
        .chain_length(2)
}

/// An envelope from `alice@example.com` to somebody of `example.org`, at the first attempt.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let mail: &Mail = &testing::mail();
/// assert_eq!(mail.sender_domain(), "example.com");
/// ```
#[must_use]
pub fn mail() -> MailBuilder {
    MailBuilder::default()
        .sender("alice@example.com")
        .sender_domain("example.com")
        .recipient_domain("example.org")
        .size(12_345)
        .recipients(["bob@example.org"])
}

/// The first recipient of a message.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let recipient: &Recipient = &testing::recipient();
/// assert_eq!(recipient.address(), "bob@example.org");
/// ```
#[must_use]
pub fn recipient() -> RecipientBuilder {
    RecipientBuilder::default().address("bob@example.org").domain("example.org").sender("alice@example.com")
}

const TEXT: &str = "Hello Bob,\n\nplease find the offer attached: https://example.com/offer\n";

/// A message from Alice to Bob, with a text and an attachment, for which every check passes.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let message: &Message = &testing::message();
/// assert_eq!(message.subject(), "Our offer");
/// assert_eq!(message.attachments(), ["offer.pdf"]);
/// ```
#[must_use]
pub fn message() -> MessageBuilder {
    let attachment =
        PartBuilder::default().number("2").content_type("application/pdf").detected_type("application/pdf");
    let attachment = attachment.name("offer.pdf").names(["offer.pdf"]).attachment(true).size(12_000);
    MessageBuilder::default()
        .sender("alice@example.com")
        .sender_domain("example.com")
        .recipients(["bob@example.org", "carol@example.org"])
        .size(12_345)
        .headers([
            ("Received", "from mail.example.com by mx.example.org; Mon, 1 Jun 2026 12:00:00 +0000"),
            ("From", "Alice <alice@example.com>"),
            ("To", "Bob <bob@example.org>, Carol <carol@example.org>"),
            ("Subject", "Our offer"),
            ("Date", "Mon, 1 Jun 2026 12:00:00 +0000"),
            ("Message-ID", "<1@example.com>"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "multipart/mixed; boundary=\"b\""),
        ])
        .subject("Our offer")
        .from("alice@example.com")
        .from_domain("example.com")
        .message_id("1@example.com")
        .text(TEXT)
        .parts([part(), attachment])
        .attachments(["offer.pdf"])
        .attachment_types(["application/pdf"])
        .urls(["https://example.com/offer"])
        .body(TEXT)
        .spf("pass")
        .dkim("pass")
        .dkim_domains(["example.com"])
        .dmarc("pass")
        .dmarc_policy("reject")
        .arc("none")
}

/// The text part of that message.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let part: &Part = &testing::part();
/// assert_eq!(part.content_type(), "text/plain");
/// ```
#[must_use]
pub fn part() -> PartBuilder {
    PartBuilder::default().number("1").content_type("text/plain").charset("utf-8").size(70).text(TEXT)
}

/// A host has taken the message.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let report: &Report = &testing::report();
/// assert_eq!(report.code(), "2.0.0");
/// ```
#[must_use]
pub fn report() -> ReportBuilder {
    ReportBuilder::default()
        .id("01890a5d-ac96-774b-bcce-b302099a8057")
        .sender("alice@example.com")
        .recipients(["bob@example.org"])
        .size(12_345)
        .code("2.0.0")
        .reply("250 2.0.0 Ok: queued as 4711")
        .attempts(1)
        .age(1)
}
