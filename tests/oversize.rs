//! Whatever is too large is refused in words, and nothing else suffers.

use waxseal_tests::client::message;
use waxseal_tests::site::Site;
use waxseal_tests::wait::soon;

#[tokio::test]
async fn an_endless_command_is_refused_and_the_next_one_is_read() {
    let relay = Site::new().start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    for length in [5_000, 100_000, 2_000_000] {
        let reply = client.say(&format!("NOOP {}", "x".repeat(length))).await;
        assert_eq!(reply.codes(), "500 5.5.2", "{length}: {reply}");
        assert_eq!(client.say("NOOP").await.code, 250, "{length}");
    }
}

#[tokio::test]
async fn a_message_that_says_it_is_too_large_is_refused_at_mail() {
    let relay = Site::new().set("limits", "message_size", r#""1MiB""#).start().await;
    let mut client = relay.client().await;
    assert!(client.ehlo().await.lines.contains(&"SIZE 1048576".to_owned()));
    assert_eq!(client.say("MAIL FROM:<a@client.example> SIZE=1048577").await.codes(), "552 5.3.4");
    assert_eq!(client.say("MAIL FROM:<a@client.example> SIZE=1048576").await.code, 250);
}

#[tokio::test]
async fn a_message_that_turns_out_too_large_is_refused_at_its_end() {
    let relay = Site::new().set("limits", "message_size", r#""1MiB""#).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let content = format!("Subject: large\r\n\r\n{}", "0123456789\r\n".repeat(200_000));
    assert_eq!(client.mail("a@client.example", &["b@there.example"], &content).await.codes(), "552 5.3.4");
    assert_eq!(relay.waiting().await, 0);
    assert_eq!(client.mail("a@client.example", &["b@there.example"], &message("small")).await.code, 250);
}

#[tokio::test]
async fn too_many_recipients_are_deferred_and_the_first_ones_kept() {
    let relay = Site::new().set("limits", "recipients", "3").start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    client.say("MAIL FROM:<a@client.example>").await;
    for number in 0..3 {
        assert_eq!(client.say(&format!("RCPT TO:<n{number}@there.example>")).await.code, 250);
    }
    assert_eq!(client.say("RCPT TO:<n3@there.example>").await.codes(), "452 4.5.3");
    assert_eq!(client.say("DATA").await.code, 354);
}

#[tokio::test]
async fn a_client_with_too_many_sessions_is_told_so_and_others_are_not() {
    let relay = Site::new().set("limits", "sessions_per_client", "2").start().await;
    let (first, second) = (relay.client_from([127, 0, 6, 1]).await, relay.client_from([127, 0, 6, 1]).await);
    assert_eq!((first.greeting.code, second.greeting.code), (220, 220));
    assert_eq!(relay.client_from([127, 0, 6, 1]).await.greeting.code, 421);
    assert_eq!(relay.client_from([127, 0, 6, 2]).await.greeting.code, 220);
}

#[tokio::test]
async fn too_many_sessions_in_all_are_told_so_until_one_ends() {
    let relay = Site::new().set("limits", "sessions", "2").start().await;
    let (mut first, second) =
        (relay.client_from([127, 0, 6, 1]).await, relay.client_from([127, 0, 6, 2]).await);
    assert_eq!((first.greeting.code, second.greeting.code), (220, 220));
    assert_eq!(relay.client_from([127, 0, 6, 3]).await.greeting.code, 421);
    assert_eq!(first.say("QUIT").await.code, 221);
    first.rest().await;
    let admitted = async { while relay.client_from([127, 0, 6, 3]).await.greeting.code != 220 {} };
    soon("the place of the one that ended", admitted).await;
}

#[tokio::test]
async fn a_client_that_only_errs_is_sent_away() {
    let relay = Site::new().start().await;
    let mut client = relay.client().await;
    let mut replies = Vec::new();
    for _ in 0..200 {
        replies.push(client.say("WHATEVER").await.code);
        if replies.last() == Some(&421) {
            return;
        }
    }
    panic!("it may go on for ever: {replies:?}");
}
