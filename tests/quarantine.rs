//! `waxseal quarantine`: what filters have kept, over the socket of a running relay and in the files of one
//! that is stopped; and what an operator's word does.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use waxseal::spool::{Embedded, Spool as _, Tags};
use waxseal_tests::command::{Running, Said, run_relay, waxseal};
use waxseal_tests::dns::NameServer;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::kept::Kept;
use waxseal_tests::site::Site;
use waxseal_tests::wait::soon;

/// A relay in a process of its own, with three messages in quarantine: the second is large.
struct World {
    site: Site,
    configuration: PathBuf,
    relay: Option<Running>,
    host: Host,
    postbox: Host,
    ids: Vec<String>,
    _names: NameServer,
}

impl World {
    async fn new() -> Self {
        let (host, postbox) = (Host::start(Mode::NoStartTls).await, Host::start(Mode::NoStartTls).await);
        let site = Site::new()
            .host("one.example", host.address)
            .host("two.example", host.address)
            .host("home.example", postbox.address);
        let (site, names) = site.with_name_server().await;
        let configuration = site.write();
        let mut world = Self { site, configuration, relay: None, host, postbox, ids: vec![], _names: names };
        let large = format!("Subject: large\r\n\r\n{}", "a line of text\r\n".repeat(50_000));
        for (sender, recipients, content, reason) in [
            (
                "ann@home.example",
                vec!["bob@one.example", "eve@two.example"],
                "Subject: cards\r\n\r\nx\r\n",
                "Card numbers",
            ),
            ("ben@home.example", vec!["bob@one.example"], &*large, "A virus"),
            ("", vec!["eve@two.example"], "From: nobody\r\n\r\nx\r\n", "A virus"),
        ] {
            world.keep(sender, &recipients, content, reason).await;
        }
        world.start().await;
        world
    }

    /// Puts a message into the files, as if it had come two hours ago.
    async fn keep(&mut self, sender: &str, recipients: &[&str], content: &str, reason: &str) {
        let data = self.site.data();
        std::fs::create_dir_all(&data).unwrap();
        let spool = Embedded::open(&data.join("spool")).unwrap();
        let since = Timestamp::now() - SignedDuration::from_hours(2);
        let mut tags = Tags::default();
        tags.set("score", "7").unwrap();
        let id = Kept { sender, recipients, content, reason, since, tags }.commit(&spool).await;
        spool.shutdown().await;
        self.ids.push(id.to_string());
    }

    async fn start(&mut self) {
        self.relay = Some(run_relay(&self.configuration).await);
    }

    async fn stop(&mut self) {
        let relay = self.relay.take().expect("it runs");
        relay.signal("TERM").await;
        relay.end().await;
    }

    async fn say(&self, arguments: &[&str]) -> Said {
        waxseal(&self.configuration, &[&["quarantine"], arguments].concat()).await
    }

    /// The ids that are listed.
    async fn listed(&self, arguments: &[&str]) -> Vec<String> {
        let said = self.say(&[&["list", "--json"], arguments].concat()).await;
        let id = |line: &str| {
            let one: Value = serde_json::from_str(line).unwrap();
            one["envelope"]["id"].as_str().unwrap().to_owned()
        };
        said.output.lines().map(id).collect()
    }
}

