//! What an accepting verdict demands of what follows.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Change, ClientCertificate, Floor, Terms, UnknownName};
use crate::facts::Version;

/// What an accepting verdict demands of what follows: of the handshake, of the certificates, of the
/// connection. Written out, as in the decision log, what is not demanded is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Demands {
    /// What may be negotiated.
    pub terms: Terms,
    /// Whether a client is asked for a certificate.
    pub client_certificate: ClientCertificate,
    /// What an outgoing connection must come to.
    pub floor: Floor,
    /// Our identity; `None` for the usual one.
    pub identity: Option<String>,
    /// The name to ask a host for; `None` for its own.
    pub server_name: Option<String>,
}

impl Demands {
    /// Whether nothing is demanded.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// What it means to come from these to others.
    pub fn change(before: &Self, now: &Self) -> Change {
        of_order(&before.terms.min_version, &now.terms.min_version)
            .and(of_sets(before.terms.suites.as_ref(), now.terms.suites.as_ref()))
            .and(of_sets(before.terms.groups.as_ref(), now.terms.groups.as_ref()))
            .and(of_roots(before.terms.roots.as_ref(), now.terms.roots.as_ref()))
            .and(of_order(&before.client_certificate, &now.client_certificate))
            .and(of_order(&before.floor, &now.floor))
            .and(of_values(&before.identity, &now.identity))
            .and(of_values(&before.server_name, &now.server_name))
    }
}

