//! The addresses of a host, one of which is to answer: the next is tried while the one before is
//! silent, and the first that answers is taken (RFC 8305).

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::sleep;

use super::hosts::Endpoint;

/// How long an address may be silent before the next is tried as well (RFC 8305 section 8).
const STAGGER: Duration = Duration::from_millis(250);

/// How many may be on their way at once: a host with many addresses must not be met at all of them.
const AT_ONCE: usize = 3;

/// A connection on its way, or why there is none.
pub(super) type Connecting<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// In turn of either family, beginning with the one that the resolver named first; within a family the
/// order stays (RFC 8305 section 4).
pub(super) fn interleaved(endpoints: Vec<Endpoint>) -> VecDeque<Endpoint> {
    let first = endpoints.first().is_some_and(|endpoint| endpoint.address.is_ipv6());
    let (one, other): (Vec<_>, Vec<_>) =
        endpoints.into_iter().partition(|endpoint| endpoint.address.is_ipv6() == first);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut all = VecDeque::new();
    loop {
        let turn = [one.next(), other.next()];
        if turn.iter().all(Option::is_none) {
            return all;
        }
        all.extend(turn.into_iter().flatten());
    }
}

/// The first address that answers, with its connection; `None` where none does. Those that failed are
/// told to `missed`; those that were not heard out stay in line.
pub(super) async fn first<'a, T, E>(
    line: &mut VecDeque<Endpoint>,
    mut connect: impl FnMut(Endpoint) -> Connecting<'a, T, E>,
    mut missed: impl FnMut(Endpoint, E),
) -> Option<(Endpoint, T)> {
    let mut running: Vec<(Endpoint, Connecting<'a, T, E>)> = vec![];
    loop {
        if running.len() < AT_ONCE
            && let Some(endpoint) = line.pop_front()
        {
            running.push((endpoint.clone(), connect(endpoint)));
        }
        if running.is_empty() {
            return None;
        }
        let (at, result) = tokio::select! {
            ended = ended(&mut running) => ended,
            () = sleep(STAGGER), if !line.is_empty() && running.len() < AT_ONCE => continue,
        };
        let (endpoint, _) = running.remove(at);
        match result {
            Ok(connected) => {
                running.into_iter().rev().for_each(|(endpoint, _)| line.push_front(endpoint));
                return Some((endpoint, connected));
            }
            Err(why) => missed(endpoint, why),
        }
    }
}

/// Which of them has ended, and how.
async fn ended<T, E>(running: &mut [(Endpoint, Connecting<'_, T, E>)]) -> (usize, Result<T, E>) {
    poll_fn(|context| {
        for (at, (_, connecting)) in running.iter_mut().enumerate() {
            if let Poll::Ready(result) = connecting.as_mut().poll(context) {
                return Poll::Ready((at, result));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::Instant;

    use super::*;
    use crate::outgoing::hosts::FoundBy;

    fn endpoint(address: &str) -> Endpoint {
        let address = std::net::SocketAddr::new(address.parse().unwrap(), 25);
        Endpoint { name: "mx.example.org".to_owned(), address, found_by: FoundBy::Mx }
    }

    fn line(addresses: &[&str]) -> VecDeque<Endpoint> {
        interleaved(addresses.iter().map(|address| endpoint(address)).collect())
    }

    fn said(line: &VecDeque<Endpoint>) -> Vec<String> {
        line.iter().map(|endpoint| endpoint.address.ip().to_string()).collect()
    }

    /// The address says what happens: `.1` is silent, `.2` refuses, `.3` answers after a second, others
    /// at once.
    #[expect(clippy::needless_pass_by_value, reason = "as the race gives it")]
    fn connect(endpoint: Endpoint) -> Connecting<'static, (), ()> {
        Box::pin(async move {
            match endpoint.address.ip().to_string().rsplit(['.', ':']).next() {
                Some("1") => pending().await,
                Some("2") => Err(()),
                Some("3") => {
                    sleep(Duration::from_secs(1)).await;
                    Ok(())
                }
                _ => Ok(()),
            }
        })
    }

    #[test]
    fn families_take_turns() {
        let mixed = line(&["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2"]);
        assert_eq!(said(&mixed), ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3"]);
        assert_eq!(said(&line(&["192.0.2.1", "2001:db8::1"])), ["192.0.2.1", "2001:db8::1"]);
        assert!(line(&[]).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_address_costs_a_quarter_of_a_second() {
        let start = Instant::now();
        let mut line = line(&["2001:db8::1", "192.0.2.9", "192.0.2.8"]);
        let (endpoint, ()) = first(&mut line, connect, |_, ()| panic!("none fails")).await.unwrap();
        assert_eq!(endpoint.address.ip().to_string(), "192.0.2.9");
        assert_eq!(start.elapsed(), STAGGER);
        assert_eq!(said(&line), ["2001:db8::1", "192.0.2.8"], "who was not heard out stays in line");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_three_are_on_their_way_at_once() {
        let mut begun = 0;
        let mut line = line(&["192.0.2.1"; 8]);
        let counting = |endpoint| {
            begun += 1;
            connect(endpoint)
        };
        let race = first(&mut line, counting, |_, ()| panic!("none fails"));
        assert!(tokio::time::timeout(Duration::from_secs(60), race).await.is_err());
        assert_eq!(begun, AT_ONCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_costs_no_time() {
        let start = Instant::now();
        let mut refused = vec![];
        let mut line = line(&["2001:db8::2", "192.0.2.2", "192.0.2.3", "192.0.2.1"]);
        let found = first(&mut line, connect, |endpoint, ()| refused.push(endpoint.address.ip())).await;
        assert_eq!(found.unwrap().0.address.ip().to_string(), "192.0.2.3");
        assert_eq!(start.elapsed(), Duration::from_secs(1));
        assert_eq!(refused.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_refuse_there_is_none() {
        let mut refused = 0;
        let found = first(&mut line(&["192.0.2.2", "192.0.2.2"]), connect, |_, ()| refused += 1).await;
        assert!(found.is_none());
        assert_eq!(refused, 2);
    }
}
