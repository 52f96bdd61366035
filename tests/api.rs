//! The admin API: who may, what it says, what it does; and its token.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use waxseal_tests::client::message;
use waxseal_tests::command::waxseal;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::http::{Answer, Request};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::wait::soon;

/// A relay whose API is asked with its token.
struct Asked {
    relay: TestRelay,
    admin: SocketAddr,
    token: String,
}

impl Asked {
    async fn start(site: Site) -> Self {
        let relay = site.set("admin", "address", "\"127.0.0.1:0\"").start().await;
        let token = fs::read_to_string(relay.site.data().join("admin.token")).unwrap().trim().to_owned();
        Self { admin: relay.admin().unwrap(), relay, token }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.send(Request::get(format!("/api/v1{path}"))).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Request::post(format!("/api/v1{path}"), body)).await
    }

    async fn send(&self, request: Request) -> Answer {
        request.bearer(&self.token).send(self.admin).await
    }

    /// Awaits that a page of the API says so.
    async fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let looking = async {
            loop {
                let said = self.send(Request::get(format!("/api/v1{path}"))).await;
                if said.status == 200 && is_so(&said.json()) {
                    return said.json();
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        soon(format!("{path} to say so"), looking).await
    }
}

/// A site whose mail to `bank.example` waits, since the host breaks each handshake.
async fn waiting() -> (Asked, Host) {
    let host = Host::start(Mode::CloseAfter220).await;
    let site = Site::new().outgoing(&[r#""bank.example" require"#]).host("bank.example", host.address);
    let asked = Asked::start(site.set("delivery", "retry", r#"["1h"]"#)).await;
    asked.relay.accept("a@client.example", "b@bank.example", &message("waits")).await;
    asked.until("/queue/destinations", |page| page["items"][0]["last"].is_object()).await;
    (asked, host)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_token_opens_it_and_guessing_is_slow() {
    let asked = Asked::start(Site::new()).await;
    let file = asked.relay.site.data().join("admin.token");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let none = Request::get("/api/v1/status").send(asked.admin).await;
    assert_eq!((none.status, none.header("www-authenticate")), (401, "Bearer realm=\"waxseal\""));
    assert_eq!(none.header("content-type"), "application/problem+json");
    let problem = none.json();
    assert_eq!((&problem["type"], &problem["status"]), (&json!("about:blank"), &json!(401)));
    assert!(problem["detail"].as_str().unwrap().contains("waxseal admin token"), "{problem}");

    let begun = std::time::Instant::now();
    for wrong in ["wxs_wrong", &asked.token[1..]] {
        let refused = Request::get("/api/v1/status").bearer(wrong).send(asked.admin).await;
        assert_eq!(refused.status, 401, "{wrong}");
    }
    assert!(begun.elapsed() >= std::time::Duration::from_millis(750), "a quarter and half a second");
    // Who has the right one never waits, and no path tells a stranger that it is there.
    assert_eq!(asked.get("/status").await["hostname"], "relay.example");
    assert_eq!(Request::get("/api/v1/nonsense").send(asked.admin).await.status, 401);
    assert_eq!(asked.send(Request::get("/api/v1/nonsense")).await.status, 404);
    assert_eq!(asked.send(Request::delete("/api/v1/status")).await.status, 405);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_somebody_else_is_told_nothing() {
    let asked = Asked::start(Site::new().set("admin", "names", r#"["ops.example"]"#)).await;
    let by = |path: &str, host: &str| Request::get(path).with("Host", host).bearer(&asked.token);
    for path in ["/", "/api/v1/status", "/api/v1/openapi.json", "/login"] {
        let rebound = by(path, "evil.example:8025").send(asked.admin).await;
        assert_eq!(rebound.status, 421, "{path}: {rebound:?}");
    }
    for host in ["ops.example", "relay.example:8025", "localhost", "[::1]:8025"] {
        assert_eq!(by("/api/v1/status", host).send(asked.admin).await.status, 200, "{host}");
    }
    // No page of another site may read an answer, and none is kept.
    let answer =
        by("/api/v1/status", "localhost").with("Origin", "http://evil.example").send(asked.admin).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(Request::get("/metrics").with("Host", "anything").send(asked.admin).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_may_need_the_token_too() {
    let asked = Asked::start(Site::new().set("admin", "metrics", "\"token\"")).await;
    assert_eq!(Request::get("/metrics").send(asked.admin).await.status, 401);
    assert_eq!(asked.send(Request::get("/metrics")).await.status, 200);
    let stranger = Request::get("/health").send(asked.admin).await;
    assert_eq!((stranger.status, stranger.body.as_str()), (200, r#"{"ready":true}"#));
    assert!(asked.send(Request::get("/health")).await.json()["policies"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_mail_waits_is_said_with_the_row_and_what_comes_next() {
    let (asked, _host) = waiting().await;
    let page = asked.get("/queue/destinations").await;
    let bank = &page["items"][0];
    assert_eq!((&bank["domain"], &page["next"]), (&json!("bank.example"), &Value::Null), "{page:#}");
    assert_eq!(bank["waiting"]["cause"], "tls", "{bank:#}");
    let why = bank["waiting"]["why"].as_str().unwrap();
    assert!(why.contains("mx.bank.example") && why.contains("TLS"), "{why}");
    assert!(bank["waiting"]["next"].as_str().unwrap().contains("returned to its sender"), "{bank:#}");
    assert_eq!(
        (&bank["row"]["pattern"], &bank["row"]["policy"]),
        (&json!("bank.example"), &json!("require"))
    );
    assert!(bank["row"]["place"].as_str().unwrap().starts_with("domains.rhai:"), "{bank:#}");
    assert_eq!(asked.get("/queue/destinations/BANK.example").await["domain"], "bank.example");
    assert_eq!(asked.send(Request::get("/api/v1/queue/destinations/none.example")).await.status, 404);

    let found = asked.get("/queue/recipients?domain=bank.example&concern=tls").await;
    let id = found["items"][0]["message"].as_str().unwrap().to_owned();
    let shown = asked.get(&format!("/queue/messages/{id}")).await;
    assert_eq!(shown["envelope"]["sender"], "a@client.example");
    assert!(shown["headers"].to_string().contains("waits"), "{shown:#}");
    assert_eq!(asked.send(Request::get("/api/v1/queue/messages/nonsense")).await.status, 400);

    // It is told a moment later.
    let tls = asked.until("/tls/outgoing/bank.example", |tls| tls["latest"].is_string()).await;
    assert_eq!((&tls["latest"], &tls["total"]["failed"]), (&json!("none"), &json!(1)), "{tls:#}");
    assert!(tls["failures"][0]["reason"].as_str().unwrap().contains("TLS is required"), "{tls:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_acts_on_what_the_filter_says_and_on_no_more() {
    let (asked, _host) = waiting().await;
    let act = |control: &str, filter: Value| {
        let body = json!({ "control": control, "filter": filter });
        let asked = &asked;
        async move { asked.post("/queue/actions", &body).await }
    };
    let bank = json!({ "domain": "bank.example" });
    assert_eq!(act("hold", bank.clone()).await.json(), json!({ "recipients": 1 }));
    let held = asked.get("/queue/destinations/bank.example").await;
    assert_eq!((&held["waiting"]["state"], &held["held"]), (&json!("held"), &json!(1)), "{held:#}");
    assert_eq!(act("release", json!({ "domain": "other.example" })).await.json(), json!({ "recipients": 0 }));
    assert_eq!(act("release", bank).await.json(), json!({ "recipients": 1 }));

    // A word that is misspelt would mean all mail.
    let misspelt = act("remove", json!({ "domian": "bank.example" })).await;
    assert_eq!(misspelt.status, 422, "{misspelt:?}");
    assert!(misspelt.json()["detail"].as_str().unwrap().contains("domian"), "{misspelt:?}");
    assert_eq!(act("remove", json!({})).await.status, 400);
    assert_eq!(asked.relay.waiting().await, 1);
    let all = asked.post("/queue/actions", &json!({ "control": "remove", "all": true })).await;
    assert_eq!(all.json(), json!({ "recipients": 1 }));
    asked.relay.drained().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_are_told_by_pages_and_as_they_come() {
    let host = Host::start(Mode::NoStartTls).await;
    let asked = Asked::start(Site::new().host("there.example", host.address)).await;
    let mut live = Request::get("/api/v1/decisions/live?direction=outgoing&hook=mail")
        .bearer(&asked.token)
        .begin(asked.admin)
        .await;
    live.line_with("200 OK").await;
    asked.relay.accept("a@client.example", "b@there.example", &message("first")).await;
    let data = live.line_with("data: ").await;
    let told: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!((&told["domain"], &told["verdict"]), (&json!("there.example"), &json!("accept")), "{told}");

    let first = asked.get("/decisions?limit=2").await;
    let numbers = |page: &Value| -> Vec<u64> {
        page["items"].as_array().unwrap().iter().map(|one| one["number"].as_u64().unwrap()).collect()
    };
    let [newest, second] = numbers(&first)[..] else { panic!("{first:#}") };
    assert_eq!((newest - second, first["next"].as_str().unwrap()), (1, &*second.to_string()));
    let older = asked.get(&format!("/decisions?limit=2&after={second}")).await;
    assert_eq!(numbers(&older)[0], second - 1);
    let session = told["session"].as_str().unwrap();
    let of_session = asked.get(&format!("/decisions?session={session}")).await;
    assert!(of_session["items"].as_array().unwrap().iter().all(|one| one["session"] == session));
    let one = asked.get(&format!("/decisions/{}", told["number"])).await;
    assert_eq!(one["facts"]["host"]["name"], "mx.there.example", "{one:#}");
    assert_eq!(asked.send(Request::get("/api/v1/decisions?after=x")).await.status, 400);
    for path in ["/decisions?sesion=x", "/decisions/live?sesion=x", "/queue/destinations?sesion=x&limit=2"] {
        let misspelt = asked.send(Request::get(format!("/api/v1{path}"))).await;
        assert_eq!(misspelt.status, 400, "{path}");
        let said = misspelt.json()["detail"].as_str().unwrap().to_owned();
        assert!(said.starts_with("there is no parameter `sesion` here, but "), "{said}");
    }

    // Whoever comes again misses none; and a relay that stops lets go of who watches.
    let mut again = Request::get("/api/v1/decisions/live")
        .with("Last-Event-ID", second.to_string())
        .bearer(&asked.token)
        .begin(asked.admin)
        .await;
    again.line_with(&format!("id: {newest}")).await;
    asked.relay.stop().await;
    again.end().await;
    live.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_candidate_is_told_and_a_good_one_taken() {
    let asked = Asked::start(Site::new()).await;
    let table = asked.relay.site.policies().join("domains.rhai");
    let good = fs::read_to_string(&table).unwrap();
    asked.relay.rejects("domains.rhai", "outgoing { \"*\" atempt }").await;
    let broken = asked.post("/reload", &json!({})).await.json();
    assert_eq!(broken["policies"]["result"], "rejected", "{broken:#}");
    let bundle = asked.get("/bundle").await;
    assert_eq!(bundle["generation"], 1);
    let findings = bundle["findings"].as_array().unwrap();
    let in_line = |one: &Value| one["rendered"].as_str().unwrap().contains("domains.rhai:1:");
    assert!(findings.iter().any(in_line), "{bundle:#}");
    let files = bundle["files"].as_array().unwrap();
    let of =
        |path: &str| files.iter().find(|file| file["path"] == path).unwrap_or(&Value::Null)["origin"].clone();
    assert_eq!((of("domains.rhai"), of("outgoing/require.rhai")), (json!("site"), json!("shipped")));
    let text = asked.get("/bundle/files/domains.rhai").await;
    assert_eq!(text["text"], good.as_str(), "what is in force, not what lies on the disk");

    fs::write(&table, good + "// mended\n").unwrap();
    let taken = asked.send(Request::post_nothing("/api/v1/reload")).await.json();
    assert!(taken["generation"] == 2, "{taken:#}");
    assert_eq!(asked.get("/status").await["policies"]["findings"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_tls_came_to_outlives_the_relay() {
    let site = Site::new();
    let identity = site.authority.issue(&["mx.there.example"]);
    let host = Host::start(Mode::tls(&identity)).await;
    let asked = Asked::start(site.host("there.example", host.address)).await;
    asked.relay.accept("a@client.example", "b@there.example", &message("first")).await;
    host.messages_until(1).await;
    let before = asked.until("/tls/outgoing/there.example", |tls| tls["total"]["verified"] == 1).await;
    assert_eq!(before["versions"], json!({ "1.3": 1 }), "{before:#}");
    assert_eq!(asked.get("/tls?direction=incoming").await["items"][0]["domain"], "client.example");
    let after = Asked::start(asked.relay.stop().await).await;
    assert_eq!(after.get("/tls/outgoing/there.example").await["hours"], before["hours"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_is_printed_and_changed_by_command() {
    let asked = Asked::start(Site::new()).await;
    let configuration = asked.relay.site.path("waxseal.toml");
    let printed = waxseal(&configuration, &["admin", "token"]).await;
    assert_eq!((printed.code, printed.output.trim()), (Some(0), &*asked.token), "{printed:?}");
    let changed = waxseal(&configuration, &["admin", "token", "--rotate", "--json"]).await.json();
    let new = changed["token"].as_str().unwrap();
    assert_eq!(asked.send(Request::get("/api/v1/status")).await.status, 401, "the old one is out");
    assert_eq!(Request::get("/api/v1/status").bearer(new).send(asked.admin).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_quarantined_is_shown_read_and_let_go() {
    let host = Host::start(Mode::NoStartTls).await;
    let asked = Asked::start(Site::new().host("one.example", host.address)).await;
    let content = "Subject: cards\r\n\r\n4111 <script>\r\n";
    let keep = |reason| asked.relay.quarantine("ann@home.example", "bob@one.example", content, reason);
    let (one, other) = (keep("Card numbers").await, keep("A virus").await);
    let page = asked.get("/quarantine?reason=card").await;
    let items = page["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["subject"]), (1, &json!("cards")), "{page:#}");
    let shown = asked.get(&format!("/quarantine/{one}")).await;
    assert_eq!(shown["envelope"]["quarantine"]["by"], "filters/cards.rhai:7:5", "{shown:#}");
    let octets = asked.send(Request::get(format!("/api/v1/quarantine/{one}/content"))).await;
    assert_eq!((octets.body.as_str(), octets.header("content-type")), (content, "message/rfc822"));
    assert!(octets.header("content-disposition").starts_with("attachment"), "{octets:?}");

    let end = |how: &str, filter: Value| {
        let (body, asked) = (json!({ "how": { "how": how }, "filter": filter }), &asked);
        async move { asked.post("/quarantine/actions", &body).await }
    };
    assert_eq!(end("remove", json!({})).await.status, 400);
    assert_eq!(end("remove", json!({ "reson": "virus" })).await.status, 422);
    assert_eq!(end("remove", json!({ "message": other })).await.json(), json!({ "messages": 1 }));
    assert_eq!(end("release", json!({ "message": one })).await.json(), json!({ "messages": 1 }));
    host.messages_until(1).await;
    assert_eq!(asked.get("/status").await["quarantine"]["messages"], 0);
    assert_eq!(asked.send(Request::get(format!("/api/v1/quarantine/{one}"))).await.status, 404);
}
