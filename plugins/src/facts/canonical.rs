//! Facts as they are met every day, on which each hook of a new bundle is tried before it is used.
//!
//! A script that fails on one of them would fail on real mail. Whether a policy accepts clear mail
//! is found out with [`clear_client`] and [`clear_host`].

use std::sync::Arc;

mod messages;

pub use messages::{messages, reports};

use super::{Certificate, Client, Handshake, Hello, Host, Mail, Recipient, Row, Version};

/// A client that is not offered TLS and sends in clear.
pub fn clear_client(row: Arc<Row>) -> Client {
    Client {
        address: "192.0.2.25".to_owned(),
        port: 40_025,
        ehlo: "mail.example.com".to_owned(),
        listener: "198.51.100.25:25".to_owned(),
        row,
        at_mail: true,
        sender_domain: "example.com".to_owned(),
        own_certificate: Arc::new(valid_certificate()),
        ..Client::default()
    }
}

/// A client whose handshake is done, at MAIL FROM.
pub fn encrypted_client(row: Arc<Row>) -> Client {
    Client {
        encrypted: true,
        offers_tls: true,
        version: Version::Tls13,
        suite: "TLS_AES_256_GCM_SHA384".to_owned(),
        group: "X25519MLKEM768".to_owned(),
        server_name: "mx.example.org".to_owned(),
        ..clear_client(row)
    }
}

/// A host that does not offer TLS.
pub fn clear_host(row: Arc<Row>) -> Host {
    Host {
        name: "mx.example.org".to_owned(),
        address: "198.51.100.7".to_owned(),
        port: 25,
        domain: "example.org".to_owned(),
        found_by: "mx".to_owned(),
        ehlo: "mx.example.org".to_owned(),
        extensions: texts(&["PIPELINING", "SIZE 52428800", "8BITMIME"]),
        row,
        tls_failure: "STARTTLS is not offered".to_owned(),
        dane: "unknown".to_owned(),
        mta_sts: "unknown".to_owned(),
        ..Host::default()
    }
}

/// A host whose handshake is done.
pub fn encrypted_host(row: Arc<Row>) -> Host {
    Host {
        encrypted: true,
        offers_tls: true,
        extensions: texts(&["PIPELINING", "STARTTLS", "8BITMIME"]),
        version: Version::Tls13,
        suite: "TLS_AES_256_GCM_SHA384".to_owned(),
        group: "X25519MLKEM768".to_owned(),
        tls_failure: String::new(),
        ..clear_host(row)
    }
}

/// Clients from the first byte to MAIL FROM: new, implicit TLS, old TLS, resumed, failing.
pub fn clients(row: &Arc<Row>) -> Vec<Client> {
    let clear = || clear_client(row.clone());
    let encrypted = || encrypted_client(row.clone());
    let own = |certificate| Arc::new(certificate);
    vec![
        clear(),
        Client { ehlo: String::new(), at_mail: false, sender_domain: String::new(), ..clear() },
        Client { at_mail: false, sender_domain: String::new(), offers_tls: true, ..clear() },
        Client { sender_domain: String::new(), ..clear() },
        Client { address: "2001:db8::25".to_owned(), ehlo: "[IPv6:2001:db8::25]".to_owned(), ..clear() },
        Client { recent_failures: 3, tls_failure: "no common cipher suite".to_owned(), ..clear() },
        encrypted(),
        Client { at_mail: false, sender_domain: String::new(), ..encrypted() },
        Client { implicit_tls: true, offers_tls: false, ..encrypted() },
        Client { version: Version::Tls12, resumed: true, group: String::new(), ..encrypted() },
        Client { own_certificate: own(self_signed_certificate()), ..encrypted() },
        Client { own_certificate: own(no_certificate()), ..clear() },
    ]
}

