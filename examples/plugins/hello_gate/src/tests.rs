use super::*;

fn gate(text: &str) -> HelloGate {
    testing::configured(text).unwrap()
}

fn asked(gate: &HelloGate, hello: &Hello) -> incoming::cipher::Verdict {
    gate.cipher(&testing::clear_client().at_mail(false), hello)
}

fn hello(ja4: &str) -> testing::HelloBuilder {
    testing::hello().ja4(ja4)
}

#[test]
fn a_new_hello_is_logged_once() {
    let gate = gate("");
    for _ in 0..3 {
        assert_eq!(asked(&gate, &hello("t13d1516h2_8daaf6152771_e5627efa2ab1")), no_opinion());
    }
    assert_eq!(testing::logged(), ["a new hello: t13d1516h2_8daaf6152771_e5627efa2ab1, from 192.0.2.25"]);
    assert_eq!((testing::counted("hellos"), testing::counted("new_hellos")), (3, 1));
}

#[test]
fn it_is_said_now_and_then_how_often_a_hello_comes() {
    let gate = gate("");
    for _ in 0..100 {
        assert_eq!(asked(&gate, &hello("t13")), no_opinion());
        testing::advance_clock(86_400);
    }
    let said = testing::logged();
    assert_eq!(
        said.get(1..).unwrap(),
        ["the hello t13 came 10 times in 9 days", "the hello t13 came 100 times in 99 days"]
    );
}

#[test]
fn a_hello_is_asked_about_twice_and_answered_once() {
    let gate = gate("refuse = [\"t13\"]");
    assert_eq!(asked(&gate, &hello("t13")), no_opinion());
    assert_eq!(gate.cipher(&testing::encrypted_client(), &hello("t13")), no_opinion());
    assert_eq!((testing::counted("hellos"), testing::counted("would_refuse")), (1, 1));
}

#[test]
fn while_it_learns_nothing_is_refused() {
    let gate = gate(r#"refuse = ["t10*"]"#);
    assert_eq!(asked(&gate, &hello("t10i020200_7498a6eb85ef_4e0be11b965e")), no_opinion());
    assert_eq!(
        testing::logged().last().unwrap(),
        "192.0.2.25 would be refused: the hello t10i020200_7498a6eb85ef_4e0be11b965e is not accepted"
    );
    assert_eq!((testing::counted("would_refuse"), testing::counted("refused")), (1, 0));
}

#[test]
fn a_fingerprint_is_refused_whole_or_by_its_beginning() {
    let gate = gate("enforce = true\nrefuse = [\"t10*\", \"t12d0807h2_a_b\"]");
    let word = |ja4: &str| asked(&gate, &hello(ja4)).word();
    assert_eq!(["t10i020200_a_b", "t10", "t12d0807h2_a_b"].map(word), ["refuse"; 3]);
    assert_eq!(["t12d0807h2_a_bc", "t12d0807h2_a", "t13d1516h2_a_b", ""].map(word), ["no_opinion"; 4]);
    let why = "Your TLS is not good enough: the hello t10 is not accepted";
    assert_eq!(asked(&gate, &hello("t10")), refuse(USUAL, why));
}

#[test]
fn where_some_are_allowed_no_others_are() {
    let gate = gate("enforce = true\nallow_only = [\"t13*\"]\nrefuse = [\"t13d99*\"]");
    let word = |ja4: &str| asked(&gate, &hello(ja4)).word();
    assert_eq!(
        ["t13d1516h2_a_b", "t12d1516h2_a_b", "t13d9999h2_a_b", ""].map(word),
        ["no_opinion", "refuse", "refuse", "refuse"]
    );
}

#[test]
fn who_offers_a_weak_suite_is_refused() {
    let gate = gate("enforce = true\nrefuse_suites = [\"3DES\", \"anon\"]");
    let offers = |suite: &str| asked(&gate, &testing::hello().suites(["TLS_AES_256_GCM_SHA384", suite]));
    let why = "Your TLS is not good enough: it offers TLS_RSA_WITH_3DES_EDE_CBC_SHA";
    assert_eq!(offers("TLS_RSA_WITH_3DES_EDE_CBC_SHA"), refuse(USUAL, why));
    assert_eq!(offers("TLS_ECDH_anon_WITH_AES_128_CBC_SHA").word(), "refuse");
    assert_eq!(offers("TLS_RSA_WITH_DES_CBC_SHA"), no_opinion());
}

#[test]
fn made_up_hellos_fill_the_memory_and_hold_nothing_up() {
    let gate = gate("");
    for octets in [64 << 10, 1 << 10, 1 << 5] {
        let fill = |n: &usize| kv::set(&format!("{octets} {n}"), &vec![0; octets], kv::FOR_EVER).is_ok();
        let _ = (0..).take_while(fill).count();
    }
    assert_eq!(asked(&gate, &testing::hello()), no_opinion());
    assert_eq!((testing::counted("hellos"), testing::counted("not_remembered")), (1, 1));
}

#[test]
fn the_configuration_beside_it_is_one_that_it_takes() {
    let gate = gate(include_str!("../hello_gate.toml"));
    assert!(!gate.enforce);
    assert!(gate.objection(&hello("t10")).is_some() && gate.objection(&testing::hello()).is_none());
}
