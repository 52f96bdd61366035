//! The harness does what it says: hosts and client against each other, the name server against
//! plain queries.

use std::net::SocketAddr;

use hickory_proto::op::{Message, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use rustls::ProtocolVersion;
use tokio::net::UdpSocket;
use waxseal_tests::ca::{Authority, Identity};
use waxseal_tests::client::{Client, Reply};
use waxseal_tests::dns::{NameServer, Zone};
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::tls::{self, Versions};

const MAIL: &str = "Subject: seal\r\n\r\n.wax\r\n";

#[tokio::test]
async fn a_host_takes_mail_in_clear_and_says_that_it_saw_it() {
    let host = Host::start(Mode::NoStartTls).await;
    let mut client = Client::connect(host.address).await;
    assert!(!client.ehlo().await.offers("STARTTLS"));
    assert_eq!(client.mail("a@client.example", &["b@host.example"], MAIL).await.codes(), "250 2.0.0");
    client.say("QUIT").await;

    let session = host.ended(1).await;
    assert!(session.saw_mail_in_clear());
    assert_eq!(session.messages[0].text(), MAIL);
    assert_eq!(session.messages[0].recipients, ["b@host.example"]);
    assert!(!session.messages[0].encrypted);
}

#[tokio::test]
async fn a_host_with_tls_records_the_handshake_and_nothing_in_clear() {
    let authority = Authority::new("Root");
    let host = Host::start(Mode::tls(&authority.issue(&["host.example"]))).await;
    let config = tls::client(Some(&authority.issue(&["client.example"])), Versions::Modern);

    for resumed in [false, true] {
        let mut client = Client::connect(host.address).await;
        assert!(client.ehlo().await.offers("STARTTLS"));
        let mut client = client.start_tls(&config).await.unwrap();
        assert!(!client.ehlo().await.offers("STARTTLS"));
        assert_eq!(client.mail("a@client.example", &["b@host.example"], MAIL).await.code, 250);
        client.say("QUIT").await;
        let session = host.ended(if resumed { 2 } else { 1 }).await;
        assert!(!session.saw_mail_in_clear());
        assert!(session.messages[0].encrypted);
        let seen = session.tls.unwrap();
        assert_eq!(seen.version, Some(ProtocolVersion::TLSv1_3));
        assert_eq!(seen.server_name.as_deref(), Some("relay.example"));
        assert_eq!(seen.client_chain.len(), 1);
        assert_eq!(seen.resumed, resumed);
    }
}

#[tokio::test]
async fn every_failing_mode_fails_in_its_own_way() {
    let identity = Identity::self_signed(&["host.example"]);
    let cases = [
        (Mode::GarbageAfter220, "corrupt message"),
        (Mode::CloseAfter220, "eof"),
        (Mode::OnlyTls10, "ProtocolVersion"),
    ];
    for (mode, told) in cases {
        let host = Host::start(mode.clone()).await;
        let mut client = Client::connect(host.address).await;
        client.ehlo().await;
        let failure = client.start_tls(&tls::client(None, Versions::Modern)).await.err().unwrap();
        let reset = failure.kind() == std::io::ErrorKind::ConnectionReset;
        assert!(failure.to_string().contains(told) || reset, "{mode:?}: {failure}");
    }
    let host = Host::start(Mode::Refuse454).await;
    let mut client = Client::connect(host.address).await;
    client.ehlo().await;
    assert_eq!(client.say("STARTTLS").await.codes(), "454 4.7.0");

    let host = Host::start(Mode::inject(&identity)).await;
    let mut client = Client::connect(host.address).await;
    client.ehlo().await;
    assert_eq!(client.say("STARTTLS").await.code, 220);
    assert_eq!(client.reply().await.lines, ["forged.example", "PIPELINING"]);
}

#[tokio::test]
async fn a_silent_host_records_what_is_sent_to_it() {
    let host = Host::start(Mode::SilentAfter220).await;
    let mut client = Client::connect(host.address).await;
    client.ehlo().await;
    client.say("STARTTLS").await;
    client.send("MAIL FROM:<a@client.example>\r\n").await;
    drop(client);
    assert!(host.ended(1).await.saw_mail_in_clear());
}

#[tokio::test]
async fn a_host_refuses_defers_and_drops_as_it_is_told() {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::RejectUnknown).await;
    let mut client = Client::connect(host.address).await;
    assert_eq!(
        client.envelope("a@a.example", &["b@b.example", "unknown@b.example"]).await.codes(),
        "550 5.1.1"
    );

    host.change(Mode::NoStartTls, Taking::Defer);
    let mut client = Client::connect(host.address).await;
    assert_eq!(client.envelope("a@a.example", &["b@b.example"]).await.codes(), "451 4.3.0");

    host.change(Mode::NoStartTls, Taking::DropMidData);
    let mut client = Client::connect(host.address).await;
    assert_eq!(client.mail("a@a.example", &["b@b.example"], MAIL).await, Reply::GONE);
    assert_eq!(host.messages(), []);
}

#[tokio::test]
async fn a_host_of_tls_12_alone_speaks_tls_12() {
    let host = Host::start(Mode::only_tls12(&Identity::self_signed(&["host.example"]))).await;
    let mut client = Client::connect(host.address).await;
    client.ehlo().await;
    let client = client.start_tls(&tls::client(None, Versions::Modern)).await.unwrap();
    assert_eq!(client.tls.unwrap().version, Some(ProtocolVersion::TLSv1_2));
}

#[tokio::test]
async fn the_name_server_answers_as_its_zone_says() {
    let zone = Zone::default()
        .mx("a.example", 10, "mx.a.example")
        .address("mx.a.example", [127, 0, 0, 7])
        .alias("alias.example", "mx.a.example")
        .null_mx("null.example")
        .fails("broken.example");
    let server = NameServer::start(zone).await;

    let cases = [
        ("A.example", RecordType::MX, ResponseCode::NoError, 1),
        ("a.example", RecordType::A, ResponseCode::NoError, 0),
        ("mx.a.example", RecordType::A, ResponseCode::NoError, 1),
        ("alias.example", RecordType::A, ResponseCode::NoError, 2),
        ("null.example", RecordType::MX, ResponseCode::NoError, 1),
        ("broken.example", RecordType::MX, ResponseCode::ServFail, 0),
        ("nowhere.example", RecordType::MX, ResponseCode::NXDomain, 0),
    ];
    for (name, kind, code, answers) in cases {
        let answer = query(server.address, name, kind).await;
        assert_eq!(answer.metadata.response_code, code, "{name} {kind}");
        assert_eq!(answer.answers.len(), answers, "{name} {kind}");
    }
}

#[test]
fn identities_differ_in_what_they_are_made_to_differ_in() {
    let authority = Authority::new("Root");
    let (one, other) = (authority.issue(&["one.example"]), authority.issue(&["one.example"]));
    assert_ne!(one.chain, other.chain);
    assert_eq!(one.chain.len(), 1);
    assert!(authority.pem().starts_with("-----BEGIN CERTIFICATE-----"));
    assert_eq!(authority.roots().len(), 1);
}

async fn query(server: SocketAddr, name: &str, kind: RecordType) -> Message {
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    let mut message = Message::query();
    message.metadata.op_code = OpCode::Query;
    message.add_query(Query::query(name, kind));
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(&message.to_vec().unwrap(), server).await.unwrap();
    let mut answer = [0; 1500];
    let length = socket.recv(&mut answer).await.unwrap();
    Message::from_vec(&answer[..length]).unwrap()
}