/// Hosts as an attempt meets them: offering TLS or not, refusing it, failing, encrypted.
pub fn hosts(row: &Arc<Row>) -> Vec<Host> {
    let clear = || clear_host(row.clone());
    let encrypted = || encrypted_host(row.clone());
    let offering =
        || Host { offers_tls: true, extensions: texts(&["STARTTLS"]), tls_failure: String::new(), ..clear() };
    let failed = |why: &str| Host { offers_tls: true, tls_failure: why.to_owned(), ..clear() };
    vec![
        clear(),
        Host { extensions: Vec::new(), ehlo: String::new(), ..clear() },
        Host { name: "example.org".to_owned(), found_by: "implicit_mx".to_owned(), ..clear() },
        offering(),
        Host { dane: "secure".to_owned(), ..offering() },
        Host { mta_sts: "enforce".to_owned(), ..offering() },
        Host { recent_failures: 2, ..offering() },
        failed("STARTTLS was answered with 454 4.7.0"),
        failed("handshake failure: the host has no suite that we accept"),
        encrypted(),
        Host { version: Version::Tls12, resumed: true, group: String::new(), ..encrypted() },
        Host { name: "10.0.0.5".to_owned(), found_by: "route".to_owned(), port: 2525, ..encrypted() },
    ]
}

