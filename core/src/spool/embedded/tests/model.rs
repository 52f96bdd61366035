//! Random operations, compared with a model that is obviously right.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    /// Commits a message with recipients in these domains, and a body of so many octets.
    Commit { domains: Vec<u8>, octets: usize },
    /// Leases at most so many.
    Lease { most: usize },
    /// Settles one of the leases with an outcome for each recipient in turn.
    Settle { which: usize, outcomes: Vec<Ending> },
    /// Closes and opens the spool.
    Reopen,
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Deliver,
    DeferPast,
    DeferFuture,
    Fail,
    Abandon,
}

/// What a recipient should be: due now or not, and its attempts.
#[derive(Clone, Debug, PartialEq)]
struct Expected {
    due: bool,
    attempts: u32,
    leased: bool,
}

#[derive(Default)]
struct Model {
    recipients: BTreeMap<(MessageId, u32), Expected>,
    bodies: BTreeMap<MessageId, Vec<u8>>,
    leases: Vec<Lease>,
}

const CAP: usize = 2;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ending = prop_oneof![
        3 => Just(Ending::Deliver),
        1 => Just(Ending::DeferPast),
        1 => Just(Ending::DeferFuture),
        1 => Just(Ending::Fail),
        1 => Just(Ending::Abandon),
    ];
    let octets = prop_oneof![9 => 0_usize..3000, 1 => 262_000_usize..300_000];
    let step = prop_oneof![
        4 => (prop::collection::vec(0_u8..4, 1..5), octets)
            .prop_map(|(domains, octets)| Step::Commit { domains, octets }),
        3 => (1_usize..6).prop_map(|most| Step::Lease { most }),
        4 => (any::<usize>(), prop::collection::vec(ending, 1..5))
            .prop_map(|(which, outcomes)| Step::Settle { which, outcomes }),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_spool_does_what_the_model_does(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let open = || open(folder.path());
    let (mut spool, mut model) = (open(), Model::default());
    for step in steps {
        match step {
            Step::Commit { domains, octets } => model.commit(&spool, &domains, octets).await,
            Step::Lease { most } => model.lease(&spool, most).await,
            Step::Settle { which, outcomes } => model.settle(&spool, which, &outcomes).await,
            Step::Reopen => {
                spool.shutdown().await;
                spool = open();
                model.leases.clear();
                model.recipients.values_mut().for_each(|expected| expected.leased = false);
            }
        }
        model.compare(&spool, folder.path()).await;
    }
}

impl Model {
    async fn commit(&mut self, spool: &Embedded, domains: &[u8], octets: usize) {
        let (envelope, content) = (envelope(), content(octets));
        let addresses: Vec<_> = domains.iter().map(|domain| format!("bob@d{domain}.example")).collect();
        let addresses = recipients(&addresses.iter().map(String::as_str).collect::<Vec<_>>());
        let body = write(spool, &content, 100_000).await.unwrap();
        spool.commit(envelope.clone(), addresses, body).await.unwrap();
        for number in 0..domains.len() as u32 {
            let expected = Expected { due: true, attempts: 0, leased: false };
            self.recipients.insert((envelope.id, number), expected);
        }
        self.bodies.insert(envelope.id, content);
    }

    async fn lease(&mut self, spool: &Embedded, most: usize) {
        let leases = lease_within(spool, most, CAP).await.unwrap();
        assert!(leases.len() <= most);
        for lease in &leases {
            for recipient in &lease.recipients {
                let expected = self.recipients.get_mut(&(lease.envelope.id, recipient.number)).unwrap();
                assert!(expected.due && !expected.leased, "{recipient:?}: {expected:?}");
                assert_eq!(recipient.attempts, expected.attempts);
                expected.leased = true;
            }
        }
        self.leases.extend(leases);
        let mut of_domain = BTreeMap::<_, usize>::new();
        for lease in &self.leases {
            *of_domain.entry(&lease.domain).or_default() += 1;
        }
        assert!(of_domain.values().all(|leases| *leases <= CAP), "{of_domain:?}");
    }

    async fn settle(&mut self, spool: &Embedded, which: usize, endings: &[Ending]) {
        if self.leases.is_empty() {
            return;
        }
        let lease = self.leases.swap_remove(which % self.leases.len());
        let mut settlement = settlement(&lease, &Outcome::Abandoned);
        for ((number, outcome), ending) in settlement.outcomes.iter_mut().zip(endings.iter().cycle()) {
            *outcome = self.end(lease.envelope.id, *number, *ending);
        }
        spool.settle(settlement).await.unwrap();
    }

    fn end(&mut self, message: MessageId, number: u32, ending: Ending) -> Outcome {
        let key = (message, number);
        let expected = self.recipients.get_mut(&key).unwrap();
        expected.leased = false;
        match ending {
            Ending::Abandon => Outcome::Abandoned,
            Ending::DeferPast | Ending::DeferFuture => {
                let seconds = if matches!(ending, Ending::DeferPast) { -1 } else { 3600 };
                expected.attempts += 1;
                expected.due = seconds < 0;
                deferred(seconds)
            }
            Ending::Deliver | Ending::Fail => {
                self.recipients.remove(&key);
                let is_last = self.recipients.range((message, 0)..=(message, u32::MAX)).next().is_none();
                if is_last {
                    self.bodies.remove(&message);
                }
                match ending {
                    Ending::Deliver => Outcome::Delivered,
                    _ => Outcome::Failed { status: status() },
                }
            }
        }
    }

    async fn compare(&self, spool: &Embedded, folder: &Path) {
        let listed = listed(spool).await;
        let now = Timestamp::now();
        let found: Vec<_> =
            listed.iter().map(|r| ((r.message, r.number), r.due <= now, r.attempts)).collect();
        let expected: Vec<_> = self.recipients.iter().map(|(key, r)| (*key, r.due, r.attempts)).collect();
        assert_eq!(found, expected);
        for (id, content) in &self.bodies {
            assert!(read(spool, *id).await.unwrap() == *content, "the body of {id}");
        }
        let stats = spool.stats().await.unwrap();
        assert_eq!(stats.messages, self.bodies.len() as u64);
        assert_eq!(stats.octets, self.bodies.values().map(|body| body.len() as u64).sum::<u64>());
        assert_eq!(stats.due, self.recipients.values().filter(|expected| expected.due).count() as u64);
        let large = self.bodies.values().filter(|body| body.len() > super::super::body::SMALL).count();
        assert_eq!(files(folder).len(), large);
    }
}
