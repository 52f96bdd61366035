//! `waxseal queue`: what waits and why, over the socket of a running relay and in the files of one
//! that is stopped; and what an operator's word does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use waxseal_tests::client::{Client, message};
use waxseal_tests::command::{Running, Said, run_relay, waxseal};
use waxseal_tests::dns::NameServer;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::site::Site;
use waxseal_tests::wait::soon;

/// A relay in a process of its own, with mail that waits.
struct World {
    site: Site,
    configuration: PathBuf,
    relay: Running,
    host: Host,
    postbox: Host,
    /// The messages: two for `late.example`, one for `sealed.example`.
    ids: Vec<String>,
    _names: NameServer,
}

impl World {
    /// `late.example` says "later" to all, `sealed.example` offers no TLS and its policy asks for it.
    async fn new() -> Self {
        let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::Defer).await;
        let postbox = Host::start(Mode::NoStartTls).await;
        let site = Site::new()
            .set("delivery", "retry", r#"["1h"]"#)
            .outgoing(&[r#""sealed.example" require"#])
            .host("late.example", host.address)
            .host("sealed.example", host.address)
            .host("senders.example", postbox.address);
        let (site, names) = site.with_name_server().await;
        let configuration = site.write();
        let relay = run_relay(&configuration).await;
        let mut client = Client::connect(relay.address).await;
        client.ehlo().await;
        let mut ids = Vec::new();
        for (sender, recipient) in [
            ("ann@senders.example", "one@late.example"),
            ("bob@senders.example", "two@late.example"),
            ("ann@senders.example", "three@sealed.example"),
        ] {
            let reply = client.mail(sender, &[recipient], &message(recipient)).await;
            ids.push(reply.text().rsplit(' ').next().unwrap().to_owned());
        }
        let world = Self { site, configuration, relay, host, postbox, ids, _names: names };
        world.until(&[], |all| all.iter().filter(|one| one["attempts"] == 1).count() == 3).await;
        world
    }

    async fn queue(&self, arguments: &[&str]) -> Said {
        waxseal(&self.configuration, &[&["queue"], arguments].concat()).await
    }

    /// What is listed, as data.
    async fn listed(&self, arguments: &[&str]) -> Vec<Value> {
        let said = self.queue(&[&["list", "--messages", "--json"], arguments].concat()).await;
        said.output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Awaits a list that is so.
    async fn until(&self, arguments: &[&str], is_so: impl Fn(&[Value]) -> bool) {
        soon("the queue to be so", async { while !is_so(&self.listed(arguments).await) {} }).await;
    }

    /// The addresses that are listed.
    async fn addresses(&self, arguments: &[&str]) -> Vec<String> {
        let listed = self.listed(arguments).await;
        listed.iter().map(|one| one["address"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_says_for_whom_mail_waits_and_why() {
    let world = World::new().await;
    let list = world.queue(&["list"]).await;
    assert_eq!(list.code, Some(0), "{list:?}");
    for line in [
        "late.example: 2 messages, 2 recipients, the oldest ",
        "  next try 20",
        "  last: the host refused the recipient (4.3.0), at mx.late.example, which said: 451 4.3.0 Come back later",
        "sealed.example: 1 message, 1 recipient",
        "  last: for want of TLS: TLS is required, but was not offered",
    ] {
        assert!(list.output.contains(line), "no `{line}` in\n{}", list.output);
    }
    let messages = world.queue(&["list", "--messages"]).await.output;
    assert!(messages.contains(&format!("{}  from <bob@senders.example>, ", world.ids[1])), "{messages}");
    assert!(messages.contains("  <two@late.example>\n    next try "), "{messages}");
    assert!(messages.contains(", tried 1 time so far"), "{messages}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_takes_what_has_all_of_it() {
    let world = World::new().await;
    let all = ["one@late.example", "two@late.example", "three@sealed.example"];
    for (filter, expected) in [
        ("--domain late.example", &all[..2]),
        ("--sender ann@senders.example", &[all[0], all[2]]),
        ("--sender @senders.example --tls", &all[2..]),
        ("--recipient <two@late.example>", &all[1..2]),
        ("--host mx.sealed.example", &all[2..]),
        ("--younger 1h", &all),
        ("--older 1h", &[]),
        ("--held", &[]),
    ] {
        let words: Vec<&str> = filter.split(' ').collect();
        assert_eq!(world.addresses(&words).await, expected, "{filter}");
    }
    let nothing = world.queue(&["list", "--held"]).await;
    assert_eq!((nothing.code, nothing.output.as_str()), (Some(1), ""), "{nothing:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_each_other() {
    let world = World::new().await;
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut words = vec!["list", "--messages", "--json", "--page", "2"];
        words.extend(after.iter().flat_map(|after| ["--after", after]));
        let page = world.queue(&words).await.json();
        let entries = page["entries"].as_array().unwrap();
        seen.extend(entries.iter().map(|one| one["message"].as_str().unwrap().to_owned()));
        match &page["next"] {
            Value::Null => break,
            next => after = Some(next.as_str().unwrap().to_owned()),
        }
    }
    assert_eq!(seen, world.ids);
    let first = world.queue(&["list", "--page", "1"]).await.output;
    assert!(first.ends_with("more: --after late.example\n"), "{first}");
    let second = world.queue(&["list", "--page", "1", "--after", "late.example"]).await.output;
    assert!(second.starts_with("sealed.example: "), "{second}");
    assert_eq!(world.queue(&["list", "--messages", "--after", "nonsense"]).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_message_is_shown_with_its_headers() {
    let world = World::new().await;
    let shown = world.queue(&["show", &world.ids[2], "--headers"]).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    for line in
        ["  from      <ann@senders.example>", "  <three@sealed.example>", "for want of TLS", "Subject: three"]
    {
        assert!(shown.output.contains(line), "no `{line}` in\n{}", shown.output);
    }
    assert!(!world.queue(&["show", &world.ids[2]]).await.output.contains("Subject:"));
    let json = world.queue(&["show", &world.ids[0], "--json"]).await.json();
    assert_eq!(json["recipients"][0]["address"], "one@late.example");
    let unknown = world.queue(&["show", "0197a000-0000-7000-8000-000000000000"]).await;
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_waits_until_it_is_released() {
    let world = World::new().await;
    let held = world.queue(&["hold", "--domain", "late.example"]).await;
    assert_eq!((held.code, held.output.starts_with("2 recipients: held")), (Some(0), true), "{held:?}");
    assert!(world.queue(&["list"]).await.output.contains("all held by the operator"));
    world.host.change(Mode::NoStartTls, Taking::Accept);
    // Of one that is held a retry changes nothing.
    world.queue(&["retry", "--all"]).await;
    assert_eq!(world.addresses(&["--held"]).await.len(), 2);
    assert!(world.host.messages().is_empty());
    let released = world.queue(&["release", &world.ids[0]]).await;
    assert_eq!(
        (released.code, released.output.as_str()),
        (Some(0), "1 recipient: released, to be tried now\n")
    );
    assert_eq!(world.host.messages_until(1).await[0].recipients, ["one@late.example"]);
    world.until(&[], |all| all.len() == 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_does_not_wait_for_its_time() {
    let world = World::new().await;
    world.host.change(Mode::NoStartTls, Taking::Accept);
    let said = world.queue(&["retry", &world.ids[0], &world.ids[1], "--json"]).await;
    assert_eq!((said.code, said.json()["recipients"].as_u64()), (Some(0), Some(2)), "{said:?}");
    world.host.messages_until(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_removed_is_gone_and_what_is_bounced_comes_back() {
    let world = World::new().await;
    assert_eq!(world.queue(&["remove", &world.ids[0]]).await.code, Some(0));
    assert_eq!(world.addresses(&[]).await, ["two@late.example", "three@sealed.example"]);
    let bounced = world.queue(&["bounce", "--sender", "ann@senders.example"]).await;
    assert_eq!((bounced.code, bounced.output.starts_with("1 recipient: given up")), (Some(0), true));
    let bounce = world.postbox.messages_until(1).await.remove(0);
    assert_eq!(bounce.recipients, ["ann@senders.example"]);
    let text = bounce.text();
    assert!(
        text.contains("the operator of this relay has given it up") && text.contains("not offered"),
        "{text}"
    );
    world.until(&[], |all| all.len() == 1).await;
    assert_eq!(world.postbox.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_changed_that_was_not_named() {
    let world = World::new().await;
    for (arguments, code, words) in [
        (&["remove"][..], 2, "say which"),
        (&["remove", "--all", "--tls"], 2, "--all is all"),
        (&["remove", "nonsense"], 2, "an id is"),
        (&["remove", "--domain", "nowhere.example"], 1, ""),
    ] {
        let said = world.queue(arguments).await;
        assert_eq!(said.code, Some(code), "{arguments:?}: {said:?}");
        assert!(said.errors.contains(words), "{arguments:?}: {said:?}");
    }
    let dry = world.queue(&["remove", "--tls", "--dry-run"]).await;
    assert_eq!((dry.code, dry.output.as_str()), (Some(0), "1 recipient like that: nothing was changed\n"));
    assert_eq!(world.addresses(&[]).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_relay_is_looked_at_and_not_touched() {
    let World { site, configuration, relay, ids, .. } = World::new().await;
    relay.signal("TERM").await;
    relay.end().await;
    let before = files(&site.data());
    let list = waxseal(&configuration, &["queue", "list"]).await;
    assert_eq!(list.code, Some(0), "{list:?}");
    assert!(list.output.contains("late.example: 2 messages"), "{list:?}");
    let shown = waxseal(&configuration, &["queue", "show", &ids[0], "--headers"]).await;
    assert!(shown.output.contains("Subject: one@late.example"), "{shown:?}");
    let refused = waxseal(&configuration, &["queue", "retry", "--all"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.errors.contains("no relay runs here"), "{refused:?}");
    assert!(files(&site.data()) == before, "something was changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_relay_had_accepted_is_listed() {
    let World { site: _site, configuration, relay, ids, .. } = World::new().await;
    relay.signal("KILL").await;
    relay.end().await;
    let list = waxseal(&configuration, &["queue", "list", "--messages"]).await;
    assert!(ids.iter().all(|id| list.output.contains(id)), "{list:?}");
}

#[tokio::test]
async fn where_there_is_no_queue_it_is_said() {
    let site = Site::new();
    let said = waxseal(&site.write(), &["queue", "list"]).await;
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.errors.contains("no relay runs here, and its queue cannot be read"), "{said:?}");
}

/// All files beneath a directory, and what is in them.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap_or_default());
        }
    }
    all
}