/// As in `min_version 1.3, floor verified`; empty where nothing is demanded.
impl fmt::Display for Demands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Written { min_version, suites, groups, roots, client_certificate, floor, identity, server_name } =
            Written::from(self.clone());
        let list =
            |name: &str, all: &[String]| (!all.is_empty()).then(|| format!("{name} {}", all.join("+")));
        let client = match client_certificate {
            ClientCertificate::None => None,
            ClientCertificate::Request => Some("client_certificate request".to_owned()),
            ClientCertificate::Require => Some("client_certificate require".to_owned()),
        };
        let floor = match floor {
            Floor::None => None,
            Floor::Encrypted => Some("floor encrypted".to_owned()),
            Floor::Verified => Some("floor verified".to_owned()),
        };
        let version = (min_version != Version::None).then(|| format!("min_version {min_version}"));
        let parts = [
            version,
            list("suites", &suites),
            list("groups", &groups),
            list("roots", &roots),
            client,
            floor,
            identity.map(|name| format!("identity {name}")),
            server_name.map(|name| format!("server_name {name}")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// The more, the stricter.
fn of_order<T: Ord>(before: &T, now: &T) -> Change {
    match now.cmp(before) {
        std::cmp::Ordering::Less => Change::Weaker,
        std::cmp::Ordering::Equal => Change::Same,
        std::cmp::Ordering::Greater => Change::Stricter,
    }
}

/// The fewer may be chosen, the stricter; what may be chosen only now is weaker, whatever else may not be
/// any more. `None` is all.
fn of_sets<T: Ord>(before: Option<&BTreeSet<T>>, now: Option<&BTreeSet<T>>) -> Change {
    match (before, now) {
        (None, None) => Change::Same,
        (None, Some(_)) => Change::Stricter,
        (Some(_), None) => Change::Weaker,
        (Some(before), Some(now)) if before == now => Change::Same,
        (Some(before), Some(now)) if now.is_subset(before) => Change::Stricter,
        (Some(_), Some(_)) => Change::Weaker,
    }
}

/// `None` is not all roots, but those of the configuration, and a named set takes their place: it may lead
/// to roots that nobody trusted before.
fn of_roots(before: Option<&BTreeSet<String>>, now: Option<&BTreeSet<String>>) -> Change {
    match (before, now) {
        (None, Some(_)) => Change::Weaker,
        (before, now) => of_sets(before, now),
    }
}

fn of_values<T: PartialEq>(before: &T, now: &T) -> Change {
    if before == now { Change::Same } else { Change::Other }
}

/// Demands as they are written out. No set is empty: terms that leave nothing are no demands, but a
/// refusal.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    #[serde(skip_serializing_if = "is_default")]
    min_version: Version,
    #[serde(skip_serializing_if = "is_default")]
    suites: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    groups: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    roots: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    client_certificate: ClientCertificate,
    #[serde(skip_serializing_if = "is_default")]
    floor: Floor,
    #[serde(skip_serializing_if = "is_default")]
    identity: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    server_name: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl From<Demands> for Written {
    fn from(demands: Demands) -> Self {
        fn names<T: ToString>(set: Option<&BTreeSet<T>>) -> Vec<String> {
            set.into_iter().flatten().map(ToString::to_string).collect()
        }
        let Demands { terms, client_certificate, floor, identity, server_name } = demands;
        Self {
            min_version: terms.min_version,
            suites: names(terms.suites.as_ref()),
            groups: names(terms.groups.as_ref()),
            roots: names(terms.roots.as_ref()),
            client_certificate,
            floor,
            identity,
            server_name,
        }
    }
}

impl TryFrom<Written> for Demands {
    type Error = UnknownName;

    fn try_from(written: Written) -> Result<Self, UnknownName> {
        fn set<T: FromStr<Err = UnknownName> + Ord>(
            names: &[String],
        ) -> Result<Option<BTreeSet<T>>, UnknownName> {
            let set = names.iter().map(|name| name.parse()).collect::<Result<BTreeSet<T>, _>>()?;
            Ok((!set.is_empty()).then_some(set))
        }
        let Written { min_version, client_certificate, floor, identity, server_name, .. } = written;
        let roots = (!written.roots.is_empty()).then(|| written.roots.into_iter().collect());
        let (suites, groups) = (set(&written.suites)?, set(&written.groups)?);
        let terms = Terms { min_version, suites, groups, roots };
        Ok(Self { terms, client_certificate, floor, identity, server_name })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Suite;
    use super::*;

    fn suites(suites: &[Suite]) -> Demands {
        let terms = Terms { suites: Some(suites.iter().copied().collect()), ..Terms::default() };
        Demands { terms, ..Demands::default() }
    }

    #[test]
    fn what_is_left_out_is_not_demanded() {
        let none = Demands::default();
        assert_eq!(serde_json::to_string(&none).expect("written"), "{}");
        let one = Demands { floor: Floor::Verified, ..suites(&[Suite::Aes256GcmSha384]) };
        let text = serde_json::to_string(&one).expect("written");
        assert_eq!(text, r#"{"suites":["TLS_AES_256_GCM_SHA384"],"floor":"verified"}"#);
        assert_eq!(serde_json::from_str::<Demands>(&text).expect("read"), one);
        assert_eq!(one.to_string(), "suites TLS_AES_256_GCM_SHA384, floor verified");
        assert!(serde_json::from_str::<Demands>(r#"{"suites":["RC4"]}"#).is_err());
    }

    #[test]
    fn a_floor_that_vanishes_is_weaker_whatever_else_is_stricter() {
        let before = Demands { floor: Floor::Encrypted, ..Demands::default() };
        let now = suites(&[Suite::Aes256GcmSha384]);
        assert_eq!(Demands::change(&before, &now), Change::Weaker);
        assert_eq!(Demands::change(&Demands::default(), &now), Change::Stricter);
        assert_eq!(Demands::change(&now, &Demands::default()), Change::Weaker);
    }

    #[test]
    fn a_suite_that_may_be_chosen_only_now_is_weaker() {
        let (one, other) = (Suite::Aes256GcmSha384, Suite::Aes128GcmSha256);
        assert_eq!(Demands::change(&suites(&[one]), &suites(&[other])), Change::Weaker);
        assert_eq!(Demands::change(&suites(&[one, other]), &suites(&[other])), Change::Stricter);
    }

    #[test]
    fn a_named_set_of_roots_takes_the_place_of_the_usual_one() {
        let named = |names: &[&str]| {
            let roots = names.iter().map(|&name| name.to_owned()).collect();
            Demands { terms: Terms { roots: Some(roots), ..Terms::default() }, ..Demands::default() }
        };
        assert_eq!(Demands::change(&Demands::default(), &named(&["system"])), Change::Weaker);
        assert_eq!(Demands::change(&named(&["system"]), &Demands::default()), Change::Weaker);
        assert_eq!(Demands::change(&named(&["system", "webpki"]), &named(&["system"])), Change::Stricter);
    }

    #[test]
    fn another_identity_is_neither() {
        let named = Demands { identity: Some("mx".to_owned()), ..Demands::default() };
        assert_eq!(Demands::change(&named, &Demands::default()), Change::Other);
    }
}
