//! The life of a relay, and its own interfaces, in process.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use waxseal_plugins::wasm::Grant;

use super::*;
use crate::admin::control::ask;
use crate::admin::protocol::{Part, Request, Response};

fn config(directory: &Path) -> Config {
    let file = directory.join("waxseal.toml");
    let text = "hostname = \"mail.example.org\"\ndata_dir = \"data\"\n\
                [[listener]]\naddress = \"127.0.0.1:0\"\n\
                [relay]\nnetworks = [\"127.0.0.0/8\"]\n\
                [admin]\naddress = \"127.0.0.1:0\"\n";
    std::fs::write(&file, text).unwrap();
    std::fs::create_dir_all(directory.join("policies")).unwrap();
    Config::load(&file).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_while_it_runs_and_not_after() {
    let directory = tempfile::tempdir().unwrap();
    let relay = Relay::start(config(directory.path())).await.unwrap();
    let (listener, admin) = (*relay.listeners.first().unwrap(), relay.admin.unwrap());
    let socket = directory.path().join("data").join(admin::SOCKET);

    let Response::Status(status) = ask(&socket, &Request::Status).await.unwrap() else { panic!("no status") };
    assert_eq!(status.listeners, [listener.to_string()]);
    assert!(!status.tls_enabled && !status.configuration_changed);

    let reload = Request::Reload { accept_removals: false };
    let Response::Reloaded(reloaded) = ask(&socket, &reload).await.unwrap() else { panic!("no reload") };
    assert_eq!((reloaded.policies, reloaded.generation), (Part::Unchanged, 1));

    assert!(fetch(admin, "/health").await.starts_with("HTTP/1.1 200"));
    let metrics = fetch(admin, "/metrics").await;
    assert!(metrics.contains("waxseal_bundle_generation 1"), "{metrics}");

    assert_eq!(relay.stop().await, Stopped::Complete);
    assert!(TcpStream::connect(listener).await.is_err(), "it still listens");
    assert!(!socket.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_data_directory_serves_one_relay() {
    let directory = tempfile::tempdir().unwrap();
    let relay = Relay::start(config(directory.path())).await.unwrap();
    let second = Relay::start(config(directory.path())).await;
    assert!(matches!(second, Err(StartError::Spool(_))));
    relay.stop().await;
    Relay::start(config(directory.path())).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(directory.path());
    for listener in &mut config.listeners {
        listener.address = taken.local_addr().unwrap();
    }
    let Err(error) = Relay::start(config).await else { panic!("it started") };
    let error = error.to_string();
    assert!(
        error.contains(&taken.local_addr().unwrap().to_string()) && error.contains("another program"),
        "{error}"
    );
}

/// A broken file after the start is said, and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn broken_policies_are_rejected_with_their_line() {
    let directory = tempfile::tempdir().unwrap();
    let relay = Relay::start(config(directory.path())).await.unwrap();
    std::fs::write(directory.path().join("policies/domains.rhai"), "outgoing { \"*\" atempt }").unwrap();
    let reload = relay.services.reload(Removals::Refuse).await;
    let Reloaded::Rejected { generation, diagnostics } = reload.policies else { panic!("{reload:?}") };
    assert_eq!(generation, 1);
    assert!(
        diagnostics.iter().any(|finding| finding.to_string().contains("domains.rhai:1:")),
        "{diagnostics:?}"
    );
    relay.stop().await;
}

/// The directory of plugins is the relay's own, and the grants of the configuration are in force. Nothing
/// runs yet: the watcher, which reads the policies after a change too, could be the first to do so.
#[tokio::test(flavor = "multi_thread")]
async fn plugins_have_a_private_directory_and_their_grants() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    config.plugins = [("pined".to_owned(), [Grant::Kv].into())].into();
    directories::private(&config.data_dir).unwrap();
    let services = Arc::new(services(config).unwrap());
    let mode = std::fs::metadata(directory.path().join("data/plugins")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let own = directory.path().join("policies/outgoing");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("own.rhai"), "fn mail(host, mail) { accept() }").unwrap();
    let reload = services.reload(Removals::Refuse).await;
    let Reloaded::Swapped { warnings, .. } = reload.policies else { panic!("{reload:?}") };
    assert!(warnings.iter().any(|finding| finding.code == "W008"), "{warnings:?}");
}

async fn fetch(admin: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(admin).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
