//! The page and the API of the candidate in the shadow: what it would change, for whom, and how it is made live.

use std::fs;
use std::time::Duration;

use serde_json::Value;
use waxseal_tests::browser::{Browser, key, npm};
use waxseal_tests::command::waxseal;
use waxseal_tests::http::Request;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::{Site, table};
use waxseal_tests::wait::soon;

/// A relay, and an administrator at a browser with a candidate beside the policies.
struct Desk {
    relay: TestRelay,
    browser: Browser,
    token: String,
}

impl Desk {
    /// In force, `bank.example` must encrypt; the candidate has these rows.
    async fn signed_in(rows: &[&str]) -> Self {
        let site = Site::new().set("admin", "address", "\"127.0.0.1:0\"");
        let site = site.incoming(&["\"bank.example\" require"]);
        fs::create_dir(site.path("next")).unwrap();
        fs::write(site.path("next/domains.rhai"), table(rows, &[""; 0])).unwrap();
        let relay = site.start().await;
        let token = fs::read_to_string(relay.site.data().join("admin.token")).unwrap().trim().to_owned();
        let desk = Self { relay, browser: Browser::start().await, token };
        desk.browser.sign_in(desk.relay.admin().unwrap(), &desk.token).await;
        desk
    }

    async fn go(&self, path: &str) {
        self.browser.go(&format!("http://{}{path}", self.relay.admin().unwrap())).await;
    }

    /// The candidate is asked, and clients of these domains come in clear.
    async fn shadowed(&self, domains: &[&str]) -> Value {
        let (configuration, next) = (self.relay.site.path("waxseal.toml"), self.relay.site.path("next"));
        let started = waxseal(&configuration, &["shadow", "start", next.to_str().unwrap()]).await;
        assert_eq!(started.code, Some(0), "{started:?}");
        for domain in domains {
            let mut client = self.relay.client().await;
            client.ehlo().await;
            client.say(&format!("MAIL FROM:<a@{domain}>")).await;
            client.say("QUIT").await;
        }
        let request = Request::get("/api/v1/shadow").bearer(&self.token);
        let looking = async {
            loop {
                let said = request.clone().send(self.relay.admin().unwrap()).await.json();
                if said["report"]["hooks"]["incoming mail"] == domains.len() {
                    return said;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        soon("all of them in the shadow", looking).await
    }

    /// Nobody has complained, and axe finds nothing, in both colours.
    async fn is_clean(&self) {
        let axe = fs::read_to_string(npm("axe-core/axe.min.js")).unwrap();
        for scheme in ["light", "dark"] {
            self.browser.system_colours(scheme).await;
            let found =
                self.browser.run(&format!("{axe}; return axe.run().then(found => found.violations)")).await;
            assert_eq!(found.as_array().map(Vec::len), Some(0), "{scheme}: {found:#}");
        }
        assert_eq!(self.browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_get_weaker_is_said_first_with_its_domain_and_an_example() {
    let desk = Desk::signed_in(&["\"strict.example\" require"]).await;
    desk.go("/shadow").await;
    desk.browser.says("No candidate is asked.").await;
    desk.browser.says("waxseal shadow start").await;
    let none = Request::get("/api/v1/shadow").bearer(&desk.token).send(desk.relay.admin().unwrap()).await;
    assert_eq!(none.status, 404);

    let said = desk.shadowed(&["bank.example", "bank.example", "strict.example", "other.example"]).await;
    let by_domain = said["report"]["by_domain"].as_array().unwrap();
    assert_eq!(
        (&by_domain[0]["domain"], &by_domain[0]["weaker"]),
        (&"bank.example".into(), &2.into()),
        "{said:#}"
    );
    assert_eq!((&by_domain[1]["domain"], &by_domain[1]["stricter"]), (&"strict.example".into(), &1.into()));
    assert_eq!(by_domain.len(), 2, "what stays the same is no change");

    desk.go("/shadow").await;
    desk.browser.says("2 decisions would get weaker.").await;
    desk.browser.says("waxseal promote --accept-weaker").await;
    desk.browser.click("a[href='/shadow?direction=incoming&domain=strict.example#changes']").await;
    desk.browser.says("Only incoming decisions of strict.example.").await;
    let rows = "return [...document.querySelectorAll('table')].at(-1).querySelector('tbody').innerText";
    let shown = desk.browser.run(rows).await;
    let shown = shown.as_str().unwrap();
    for part in ["stricter", "incoming mail", "accept", "refuse", "incoming/require.rhai:", "strict.example"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("bank.example"), "{shown}");
    desk.is_clean().await;
    desk.browser.telephone().await;
    let wide = desk.browser.run("return document.documentElement.scrollWidth - innerWidth").await;
    assert!(wide.as_i64().unwrap() <= 0, "{wide} pixels too wide");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whether_it_would_be_taken_is_told_and_a_keyboard_gives_it_up() {
    let desk = Desk::signed_in(&["\"bank.example\" require", "\"other.example\" require"]).await;
    desk.shadowed(&["bank.example"]).await;
    desk.go("/shadow").await;
    desk.browser.says("So far it decides all as the policies in force do.").await;
    desk.browser.click("button[name=judge]").await;
    desk.browser.says("It would be taken.").await;
    let table = desk.relay.site.path("next/domains.rhai");
    let good = fs::read_to_string(&table).unwrap();
    fs::write(&table, format!("{good}\n// later\n")).unwrap();
    desk.browser.click("button[name=judge]").await;
    desk.browser.says("Its files have changed since it is asked.").await;
    fs::write(&table, "incoming { \"*\" atempt }").unwrap();
    desk.browser.click("button[name=judge]").await;
    desk.browser.says("It would not be taken.").await;
    desk.browser.says("did you mean `attempt`?").await;
    desk.is_clean().await;

    desk.browser.run("document.querySelector('button[name=judge]').focus()").await;
    desk.browser.keys(key::TAB).await;
    assert_eq!(desk.browser.focus().await, "BUTTON Ask it no more");
    desk.browser.keys(key::SPACE).await;
    desk.browser.says("The candidate is asked no more.").await;
    desk.browser.says("No candidate is asked.").await;
}
