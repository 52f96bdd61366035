//! The laws of the join, for every type of verdict.

use std::collections::BTreeSet;
use std::fmt::Debug;

use proptest::collection::btree_set;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::decision::{Answer, Failure, Outcome};
use crate::facts::Version;
use crate::place::Place;
use crate::verdicts::{
    ClientCertificate, EnhancedCode, Floor, Group, Passage, Reply, Suite, Terms, Verdict, incoming, outgoing,
};

/// The laws: order and repetition do not matter, and nothing that joins is ever weakened.
fn obeys_the_laws<V: Verdict>(one: &Answer<V>, two: &Answer<V>, three: &Answer<V>) {
    let join = |one: &Answer<V>, two: &Answer<V>| one.clone().join(two.clone());
    assert_eq!(join(one, one), *one, "idempotent");
    assert_eq!(join(one, two), join(two, one), "commutative");
    assert_eq!(join(&join(one, two), three), join(one, &join(two, three)), "associative");
    let both = join(one, two);
    assert_eq!(join(&both, one), both, "each is contained in the join");
    assert!(both.outcome.strictness() >= one.outcome.strictness().max(two.outcome.strictness()));
    assert!(both.clone().settle().outcome.strictness() >= both.outcome.strictness(), "settling tightens");
}

macro_rules! laws {
    ($($name:ident: $verdict:expr;)*) => {
        proptest! {
            $(
                #[test]
                fn $name(one in answer($verdict), two in answer($verdict), three in answer($verdict)) {
                    obeys_the_laws(&one, &two, &three);
                }
            )*

            #[test]
            fn joined_terms_allow_only_what_both_allow(one in terms(), two in terms()) {
                let both = one.clone().join(two.clone());
                for part in [one, two] {
                    prop_assert!(both.min_version >= part.min_version);
                    prop_assert!(within(&both.suites, &part.suites));
                    prop_assert!(within(&both.groups, &part.groups));
                    prop_assert!(within(&both.roots, &part.roots));
                }
            }
        }
    };
}

laws! {
    passages: passage();
    incoming_offers: incoming_offer();
    incoming_starts: incoming_start();
    incoming_ciphers: incoming_cipher();
    incoming_certificates: incoming_certificate();
    outgoing_offers: outgoing_offer();
    outgoing_starts: outgoing_start();
    routes: route();
}

#[test]
fn terms_that_clash_become_a_refusal_or_a_deferral() {
    let terms = |group| Terms { groups: Some(BTreeSet::from([group])), ..Terms::default() };
    let at = |line| Place::new("a.rhai", line, 1);
    let start = |line, group| Answer {
        outcome: Outcome::Verdict(outgoing::Start::Accept {
            server_name: None,
            identity: None,
            terms: terms(group),
        }),
        place: at(line),
    };
    let joined = start(1, Group::X25519).join(start(2, Group::Secp256r1)).settle();
    assert_eq!(joined.outcome.word(), "defer");
    let cipher = |line, group| Answer {
        outcome: Outcome::Verdict(incoming::Cipher::Accept { identity: None, terms: terms(group) }),
        place: at(line),
    };
    let joined = cipher(1, Group::X25519).join(cipher(2, Group::Secp256r1)).settle();
    assert_eq!(joined.outcome.word(), "refuse");
}

#[test]
fn a_failure_holds_back_what_others_accept_and_gives_way_to_a_refusal() {
    let answer = |outcome, path: &str| Answer { outcome, place: Place::file(path) };
    let failure = answer(Outcome::Failure(Failure { message: "broken".to_owned() }), "filters/a.rhai");
    let accept = answer(Outcome::Verdict(Passage::Accept), "outgoing/a.rhai");
    let refuse = answer(Outcome::Verdict(Passage::Refuse(Reply::text("no"))), "outgoing/b.rhai");
    assert_eq!(accept.join(failure.clone()), failure);
    assert_eq!(failure.join(refuse.clone()), refuse);
}

#[test]
fn the_way_is_of_who_chose_it() {
    let answer = |way, path: &str| Answer {
        outcome: Outcome::Verdict(outgoing::Route::Accept(way)),
        place: Place::file(path),
    };
    let to = |host: &str| outgoing::Way { to: Some(vec![host.to_owned()]), ..outgoing::Way::default() };
    let silent = answer(outgoing::Way::default(), "filters/aa.rhai");
    let joined = silent.clone().join(answer(to("b.example"), "filters/zz.rhai"));
    assert_eq!(joined, answer(to("b.example"), "filters/zz.rhai"));
    assert_eq!(joined.join(answer(to("a.example"), "filters/mm.rhai")).place, Place::file("filters/mm.rhai"));
    assert_eq!(silent.clone().join(silent.clone()), silent);
}

