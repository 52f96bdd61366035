//! The terms of a handshake.

/// What an accepting verdict asks of the handshake; carried by
/// [`accept_under`](super::accept_under).
///
/// The relay checks each term when the verdict is handed over. A suite that it does not know, or an
/// identity named by a filter, is a failure of the hook: mail is deferred, and the log says why.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// fn start(host: &Host) -> outgoing::start::Verdict {
///     accept_under(Terms::new().min_version(TLS_1_3).groups(["X25519MLKEM768", "x25519"]))
/// }
///
/// let verdict = start(&testing::clear_host());
/// let terms = verdict.terms().unwrap();
/// assert_eq!(terms.min_version, Some(TLS_1_3));
/// assert_eq!(terms.suites, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Terms {
    /// The least TLS version.
    pub min_version: Option<u16>,
    /// The cipher suites that may be negotiated.
    pub suites: Option<Vec<String>>,
    /// The key exchange groups that may be negotiated.
    pub groups: Option<Vec<String>>,
    /// The sets of roots that a chain may lead to.
    pub roots: Option<Vec<String>>,
    /// Whether to ask for the client's certificate.
    pub client_certificate: Option<ClientCertificate>,
    /// The identity that we present.
    pub identity: Option<String>,
    /// The name to ask for (SNI).
    pub server_name: Option<String>,
}

/// Whether a client is asked for its certificate.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let terms = Terms::new().client_certificate(ClientCertificate::Request);
/// assert_eq!(terms.client_certificate, Some(ClientCertificate::Request));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificate {
    /// Not asked.
    None,
    /// Asked; it may have none.
    Request,
    /// Asked; without one its mail is refused.
    Require,
}

/// What a connection must come to. Only filters may demand it, with
/// [`require`](super::require).
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let verdict: outgoing::offer::Verdict = require(Floor::Encrypted);
/// assert_eq!(verdict, require(Floor::Encrypted));
/// assert_ne!(verdict, require(Floor::Verified));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// It must be encrypted.
    Encrypted,
    /// The host's certificate must be verified besides.
    Verified,
}

impl Terms {
    /// Terms that ask for nothing.
    ///
    /// ```
    /// use waxseal_sdk::prelude::*;
    ///
    /// let verdict: incoming::start::Verdict = accept_under(Terms::new());
    /// assert_eq!(verdict, accept());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The least TLS version.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// assert_eq!(Terms::new().min_version(TLS_1_2).min_version, Some(TLS_1_2));
    /// ```
    #[must_use]
    pub fn min_version(self, version: u16) -> Self {
        Self { min_version: Some(version), ..self }
    }

    /// The cipher suites that may be negotiated, by IANA name.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// let terms = Terms::new().suites(["TLS_AES_256_GCM_SHA384"]);
    /// assert_eq!(terms.suites.unwrap().len(), 1);
    /// ```
    #[must_use]
    pub fn suites(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { suites: Some(texts(names)), ..self }
    }

    /// The key exchange groups that may be negotiated, by IANA name.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// let terms = Terms::new().groups(["X25519MLKEM768", "x25519"]);
    /// assert_eq!(terms.groups.unwrap().len(), 2);
    /// ```
    #[must_use]
    pub fn groups(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { groups: Some(texts(names)), ..self }
    }

    /// The sets of roots that a chain may lead to, as the configuration names them.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// assert_eq!(Terms::new().roots(["webpki"]).roots.unwrap(), ["webpki"]);
    /// ```
    #[must_use]
    pub fn roots(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { roots: Some(texts(names)), ..self }
    }

    /// Incoming, at start: whether to ask for the client's certificate.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// let terms = Terms::new().client_certificate(ClientCertificate::Require);
    /// assert_eq!(terms.client_certificate, Some(ClientCertificate::Require));
    /// ```
    #[must_use]
    pub fn client_certificate(self, ask: ClientCertificate) -> Self {
        Self { client_certificate: Some(ask), ..self }
    }

    /// The identity that we present, by a name that the configuration gives it. Policies only.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// let terms = Terms::new().identity("mail.example.org");
    /// assert_eq!(terms.identity.unwrap(), "mail.example.org");
    /// ```
    #[must_use]
    pub fn identity(self, name: impl Into<String>) -> Self {
        Self { identity: Some(name.into()), ..self }
    }

    /// Outgoing, at start: the name to ask for (SNI). Policies only.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// let terms = Terms::new().server_name("mx.example.org");
    /// assert_eq!(terms.server_name.unwrap(), "mx.example.org");
    /// ```
    #[must_use]
    pub fn server_name(self, name: impl Into<String>) -> Self {
        Self { server_name: Some(name.into()), ..self }
    }
}

fn texts(names: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    names.into_iter().map(Into::into).collect()
}
