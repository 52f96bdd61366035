//! How many sessions there are, in all and by client, so that memory is bounded at any load.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Limits;

/// The incoming sessions in progress, of all listeners. Cheap to clone; all clones count together.
#[derive(Clone, Debug, Default)]
pub struct Sessions(Arc<Mutex<Counts>>);

/// A session's place; given back on drop.
#[derive(Debug)]
pub(super) struct Admission {
    sessions: Sessions,
    client: IpAddr,
}

/// Why a client was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TooMany {
    #[error("too many sessions here")]
    InAll,
    #[error("too many sessions of your address")]
    OfClient,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    clients: HashMap<IpAddr, usize>,
}

impl Sessions {
    pub(super) fn admit(&self, address: IpAddr, limits: &Limits) -> Result<Admission, TooMany> {
        let client = network(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.total >= limits.sessions {
            return Err(TooMany::InAll);
        }
        let of_client = counts.clients.entry(client).or_default();
        if *of_client >= limits.sessions_per_client {
            return Err(TooMany::OfClient);
        }
        *of_client += 1;
        counts.total += 1;
        Ok(Admission { sessions: self.clone(), client })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut counts = self.sessions.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total = counts.total.saturating_sub(1);
        if let Some(of_client) = counts.clients.get_mut(&self.client) {
            *of_client = of_client.saturating_sub(1);
            if *of_client == 0 {
                counts.clients.remove(&self.client);
            }
        }
    }
}

/// Who counts as one client: an IPv6 host has a whole /64 to choose addresses from.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(sessions: usize, sessions_per_client: usize) -> Limits {
        Limits { message_size: 0, recipients: 0, sessions, sessions_per_client }
    }

    #[test]
    fn places_are_given_back() {
        let sessions = Sessions::default();
        let client = IpAddr::from([192, 0, 2, 1]);
        let limits = limits(10, 1);
        let place = sessions.admit(client, &limits).unwrap();
        assert_eq!(sessions.admit(client, &limits).unwrap_err(), TooMany::OfClient);
        drop(place);
        assert!(sessions.admit(client, &limits).is_ok());
        assert!(sessions.0.lock().unwrap().clients.is_empty());
    }

    #[test]
    fn the_total_and_a_networks_share_are_bounded() {
        let sessions = Sessions::default();
        let one = sessions.admit("2001:db8::1".parse().unwrap(), &limits(2, 1)).unwrap();
        assert_eq!(
            sessions.admit("2001:db8::2".parse().unwrap(), &limits(2, 1)).unwrap_err(),
            TooMany::OfClient
        );
        let two = sessions.admit("2001:db8:0:1::1".parse().unwrap(), &limits(2, 1)).unwrap();
        assert_eq!(sessions.admit([192, 0, 2, 1].into(), &limits(2, 1)).unwrap_err(), TooMany::InAll);
        drop((one, two));
    }
}