/// Hellos of clients new and old, and one that the TLS library refuses.
pub fn hellos() -> Vec<Hello> {
    let new = Hello {
        server_name: "mx.example.org".to_owned(),
        versions: texts(&["1.3", "1.2"]),
        highest_version: Version::Tls13,
        suites: texts(&["TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]),
        extensions: texts(&["server_name", "supported_groups", "signature_algorithms", "supported_versions"]),
        groups: texts(&["X25519MLKEM768", "x25519"]),
        signature_schemes: texts(&["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"]),
        ja4: "t13d020400_c87603f571f4_fbabbea27ee8".to_owned(),
        ..Hello::default()
    };
    let old = Hello {
        server_name: String::new(),
        versions: texts(&["1.2"]),
        highest_version: Version::Tls12,
        extensions: texts(&["supported_groups", "signature_algorithms"]),
        groups: texts(&["secp256r1"]),
        ja4: "t12i020200_c87603f571f4_4e0be11b965e".to_owned(),
        ..new.clone()
    };
    let too_old = Hello {
        versions: texts(&["1.0"]),
        highest_version: Version::Tls10,
        suites: texts(&["TLS_RSA_WITH_3DES_EDE_CBC_SHA", "0xfefe"]),
        ja4: "t10i020200_7498a6eb85ef_4e0be11b965e".to_owned(),
        library_refusal: "the client speaks only TLS 1.0".to_owned(),
        ..old.clone()
    };
    let more = ["application_layer_protocol_negotiation", "pre_shared_key"];
    let resuming = Hello {
        extensions: new.extensions.iter().cloned().chain(texts(&more)).collect(),
        alpn: texts(&["smtp"]),
        resumes: true,
        ja4: "t13d0206sp_c87603f571f4_d2c0c602173e".to_owned(),
        ..new.clone()
    };
    vec![new, old, too_old, resuming, Hello::default()]
}

/// Handshakes in TLS 1.3 and 1.2, full and resumed.
pub fn handshakes() -> Vec<Handshake> {
    let new = Handshake {
        version: Version::Tls13,
        suite: "TLS_AES_256_GCM_SHA384".to_owned(),
        group: "X25519MLKEM768".to_owned(),
        ..Handshake::default()
    };
    let old = Handshake {
        version: Version::Tls12,
        suite: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".to_owned(),
        group: "secp256r1".to_owned(),
        ..new.clone()
    };
    let resumed = Handshake { resumed: true, group: String::new(), ..old.clone() };
    vec![new, old, resumed]
}

/// Certificates of every judgement: none, valid, and each single thing wrong.
pub fn certificates() -> Vec<Certificate> {
    vec![
        no_certificate(),
        valid_certificate(),
        expired_certificate(),
        not_yet_valid_certificate(),
        wrong_name_certificate(),
        unknown_root_certificate(),
        self_signed_certificate(),
        Certificate { pinned: true, ..valid_certificate() },
        // Public authorities drop the usage that a client's certificate had.
        Certificate { client_usage: false, ..valid_certificate() },
        Certificate {
            possession: false,
            verified: false,
            problem: "the key's possession is not proven".to_owned(),
            ..valid_certificate()
        },
    ]
}

/// No certificate was presented.
pub fn no_certificate() -> Certificate {
    Certificate { problem: "no certificate was presented".to_owned(), ..Certificate::default() }
}

/// Everything holds.
pub fn valid_certificate() -> Certificate {
    Certificate {
        presented: true,
        verified: true,
        trusted: true,
        root: "CN=Example Root".to_owned(),
        name_matches: true,
        expected_names: texts(&["mx.example.org"]),
        names: texts(&["mx.example.org", "example.org"]),
        valid_from: 1_767_225_600,
        valid_until: 4_102_444_800,
        possession: true,
        client_usage: true,
        server_usage: true,
        subject: "CN=mx.example.org".to_owned(),
        issuer: "CN=Example Issuing".to_owned(),
        key: "ecdsa-256".to_owned(),
        sha256: "5e".repeat(32),
        spki_sha256: "a1".repeat(32),
        chain_length: 2,
        ..Certificate::default()
    }
}

/// Its end date is past.
pub fn expired_certificate() -> Certificate {
    let valid_until = 1_767_312_000;
    Certificate { expired: true, valid_until, ..unverified("the certificate has expired") }
}

/// Its start date is still to come.
pub fn not_yet_valid_certificate() -> Certificate {
    let valid_from = 4_102_358_400;
    Certificate { not_yet_valid: true, valid_from, ..unverified("the certificate is not valid yet") }
}

/// It names another host.
pub fn wrong_name_certificate() -> Certificate {
    Certificate {
        name_matches: false,
        names: texts(&["mx.example.net"]),
        subject: "CN=mx.example.net".to_owned(),
        ..unverified("the certificate names mx.example.net, not mx.example.org")
    }
}

/// Its chain leads to no root that we trust.
pub fn unknown_root_certificate() -> Certificate {
    let problem = "the chain leads to no trusted root";
    Certificate {
        trusted: false,
        chain_problem: problem.to_owned(),
        root: String::new(),
        ..unverified(problem)
    }
}

/// It is signed with its own key.
pub fn self_signed_certificate() -> Certificate {
    let problem = "the certificate is self-signed";
    Certificate {
        self_signed: true,
        chain_problem: problem.to_owned(),
        issuer: "CN=mx.example.org".to_owned(),
        chain_length: 1,
        problem: problem.to_owned(),
        ..unknown_root_certificate()
    }
}

/// Envelopes: ordinary, of the null sender, of an address literal, retried.
pub fn mails() -> Vec<Mail> {
    let ordinary = Mail {
        sender: "alice@example.com".to_owned(),
        sender_domain: "example.com".to_owned(),
        recipient_domain: "example.org".to_owned(),
        size: 12_345,
        attempts: 0,
        recipients: texts(&["bob@example.org"]),
        ..Mail::default()
    };
    let bounce = Mail { sender: String::new(), sender_domain: String::new(), ..ordinary.clone() };
    let literal = Mail {
        sender: "root@[192.0.2.25]".to_owned(),
        sender_domain: String::new(),
        size: 0,
        ..ordinary.clone()
    };
    let incoming = Mail { recipient_domain: String::new(), recipients: Vec::new(), ..ordinary.clone() };
    let retried = Mail { attempts: 7, ..ordinary.clone() };
    vec![ordinary, bounce, literal, incoming, retried]
}

/// Recipients: the first of a message, a later one, one of a bounce.
pub fn recipients() -> Vec<Recipient> {
    let first = Recipient {
        address: "bob@example.org".to_owned(),
        domain: "example.org".to_owned(),
        sender: "alice@example.com".to_owned(),
        accepted: 0,
    };
    let later = Recipient { accepted: 99, ..first.clone() };
    let of_bounce = Recipient { sender: String::new(), ..first.clone() };
    vec![first, later, of_bounce]
}

fn unverified(problem: &str) -> Certificate {
    Certificate { verified: false, problem: problem.to_owned(), ..valid_certificate() }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}
