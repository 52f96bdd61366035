//! What a message says after each edit, octet for octet, and to whom it goes.

use super::{Actor, BODY, RECIPIENT, SENDER, letter, send, untraced};

/// What is in the place of what.
type Instead<'a> = &'a [(&'a str, &'a str)];

/// An order, and what it does to the message.
#[rustfmt::skip]
const CASES: [(&str, Instead<'_>); 17] = [
    ("accept",                             &[]),
    ("add_header|X-New|yes",               &[("boundary=b\r\n\r\n", "boundary=b\r\nX-New: yes\r\n\r\n")]),
    ("insert_header|0|X-In|yes",           &[("TRACE\r\n", "X-In: yes\r\nTRACE\r\n")]),
    ("insert_header|1|X-In|yes",           &[("TRACE\r\n", "TRACE\r\nX-In: yes\r\n")]),
    ("insert_header|99|X-In|yes",          &[("boundary=b\r\n\r\n", "boundary=b\r\nX-In: yes\r\n\r\n")]),
    ("replace_header|subject|Other",       &[("Subject: Blue elephants", "subject: Other")]),
    ("replace_header|X-Old|uno",           &[("X-Old: one", "X-Old: uno")]),
    ("replace_header|X-New|yes",           &[("boundary=b\r\n\r\n", "boundary=b\r\nX-New: yes\r\n\r\n")]),
    ("remove_header|X-Old",                &[("X-Old: one\r\nX-Old: two\r\n", "")]),
    ("replace_body|Nothing to see",        &[(BODY, "Nothing to see\r\n")]),
    ("replace_part|1.1|bye",               &[("\r\n\r\nhello\r\n", "\r\n\r\nbye\r\n")]),
    ("remove_part|2",                      &[("--b\r\nContent-Disposition: attachment; filename=notes.txt\r\n\r\nold notes\r\n", "")]),
    ("remove_part|1.2",                    &[("--a\r\nContent-Type: text/html\r\n\r\n<body>hello</body>\r\n", "")]),
    // To HTML the same, escaped.
    ("append_text|a < b",                  &[("\r\n\r\nhello\r\n", "\r\n\r\nhello\r\na < b\r\n"), ("</body>", "\r\n<p>a &lt; b</p>\r\n</body>")]),
    ("append_text|Legal|<hr>Legal",        &[("\r\n\r\nhello\r\n", "\r\n\r\nhello\r\nLegal\r\n"), ("</body>", "\r\n<hr>Legal\r\n</body>")]),
    ("tag|class|bulk",                     &[]),
    // What this message does not have cannot be removed: that is left out.
    ("remove_part|7",                      &[]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_changes_what_it_says_and_nothing_else() {
    the_table_holds(Actor::Script).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_changes_what_it_says_and_nothing_else() {
    the_table_holds(Actor::Plugin).await;
}

async fn the_table_holds(actor: Actor) {
    let (relay, host) = actor.relay().await;
    let mut wrong = Vec::new();
    for (number, (order, instead)) in (1..).zip(CASES) {
        let content = letter(&[order]);
        let reply = send(&relay, &[RECIPIENT], &content).await;
        assert_eq!(reply.codes(), "250 2.0.0", "{actor:?} {order}: {reply}");
        let mut expected = format!("TRACE\r\n{content}");
        for (was, becomes) in instead {
            assert_eq!(expected.matches(was).count(), 1, "{order}: {was}");
            expected = expected.replace(was, becomes);
        }
        let arrived = untraced(host.messages_until(number).await.last().unwrap());
        if arrived != expected {
            wrong.push(format!("  {order} ->\n{expected}\n  but:\n{arrived}"));
        }
    }
    assert!(wrong.is_empty(), "{actor:?}:\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_edits_are_done_in_the_order_in_which_they_are_said() {
    for actor in [Actor::Script, Actor::Plugin] {
        let (relay, host) = actor.relay().await;
        let orders =
            ["add_header|X-Old|three", "replace_header|X-Old|uno", "remove_part|2", "remove_header|X-Do"];
        assert_eq!(send(&relay, &[RECIPIENT], &letter(&orders)).await.code, 250);
        let expected = format!("TRACE\r\n{}", letter(&[]))
            .replace("X-Old: one", "X-Old: uno")
            .replace("boundary=b\r\n\r\n", "boundary=b\r\nX-Old: three\r\n\r\n")
            .replace("--b\r\nContent-Disposition: attachment; filename=notes.txt\r\n\r\nold notes\r\n", "");
        assert_eq!(untraced(&host.messages_until(1).await[0]), expected, "{actor:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recipients_come_and_go() {
    for actor in [Actor::Script, Actor::Plugin] {
        let (relay, host) = actor.relay().await;
        let named = [RECIPIENT, "eve@there.example"];
        let orders = [
            "add_recipient|cyd@there.example",
            // There already: one copy.
            "add_recipient|bob@there.example",
            "remove_recipient|eve@there.example",
            "remove_recipient|nobody@there.example",
        ];
        assert_eq!(send(&relay, &named, &letter(&orders)).await.code, 250);
        relay.drained().await;
        let mut recipients: Vec<_> = host.messages().into_iter().flat_map(|one| one.recipients).collect();
        recipients.sort();
        assert_eq!(recipients, [RECIPIENT, "cyd@there.example"], "{actor:?}");
        assert!(host.messages().iter().all(|message| message.sender == SENDER));

        // Whom it takes all recipients from goes nowhere.
        let orders = ["remove_recipient|bob@there.example"];
        assert_eq!(send(&relay, &[RECIPIENT], &letter(&orders)).await.code, 250, "{actor:?}");
        assert_eq!(relay.waiting().await, 0);
    }
}
