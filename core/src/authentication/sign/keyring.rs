//! The keys that sign, and what is signed with which.

use std::io;
use std::net::IpAddr;

use arc_swap::ArcSwap;
use ipnet::IpNet;
use waxseal_plugins::diagnostic::Diagnostic;
use waxseal_plugins::verdicts::Header;

use super::arc::Sealer;
use super::{Key, dkim};
use crate::authentication::verify::Message;
use crate::authentication::{Results, Wanted};
use crate::config::{ArcKey, Config, DkimKey};
use crate::message::anatomy::Headed;
use crate::message::headers::TooLarge;
use crate::tls::Reloaded;

/// The configured keys. Their files can be read again while mail flows.
#[derive(Debug)]
pub struct Keyring {
    dkim: Vec<DkimKey>,
    arc: Option<ArcKey>,
    /// For whose mail we vouch.
    networks: Vec<IpNet>,
    /// Our authserv-id.
    id: String,
    keys: ArcSwap<Keys>,
}

/// What the files hold: as many DKIM keys as are configured, in their order.
#[derive(Debug)]
struct Keys {
    dkim: Vec<Key>,
    arc: Option<Key>,
}

/// Why nothing was signed. The message can go on unsigned, or wait.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The message cannot be read.
    #[error("the message could not be read: {0}")]
    Read(#[from] io::Error),
    /// Its header section cannot be held.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The key cannot sign.
    #[error("the key did not sign: {0}")]
    Library(String),
}

impl SignError {
    #[expect(clippy::needless_pass_by_value, reason = "it is for map_err")]
    pub(super) fn library(error: mail_auth::Error) -> Self {
        Self::Library(error.to_string())
    }
}

impl Keyring {
    /// Reads the keys of the configuration.
    ///
    /// # Errors
    ///
    /// What is wrong with which file.
    pub fn load(config: &Config) -> Result<Self, Vec<Diagnostic>> {
        let authentication = &config.authentication;
        let (dkim, arc) = (authentication.dkim.clone(), authentication.arc.clone());
        let keys = ArcSwap::from_pointee(Keys::read(&dkim, arc.as_ref())?);
        let (networks, id) = (config.relay.networks.clone(), authentication.id.clone());
        Ok(Self { dkim, arc, networks, id, keys })
    }

    /// Reads the files again, and swaps the keys in if all are good; on error the last good ones stay. Not for the
    /// threads of the sessions.
    ///
    /// # Errors
    ///
    /// What is wrong with which file.
    pub fn reload(&self) -> Result<Reloaded, Vec<Diagnostic>> {
        let keys = Keys::read(&self.dkim, self.arc.as_ref())?;
        if keys.records().eq(self.keys.load().records()) {
            return Ok(Reloaded::Unchanged);
        }
        self.keys.store(std::sync::Arc::new(keys));
        Ok(Reloaded::Swapped)
    }

    /// What is published of each key in force: selector, domain, record.
    pub fn records(&self) -> Vec<(String, String, String)> {
        let names = self.dkim.iter().map(|key| (key.selector.clone(), key.domain.clone()));
        let names = names.chain(self.arc.iter().map(|key| (key.selector.clone(), key.domain.clone())));
        let keys = self.keys.load();
        names
            .zip(keys.records())
            .map(|((selector, domain), record)| (selector, domain, record.to_owned()))
            .collect()
    }

    /// What must be found out of a client's message before it is sealed: nothing where it will not be.
    pub fn wants(&self, client: IpAddr) -> Wanted {
        if self.seals(client) { Wanted::ALL } else { Wanted::NOTHING }
    }

    /// Whether there is a key that signs mail of this client.
    pub fn signs(&self, client: IpAddr) -> bool {
        !self.dkim.is_empty() && self.vouches_for(client)
    }

    /// Whether there is a key that seals mail of this client.
    pub fn seals(&self, client: IpAddr) -> bool {
        self.arc.is_some() && !self.vouches_for(client)
    }

    /// The DKIM signatures of a message: by all keys of its author's domain, else of the nearest parent that signs
    /// for what is below it. None where the client is none of ours, or there is no such key. They go on top.
    ///
    /// # Errors
    ///
    /// The message cannot be read, or a key cannot sign.
    pub async fn sign(&self, client: IpAddr, message: Headed<'_>) -> Result<Vec<Header>, SignError> {
        if !self.signs(client) {
            return Ok(Vec::new());
        }
        let section = message.headers.whole()?;
        let Ok(author) = Message::unhashed(section).author() else { return Ok(Vec::new()) };
        let keys = self.keys_of(&author);
        if keys.is_empty() || !section.is_well_formed() {
            return Ok(Vec::new());
        }
        dkim::sign(&keys, message).await
    }

    /// The fields of our ARC set of somebody else's message, the first on top; the results are those of the message
    /// as it came. None where `[arc]` is not configured, the client is one of ours, or the chain must be left as it is.
    ///
    /// # Errors
    ///
    /// The message cannot be read, or the key cannot sign.
    pub async fn seal(
        &self,
        client: IpAddr,
        message: Headed<'_>,
        results: &Results,
    ) -> Result<Vec<Header>, SignError> {
        let keys = self.keys.load_full();
        let (Some(settings), Some(key)) = (&self.arc, &keys.arc) else { return Ok(Vec::new()) };
        if !self.seals(client) {
            return Ok(Vec::new());
        }
        message.headers.whole()?;
        Sealer { settings, key, id: &self.id, results, client }.seal(message).await
    }

    fn vouches_for(&self, client: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&client.to_canonical()))
    }

    fn keys_of(&self, author: &str) -> Vec<(&DkimKey, Key)> {
        let signs = |key: &&DkimKey| {
            let below = author.strip_suffix(key.domain.as_str()).is_some_and(|rest| rest.ends_with('.'));
            author == key.domain || key.subdomains && below
        };
        let nearest = self.dkim.iter().filter(signs).map(|key| key.domain.len()).max();
        let keys = self.keys.load();
        let both = self.dkim.iter().zip(&keys.dkim);
        both.filter(|(settings, _)| signs(settings) && Some(settings.domain.len()) == nearest)
            .map(|(settings, key)| (settings, key.clone()))
            .collect()
    }
}

impl Keys {
    fn read(dkim: &[DkimKey], arc: Option<&ArcKey>) -> Result<Self, Vec<Diagnostic>> {
        let mut findings = Vec::new();
        let mut read = |path| Key::read(path).map_err(|finding| findings.push(*finding)).ok();
        let dkim: Vec<_> = dkim.iter().filter_map(|key| read(&key.key)).collect();
        let arc = arc.and_then(|key| read(&key.key));
        if findings.is_empty() { Ok(Self { dkim, arc }) } else { Err(findings) }
    }

    fn records(&self) -> impl Iterator<Item = &str> {
        self.dkim.iter().chain(&self.arc).map(Key::record)
    }
}
