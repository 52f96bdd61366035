//! K: our own certificates, and roots.

use super::{Chapter, Entry};
use crate::diagnostic::Severity::{Error, Warning};

pub(super) const CHAPTER: Chapter = Chapter {
    title: "Certificates",
    about: "`[[tls.identity]]`, `roots`, `[[dkim]]`, `[arc]`",
    entries: &[
        Entry {
            code: "K001",
            severity: Error,
            title: "the file of a certificate or key cannot be read",
            explanation: "It is not there, or the user as whom the relay runs may not read it. Keys often \
                          belong to root alone: give the relay's group the right to read this one.",
            example: None,
        },
        Entry {
            code: "K002",
            severity: Error,
            title: "no certificate in the file",
            explanation: "The file has no PEM block `-----BEGIN CERTIFICATE-----`. Perhaps certificate and \
                          key have changed places, or the file is DER: `openssl x509 -inform der` makes PEM of it.",
            example: None,
        },
        Entry {
            code: "K003",
            severity: Error,
            title: "no private key in the file",
            explanation: "The file has no PEM block of a private key that can be read without a password. \
                          `openssl pkey -in FILE` makes an unencrypted one.",
            example: None,
        },
        Entry {
            code: "K004",
            severity: Error,
            title: "the key is not the certificate's",
            explanation: "Certificate and key are each in order, and do not belong together: mostly one of \
                          them was renewed and the other was not.",
            example: None,
        },
        Entry {
            code: "K005",
            severity: Error,
            title: "certificate and key cannot be used",
            explanation: "The TLS library takes keys of ECDSA, Ed25519, and RSA from 2048 bits on, with \
                          certificates of X.509 version 3.",
            example: None,
        },
        Entry {
            code: "K006",
            severity: Warning,
            title: "a certificate that has expired, or is not valid yet",
            explanation: "Hosts that check certificates refuse it, and policies that look at our own see it. \
                          Renew it; if it was just made, look at this machine's clock.",
            example: None,
        },
        Entry {
            code: "K007",
            severity: Warning,
            title: "a chain that is not in order",
            explanation: "Our own certificate comes first, then that of its issuer, and so on (RFC 8446 \
                          section 4.4.2). Many hosts mend the order, some find no root.",
            example: None,
        },
        Entry {
            code: "K008",
            severity: Warning,
            title: "a name that the certificate does not have",
            explanation: "The configuration has hosts ask for this name, and the certificate proves another. \
                          Hosts that check certificates refuse it.",
            example: None,
        },
        Entry {
            code: "K009",
            severity: Warning,
            title: "a chain that leads to none of the roots",
            explanation: "Hosts that trust the same roots as this relay cannot validate our certificate. \
                          Mostly the intermediate certificate is missing from the file.",
            example: None,
        },
        Entry {
            code: "K010",
            severity: Error,
            title: "roots that cannot be read",
            explanation: "A set of roots is `webpki`, `system`, or a PEM file with certificates of CAs. One \
                          that cannot be read would trust nobody, and mail would wait for ever.",
            example: None,
        },
        Entry {
            code: "K011",
            severity: Error,
            title: "a key that cannot sign mail",
            explanation: "DKIM has RSA (from 2048 bits on here; RFC 8301 asks for no less) and Ed25519 (RFC 8463). \
                          `waxseal dkim new` makes a key of either kind.",
            example: None,
        },
        Entry {
            code: "K020",
            severity: Error,
            title: "no self-made certificate could be made",
            explanation: "Where no `[[tls.identity]]` is configured, the relay makes a certificate in its \
                          data directory, and could not write it there.",
            example: None,
        },
        Entry {
            code: "K021",
            severity: Warning,
            title: "a self-made certificate is used",
            explanation: "It encrypts as well as any, and proves nothing: hosts that check certificates \
                          refuse it. Get one of a public CA for the hostname.",
            example: None,
        },
    ],
};
