//! The dashboard in a real browser: signing in, the answer to "why does it wait?", what a keyboard and a reader of
//! screens can do, decisions as they are taken, and what a hostile peer's words come to.

use std::fs;
use std::time::Duration;

use serde_json::Value;
use waxseal_tests::browser::{Browser, key, npm};
use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::http::Request;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::wait::soon;

/// A relay, and an administrator at a browser.
struct Desk {
    relay: TestRelay,
    browser: Browser,
    token: String,
    _host: Host,
}

impl Desk {
    /// Mail to `bank.example` waits, since its host breaks each handshake.
    async fn new() -> Self {
        let host = Host::start(Mode::CloseAfter220).await;
        let site = Site::new().outgoing(&[r#""bank.example" require"#]).host("bank.example", host.address);
        let site = site.set("delivery", "retry", r#"["1h"]"#).set("admin", "address", "\"127.0.0.1:0\"");
        let relay = site.start().await;
        relay.accept("a@client.example", "b@bank.example", &message("waits")).await;
        let token = fs::read_to_string(relay.site.data().join("admin.token")).unwrap().trim().to_owned();
        let queue = Request::get("/api/v1/queue/destinations").bearer(&token);
        let tried = async {
            while !queue.send(relay.admin().unwrap()).await.json()["items"][0]["last"].is_object() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        soon("the end of an attempt", tried).await;
        Self { relay, browser: Browser::start().await, token, _host: host }
    }

    async fn signed_in() -> Self {
        let desk = Self::new().await;
        desk.browser.sign_in(desk.relay.admin().unwrap(), &desk.token).await;
        desk
    }

    async fn go(&self, path: &str) {
        self.browser.go(&format!("http://{}{path}", self.relay.admin().unwrap())).await;
    }

    async fn path(&self) -> String {
        let address = self.browser.address().await;
        address.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default()
    }

    /// Nobody has complained: no script, no picture, no rule of the content security policy.
    async fn is_clean(&self) {
        assert_eq!(self.browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_sees_nothing_and_the_token_opens_it() {
    let desk = Desk::new().await;
    desk.go("/queue/bank.example").await;
    assert!(desk.path().await.starts_with("/login?then="), "{}", desk.path().await);
    assert!(!desk.browser.text().await.contains("bank.example"));
    desk.browser.fill("#token", "wxs_wrong").await;
    desk.browser.click("main button").await;
    desk.browser.says("That is not the token.").await;
    desk.browser.fill("#token", &desk.token).await;
    desk.browser.click("main button").await;
    desk.browser.says("Why it waits").await;
    assert_eq!(desk.path().await, "/queue/bank.example", "where the way led");
    let cookie = desk.browser.run("return document.cookie").await;
    assert_eq!(cookie, "", "no script can read it");
    desk.browser.click("form[action='/logout'] button").await;
    // Whoever goes on before the answer takes the question back.
    desk.browser.says("Sign in").await;
    desk.go("/").await;
    assert_eq!(desk.path().await, "/login");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyboard_alone_finds_out_why_mail_waits_in_two_steps() {
    let desk = Desk::signed_in().await;
    // One: the name, since the search box has the focus. Two: Enter.
    assert_eq!(desk.browser.focus().await, "INPUT q");
    desk.browser.keys("bank.example").await;
    desk.browser.keys(key::ENTER).await;
    desk.browser.says("Why it waits").await;
    let text = desk.browser.text().await;
    for said in [
        "TLS with mx.bank.example did not come about as it must",
        "What happens next",
        "require",
        "domains.rhai:",
    ] {
        assert!(text.contains(said), "{said}:\n{text}");
    }

    // The first stop leads past the head; from there the next one is the action.
    desk.go("/queue/bank.example").await;
    desk.browser.keys(key::TAB).await;
    assert_eq!(desk.browser.focus().await, "A Skip to the content");
    desk.browser.keys(key::ENTER).await;
    assert_eq!(desk.browser.focus().await, "MAIN main");
    let mut stops = Vec::new();
    while !stops.iter().any(|stop: &String| stop.contains("Try now")) {
        assert!(stops.len() < 12, "the keyboard does not come to it: {stops:?}");
        desk.browser.keys(key::TAB).await;
        stops.push(desk.browser.focus().await);
    }
    let seen = desk.browser.run("return getComputedStyle(document.activeElement).outlineStyle").await;
    assert_eq!(seen, "solid", "it is seen where the focus is");
    desk.browser.keys(key::SPACE).await;
    desk.browser.says("1 recipient due now, put off or not.").await;
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_appear_without_loading_again() {
    let desk = Desk::signed_in().await;
    desk.go("/decisions?domain=live.example").await;
    desk.browser.says("Live").await;
    desk.browser.run("window.mark = 'the same page'").await;
    desk.relay.accept("a@live.example", "b@bank.example", &message("now")).await;
    let row = "return document.querySelector('.decisions tbody tr')?.innerText ?? ''";
    let shown = async {
        while !desk.browser.run(row).await.as_str().unwrap_or_default().contains("live.example") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon("a row of the new decision", shown).await;
    assert_eq!(desk.browser.run("return window.mark").await, "the same page");
    desk.browser.says("new decision").await;

    // Without the script the same is there, by loading again.
    desk.browser.without_scripts().await;
    desk.go("/decisions?domain=live.example").await;
    let address = format!("http://{}/decisions?domain=live.example", desk.relay.admin().unwrap());
    assert_eq!(desk.browser.address().await, address);
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_changes_without_a_form_of_ones_own() {
    let desk = Desk::signed_in().await;
    let admin = desk.relay.admin().unwrap();
    let login = Request::form("/login", format!("token={}", desk.token)).send(admin).await;
    let cookie = login.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap();
    let forged = |csrf: &str| {
        Request::form("/queue/act", format!("control=remove&confirmed=yes&domain=bank.example&csrf={csrf}"))
            .with("Cookie", cookie)
    };
    // Nor with the form of another session of the same administrator.
    let theirs = desk.browser.run("return document.querySelector('[name=csrf]').value").await;
    for csrf in ["", "guessed", theirs.as_str().unwrap()] {
        let refused = forged(csrf).send(admin).await;
        assert_eq!(refused.status, 403, "{csrf}: {refused:?}");
    }
    let stranger = Request::form("/queue/act", "control=remove&domain=bank.example&csrf=x").send(admin).await;
    assert_eq!(stranger.status, 303, "who has not signed in is sent to do so");
    assert_eq!(desk.relay.waiting().await, 1);

    // What cannot be taken back is asked first.
    desk.go("/queue/bank.example").await;
    desk.browser.click("button[value=remove]").await;
    desk.browser.says("nobody is told").await;
    assert_eq!(desk.relay.waiting().await, 1);
    desk.browser.click("main button.danger").await;
    desk.browser.says("1 recipient removed").await;
    desk.relay.drained().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_words_stay_words() {
    let desk = Desk::signed_in().await;
    let hostile = "\"<script>document.title='owned'</script>\"@evil.example";
    let mut client = desk.relay.client().await;
    client.say("EHLO <script>document.title='owned'</script>").await;
    client.ehlo().await;
    let reply = client
        .mail(hostile, &["b@bank.example"], "Subject: <script>document.title='owned'</script>\r\n\r\nx\r\n")
        .await;
    assert_eq!(reply.code, 250, "{reply}");
    desk.relay.waits(2).await;
    let hostile_search = "/search?q=%3Cscript%3Edocument.title%3D%27owned%27%3C%2Fscript%3E%40evil.example";
    for path in [
        "/queue/bank.example",
        "/decisions",
        "/tls?direction=incoming",
        hostile_search,
        "/queue/%3Cscript%3E",
    ] {
        desk.go(path).await;
        desk.is_clean().await;
        let title = desk.browser.run("return document.title").await;
        assert!(title.as_str().unwrap().ends_with("Waxseal"), "{path}: {title}");
        assert_eq!(
            desk.browser.run("return document.querySelectorAll('main script, main img').length").await,
            0
        );
    }
    desk.go("/queue/bank.example").await;
    assert!(desk.browser.text().await.contains("<script>document.title"), "it is shown as it came");
    desk.browser.click("main td[data-label=From]").await;
    let link = desk
        .browser
        .run("return [...document.querySelectorAll('main td a.mono[href^=\"/messages/\"]')].at(-1).href")
        .await;
    desk.browser.go(link.as_str().unwrap()).await;
    desk.browser.says("Subject: <script>").await;
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn colours_follow_the_system_or_the_switch() {
    let desk = Desk::signed_in().await;
    let background = "return getComputedStyle(document.body).backgroundColor";
    desk.browser.system_colours("light").await;
    let light = desk.browser.run(background).await;
    desk.browser.system_colours("dark").await;
    let dark = desk.browser.run(background).await;
    assert_ne!(light, dark, "the system's wish");
    desk.browser.click("button[name=theme]").await;
    desk.browser.says("Theme: light").await;
    assert_eq!(desk.browser.run(background).await, light, "the switch is stronger");
    desk.browser.click("button[name=theme]").await;
    desk.browser.system_colours("light").await;
    desk.browser.says("Theme: dark").await;
    assert_eq!(desk.browser.run(background).await, dark);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_for_everybody_and_fits_a_telephone() {
    let desk = Desk::signed_in().await;
    desk.relay.rejects("domains.rhai", "outgoing { \"*\" atempt }").await;
    let axe = fs::read_to_string(npm("axe-core/axe.min.js")).unwrap();
    let pages = [
        "/",
        "/queue",
        "/quarantine",
        "/queue/bank.example",
        "/queue/none.example",
        "/decisions",
        "/decisions/1",
        "/tls",
        "/tls/outgoing/bank.example",
        "/policies",
        "/policies/files/outgoing/require.rhai",
        "/shadow",
        "/search?q=b@bank.example",
        "/nonsense",
    ];
    for scheme in ["light", "dark"] {
        desk.browser.system_colours(scheme).await;
        for path in pages {
            desk.go(path).await;
            let found =
                desk.browser.run(&format!("{axe}; return axe.run().then(found => found.violations)")).await;
            let said = violations(&found);
            assert!(said.is_empty(), "{path} ({scheme}):\n{}", said.join("\n"));
        }
    }
    desk.browser.telephone().await;
    for path in pages {
        desk.go(path).await;
        let wide = desk.browser.run("return document.documentElement.scrollWidth - innerWidth").await;
        assert!(wide.as_i64().unwrap() <= 0, "{path} is {wide} pixels too wide");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_quarantined_is_looked_at_and_let_go() {
    let desk = Desk::signed_in().await;
    let content = "Subject: <b>cards</b>\r\n\r\nx\r\n";
    let id =
        desk.relay.quarantine("ann@home.example", "bob@bank.example", content, "Card <i>numbers</i>").await;
    // Whoever has its id in hand is led there.
    desk.go(&format!("/search?q={id}")).await;
    desk.browser.says("Why it is quarantined").await;
    desk.go("/quarantine").await;
    desk.browser.says("Card <i>numbers</i>").await;
    desk.browser.click("tbody th a").await;
    desk.browser.says("Why it is quarantined").await;
    assert_eq!(desk.path().await, format!("/quarantine/{id}"));
    desk.browser.fill("input[name=to]", "nobody").await;
    desk.browser.click("button[value=release]").await;
    desk.browser.says("nobody").await;
    // Of the 400 alone.
    assert_eq!(desk.browser.complaints().await.len(), 1);
    desk.go(&format!("/quarantine/{id}")).await;
    desk.browser.fill("input[name=to]", "desk@bank.example, chief@bank.example").await;
    desk.browser.click("button[value=release]").await;
    desk.browser.says("The message was released").await;
    desk.relay.waits(2).await;
    desk.go(&format!("/messages/{id}")).await;
    let text = desk.browser.text().await;
    for (address, waits) in [("desk", true), ("chief", true), ("bob", false)] {
        assert_eq!(text.contains(&format!("{address}@bank.example")), waits, "{address}: {text}");
    }
    desk.is_clean().await;
}

/// What axe has found, in words.
fn violations(found: &Value) -> Vec<String> {
    let found = found.as_array().expect("a list").iter();
    found.map(|one| format!("{}: {} at {}", one["id"], one["help"], one["nodes"][0]["html"])).collect()
}