/// Whether one set allows nothing that the other does not; `None` allows all.
fn within<T: Ord>(set: &Option<BTreeSet<T>>, outer: &Option<BTreeSet<T>>) -> bool {
    match (set, outer) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(set), Some(outer)) => set.is_subset(outer),
    }
}

/// Few values of each part, so that equal ones meet often.
fn answer<V: Verdict>(verdict: impl Strategy<Value = V>) -> impl Strategy<Value = Answer<V>> {
    let failure = select(vec!["broken", "too long"])
        .prop_map(|message| Outcome::Failure(Failure { message: message.to_owned() }));
    let outcome = prop_oneof![4 => verdict.prop_map(Outcome::Verdict), 1 => failure];
    (outcome, place()).prop_map(|(outcome, place)| Answer { outcome, place })
}

fn place() -> impl Strategy<Value = Place> {
    (select(vec!["filters/a.rhai", "filters/b.rhai", "outgoing/c.rhai"]), 0..3_usize, 0..2_usize)
        .prop_map(|(path, line, column)| Place::new(path, line, column))
}

fn reply() -> impl Strategy<Value = Reply> {
    let code =
        option::of((4..=5_u8, 0..2_u16).prop_map(|(class, detail)| EnhancedCode::new(class, 7, detail)));
    (code, select(vec!["", "no", "not now"])).prop_map(|(code, text)| Reply { code, text: text.to_owned() })
}

fn name() -> impl Strategy<Value = Option<String>> {
    option::of(select(vec!["a.example", "b.example"]).prop_map(str::to_owned))
}

fn subset<T: Copy + Ord + Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Option<BTreeSet<T>>> {
    option::of(btree_set(select(all), 0..3))
}

fn terms() -> impl Strategy<Value = Terms> {
    let versions = select(vec![Version::None, Version::Tls12, Version::Tls13]);
    let roots = option::of(btree_set(select(vec!["webpki", "system"]).prop_map(str::to_owned), 0..3));
    (versions, subset(Suite::ALL), subset(Group::ALL), roots)
        .prop_map(|(min_version, suites, groups, roots)| Terms { min_version, suites, groups, roots })
}

fn passage() -> impl Strategy<Value = Passage> {
    prop_oneof![Just(Passage::Accept), reply().prop_map(Passage::Defer), reply().prop_map(Passage::Refuse)]
}

fn route() -> impl Strategy<Value = outgoing::Route> {
    use outgoing::{Route, Way};
    let way = (name(), name()).prop_map(|(host, helo_name)| Way {
        to: host.map(|host| vec![host]),
        helo_name,
        ..Way::default()
    });
    prop_oneof![
        4 => way.prop_map(Route::Accept),
        1 => reply().prop_map(Route::Defer),
        1 => reply().prop_map(Route::Refuse)
    ]
}

fn incoming_offer() -> impl Strategy<Value = incoming::Offer> {
    use incoming::Offer;
    prop_oneof![Just(Offer::Advertise), Just(Offer::Withhold), reply().prop_map(Offer::Refuse)]
}

fn incoming_start() -> impl Strategy<Value = incoming::Start> {
    use incoming::Start;
    let asked = select(vec![ClientCertificate::None, ClientCertificate::Request, ClientCertificate::Require]);
    let accept = (name(), asked, terms()).prop_map(|(identity, client_certificate, terms)| Start::Accept {
        identity,
        client_certificate,
        terms,
    });
    prop_oneof![4 => accept, 1 => reply().prop_map(Start::Refuse)]
}

fn incoming_cipher() -> impl Strategy<Value = incoming::Cipher> {
    use incoming::Cipher;
    let accept = (name(), terms()).prop_map(|(identity, terms)| Cipher::Accept { identity, terms });
    prop_oneof![4 => accept, 1 => reply().prop_map(Cipher::Refuse)]
}

fn incoming_certificate() -> impl Strategy<Value = incoming::Certificate> {
    use incoming::Certificate;
    prop_oneof![Just(Certificate::Accept), reply().prop_map(Certificate::Refuse)]
}

fn outgoing_offer() -> impl Strategy<Value = outgoing::Offer> {
    use outgoing::Offer;
    let floor = select(vec![Floor::None, Floor::Encrypted, Floor::Verified]);
    prop_oneof![
        Just(Offer::StayClear),
        floor.prop_map(|floor| Offer::StartTls { floor }),
        reply().prop_map(Offer::Defer),
        reply().prop_map(Offer::Refuse)
    ]
}

fn outgoing_start() -> impl Strategy<Value = outgoing::Start> {
    use outgoing::Start;
    let accept = (name(), name(), terms()).prop_map(|(server_name, identity, terms)| Start::Accept {
        server_name,
        identity,
        terms,
    });
    prop_oneof![
        4 => accept,
        1 => Just(Start::StayClear),
        1 => reply().prop_map(Start::Defer),
        1 => reply().prop_map(Start::Refuse)
    ]
}