/// A line over the control socket, as a program would write it.
async fn raw(world: &World, line: &str) -> Value {
    let mut stream = UnixStream::connect(world.site.data().join("control.sock")).await.unwrap();
    stream.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon("an answer", stream.read_to_string(&mut answer)).await.unwrap();
    serde_json::from_str(&answer).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_misspelt_filter_over_the_control_socket_changes_nothing() {
    let world = World::new().await;
    let end = |rest: &str| {
        format!(r#"{{"command":"quarantine","quarantine":"end","how":{{"how":"remove"}}{rest}}}"#)
    };
    for (rest, said) in [
        (r#","filter":{"reson":"nothing"}"#, "did you mean `reason`?"),
        (r#","filter":{}"#, "say \"all\": true"),
        ("", "say \"all\": true"),
        (r#","filter":{"reason":"virus"},"dry_run":true"#, "there is no key `dry_run` here"),
    ] {
        let answer = raw(&world, &end(rest)).await;
        assert_eq!(answer["answer"], "error", "{answer}");
        assert!(answer["message"].as_str().unwrap().contains(said), "{answer}");
        assert_eq!(world.listed(&[]).await.len(), 3);
    }
    let answer = raw(&world, &end(r#","filter":{"reason":"virus"}"#)).await;
    assert_eq!(answer["messages"], 2, "{answer}");
    let answer = raw(&world, &end(r#","all":true"#)).await;
    assert_eq!(answer["messages"], 1, "{answer}");
    assert!(world.listed(&[]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_says_what_is_kept_and_why() {
    let mut world = World::new().await;
    for _ in 0..2 {
        let list = world.say(&["list"]).await;
        assert_eq!(list.code, Some(0), "{list:?}");
        for line in [
            &format!("{}  from <ann@home.example>, 21 octets, 2 h old", world.ids[0]),
            "  for      <bob@one.example>, <eve@two.example>\n  subject  cards\n",
            "  reason   Card numbers (filters/cards.rhai:7:5)\n",
            "  subject  large\n",
        ] {
            assert!(list.output.contains(line), "no `{line}` in\n{}", list.output);
        }
        let ids = &world.ids;
        for (filter, expected) in [
            ("--reason virus", &ids[1..]),
            ("--sender <>", &ids[2..]),
            ("--recipient @two.example --by filters/cards.rhai", &[ids[0].clone(), ids[2].clone()]),
            ("--by filters/other.rhai", &[]),
            ("--since 3h --older 1h", ids),
            ("--since 1h", &[]),
        ] {
            assert_eq!(world.listed(&filter.split(' ').collect::<Vec<_>>()).await, expected, "{filter}");
        }
        assert_eq!(world.say(&["list", "--reason", "nothing"]).await.code, Some(1));
        let queue = waxseal(&world.configuration, &["queue", "list"]).await;
        assert!(queue.errors.contains("the queue is empty"), "{queue:?}");
        // The second time it is stopped.
        if world.relay.is_some() {
            world.stop().await;
        }
    }
    let refused = world.say(&["release", "--all"]).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.errors.contains("Only a running relay changes"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_each_other() {
    let world = World::new().await;
    let first = world.say(&["list", "--json", "--page", "2"]).await.json();
    assert_eq!(first["entries"].as_array().unwrap().len(), 2);
    let after = first["next"].as_str().unwrap();
    assert_eq!(world.listed(&["--after", after]).await, world.ids[2..]);
    let text = world.say(&["list", "--page", "1"]).await.output;
    assert!(text.ends_with(&format!("more: --after {}\n", world.ids[0])), "{text}");
    assert_eq!(world.say(&["list", "--after", "nonsense"]).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_message_is_shown_and_so_is_its_content() {
    let mut world = World::new().await;
    for _ in 0..2 {
        let shown = world.say(&["show", &world.ids[0]]).await;
        assert_eq!(shown.code, Some(0), "{shown:?}");
        for line in [
            "  by        filters/cards.rhai:7:5\n",
            "  tags      score=7\n",
            "  for       <eve@two.example>\n",
            "\nSubject: cards\n",
        ] {
            assert!(shown.output.contains(line), "no `{line}` in\n{}", shown.output);
        }
        let small = world.say(&["show", &world.ids[0], "--content"]).await;
        assert!(small.output.ends_with("Subject: cards\r\n\r\nx\r\n"), "{small:?}");
        let large = world.say(&["show", &world.ids[1], "--content"]).await;
        assert_eq!(large.code, Some(0), "{}", large.errors);
        assert_eq!(large.output.matches("a line of text\r\n").count(), 50_000);
        for content in [&[][..], &["--content"]] {
            let id = "0197a000-0000-7000-8000-000000000000";
            assert_eq!(world.say(&[&["show", id], content].concat()).await.code, Some(1));
        }
        if world.relay.is_some() {
            world.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_released_is_delivered_and_the_rest_is_kept() {
    let world = World::new().await;
    let dry = world.say(&["release", "--reason", "virus", "--dry-run"]).await;
    assert!(dry.output.starts_with("2 messages like that"), "{dry:?}");
    assert!(world.host.messages().is_empty(), "nothing of what is kept was sent");
    let released = world.say(&["release", &world.ids[0]]).await;
    assert_eq!((released.code, released.output.as_str()), (Some(0), "1 message: released, to be sent now\n"));
    let mut to: Vec<_> =
        world.host.messages_until(2).await.into_iter().flat_map(|one| one.recipients).collect();
    to.sort();
    assert_eq!(to, ["bob@one.example", "eve@two.example"]);
    assert_eq!(world.listed(&[]).await, world.ids[1..]);
    assert_eq!(world.say(&["release", &world.ids[0]]).await.code, Some(1), "it is released already");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_released_may_go_to_somebody_else() {
    let world = World::new().await;
    let wrong = world.say(&["release", &world.ids[0], "--to", "postmaster"]).await;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    let released = world.say(&["release", &world.ids[0], "--to", "<admin@home.example>"]).await;
    assert_eq!(released.code, Some(0), "{released:?}");
    assert_eq!(world.postbox.messages_until(1).await[0].recipients, ["admin@home.example"]);
    assert!(world.host.messages().is_empty(), "those it came in for have nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_removed_is_gone_and_what_is_bounced_comes_back() {
    let world = World::new().await;
    assert_eq!(world.say(&["remove"]).await.code, Some(2), "it is not said which");
    let removed = world.say(&["remove", &world.ids[1]]).await;
    assert_eq!(removed.output, "1 message: removed, and nobody is told\n", "{removed:?}");
    let bounced = world.say(&["remove", "--bounce", "--sender", "ann@home.example"]).await;
    assert!(bounced.output.starts_with("1 message: given up"), "{bounced:?}");
    // One for each of the two destinations.
    for bounce in world.postbox.messages_until(2).await {
        assert_eq!(bounce.recipients, ["ann@home.example"]);
        assert!(bounce.text().contains("the operator of this relay has given it up"), "{}", bounce.text());
    }
    let rest = world.say(&["remove", "--all", "--json"]).await.json();
    assert_eq!(rest["messages"], 1);
    assert_eq!(world.postbox.messages().len(), 2, "nobody is told of the others");
    assert!(world.host.messages().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_totals_are_shown_and_what_is_kept_too_long_goes() {
    let mut world = World::new().await;
    let status = waxseal(&world.configuration, &["status"]).await;
    assert_eq!(status.code, Some(0), "{status:?}");
    assert!(status.output.contains("  quarantine     3 messages, 8"), "{status:?}");
    world.stop().await;
    let text = std::fs::read_to_string(&world.configuration).unwrap();
    std::fs::write(&world.configuration, format!("{text}\n[quarantine]\nmessages = 3\n")).unwrap();
    world.start().await;
    let status = waxseal(&world.configuration, &["status"]).await;
    assert_eq!(status.code, Some(1), "somebody should look");
    assert!(status.output.contains("octets; FULL"), "{status:?}");
    world.stop().await;
    std::fs::write(&world.configuration, format!("{text}\n[quarantine]\nkeep = \"1h\"\n")).unwrap();
    world.start().await;
    soon("what is kept too long to go", async { while !world.listed(&[]).await.is_empty() {} }).await;
    assert!(world.host.messages().is_empty() && world.postbox.messages().is_empty(), "nobody is told");
}
