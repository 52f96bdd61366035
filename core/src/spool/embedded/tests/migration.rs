//! A spool of an earlier version.

use rusqlite::Connection;

use super::*;
use crate::smtp::dsn::MessageDsn;
use crate::spool::Purpose;

/// The tables of version 1, as they were.
const VERSION_1: &str = "
    CREATE TABLE message (id BLOB PRIMARY KEY, received INTEGER NOT NULL, sender TEXT NOT NULL, size INTEGER NOT NULL,
        eight_bit INTEGER NOT NULL, smtp_utf8 INTEGER NOT NULL, checksum INTEGER NOT NULL, length INTEGER NOT NULL,
        file TEXT UNIQUE) WITHOUT ROWID;
    CREATE TABLE body (message BLOB PRIMARY KEY, content BLOB NOT NULL);
    CREATE TABLE recipient (message BLOB NOT NULL, number INTEGER NOT NULL, address TEXT NOT NULL, domain TEXT NOT NULL,
        due INTEGER NOT NULL, attempts INTEGER NOT NULL, status TEXT, PRIMARY KEY (message, number)) WITHOUT ROWID;
    CREATE INDEX recipient_due ON recipient (domain, due, message, number);
    CREATE TABLE destination (domain TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX destination_due ON destination (due, domain);
    INSERT INTO message VALUES (x'0190f5fe7c0070008000000000000001', 1, 'alice@sender.example', 5, 1, 0, 2591144780, 5, NULL);
    INSERT INTO body VALUES (x'0190f5fe7c0070008000000000000001', x'68656c6c6f');
    INSERT INTO recipient VALUES (x'0190f5fe7c0070008000000000000001', 0, 'bob@one.example', 'one.example', 7, 2, NULL);
    INSERT INTO destination VALUES ('one.example', 7);
    PRAGMA user_version = 1;
";

#[tokio::test]
async fn a_spool_of_version_1_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    Connection::open(folder.path().join("queue.sqlite")).unwrap().execute_batch(VERSION_1).unwrap();
    let spool = open(folder.path());
    let lease = leased(&spool, 1).await.remove(0);
    assert_eq!(lease.envelope.sender, "alice@sender.example");
    assert_eq!(lease.recipients[0].attempts, 2);
    assert_eq!(read(&spool, lease.envelope.id).await.unwrap(), b"hello");
    spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
    assert_eq!(spool.stats().await.unwrap(), Default::default());
}

/// The tables of version 2, as they were.
const VERSION_2: &str = "
    CREATE TABLE message (id BLOB PRIMARY KEY, received INTEGER NOT NULL, sender TEXT NOT NULL, size INTEGER NOT NULL,
        eight_bit INTEGER NOT NULL, smtp_utf8 INTEGER NOT NULL, dsn TEXT, checksum INTEGER NOT NULL,
        length INTEGER NOT NULL, file TEXT UNIQUE) WITHOUT ROWID;
    CREATE TABLE body (message BLOB PRIMARY KEY, content BLOB NOT NULL);
    CREATE TABLE recipient (message BLOB NOT NULL, number INTEGER NOT NULL, address TEXT NOT NULL, domain TEXT NOT NULL,
        due INTEGER NOT NULL, attention INTEGER NOT NULL, standing INTEGER NOT NULL, attempts INTEGER NOT NULL,
        status TEXT, dsn TEXT, PRIMARY KEY (message, number)) WITHOUT ROWID;
    CREATE INDEX recipient_due ON recipient (domain, due, message, number, attention);
    CREATE INDEX recipient_ending ON recipient (standing, message, number, domain) WHERE standing >= 2;
    CREATE TABLE destination (domain TEXT PRIMARY KEY, recipients INTEGER NOT NULL, due INTEGER NOT NULL, until INTEGER,
        why TEXT, next INTEGER AS (max(due, ifnull(until, due)))) WITHOUT ROWID;
    CREATE INDEX destination_next ON destination (next, domain);
    INSERT INTO message VALUES (x'0190f5fe7c0070008000000000000001', 1, 'alice@sender.example', 5, 1, 0,
        :dsn, 2591144780, 5, NULL);
    INSERT INTO body VALUES (x'0190f5fe7c0070008000000000000001', x'68656c6c6f');
    INSERT INTO recipient VALUES
        (x'0190f5fe7c0070008000000000000001', 0, 'bob@one.example', 'one.example', 7, 8, 0, 2, NULL, NULL),
        (x'0190f5fe7c0070008000000000000001', 1, 'eve@two.example', 'two.example', 9223372036854775807, 8, 1, 0, NULL,
            NULL);
    INSERT INTO destination (domain, recipients, due, until, why) VALUES
        ('one.example', 1, 7, 7000000000000000000, :why), ('two.example', 1, 9223372036854775807, NULL, NULL);
    PRAGMA user_version = 2;
";

#[tokio::test]
async fn a_spool_of_version_2_is_taken_over_with_all_that_was_said_in_it() {
    let folder = tempfile::tempdir().unwrap();
    // An attempt before this one was interrupted.
    std::fs::create_dir(folder.path().join("small")).unwrap();
    let left = folder.path().join("small/0000000000000001.segment");
    std::fs::write(&left, [7; 1000]).unwrap();
    let dsn = MessageDsn { envid: Some("QQ314159".to_owned()), ..Default::default() };
    let quoted = |json: String| format!("'{json}'");
    let tables = VERSION_2
        .replace(":dsn", &quoted(serde_json::to_string(&dsn).unwrap()))
        .replace(":why", &quoted(serde_json::to_string(&status()).unwrap()));
    Connection::open(folder.path().join("queue.sqlite")).unwrap().execute_batch(&tables).unwrap();

    let spool = open(folder.path());
    let put_off = spool.destinations(&Filter::default(), None, 10).await.unwrap();
    assert_eq!(put_off[0].put_off.as_ref().map(|(_, why)| why), Some(&status()));
    assert_eq!((put_off[1].held, put_off[1].put_off.is_some()), (1, false));
    let lease = leased(&spool, 10).await.remove(0);
    assert_eq!(lease.purpose, Purpose::Overdue { why: status() });
    assert_eq!((lease.envelope.dsn.clone(), lease.recipients[0].attempts), (dsn, 2));
    assert_eq!(read(&spool, lease.envelope.id).await.unwrap(), b"hello");
    spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
    let stats = spool.stats().await.unwrap();
    assert_eq!((stats.messages, stats.recipients, stats.held, stats.octets), (1, 1, 1, 5));
    let octets: u64 = segments(folder.path()).iter().map(|path| path.metadata().unwrap().len()).sum();
    assert_eq!(octets, 24 + 5, "nothing is left of the attempt before");
}

/// The tables of version 3, as they were, with what waited in them.
const VERSION_3: &str = "
    CREATE TABLE message (id BLOB PRIMARY KEY, received INTEGER NOT NULL, sender TEXT NOT NULL, size INTEGER NOT NULL,
        eight_bit INTEGER NOT NULL, smtp_utf8 INTEGER NOT NULL, dsn TEXT, segment INTEGER, offset INTEGER, file TEXT,
        length INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE content (message BLOB PRIMARY KEY, octets BLOB NOT NULL) WITHOUT ROWID;
    CREATE INDEX message_file ON message (file) WHERE file IS NOT NULL;
    CREATE TABLE recipient (message BLOB NOT NULL, number INTEGER NOT NULL, address TEXT NOT NULL, domain TEXT NOT NULL,
        due INTEGER NOT NULL, attention INTEGER NOT NULL, standing INTEGER NOT NULL, attempts INTEGER NOT NULL,
        status TEXT, dsn TEXT, PRIMARY KEY (message, number)) WITHOUT ROWID;
    CREATE INDEX recipient_due ON recipient (domain, due, message, number, attention);
    CREATE INDEX recipient_ending ON recipient (standing, message, number, domain) WHERE standing >= 2;
    CREATE TABLE destination (domain TEXT PRIMARY KEY, recipients INTEGER NOT NULL, due INTEGER NOT NULL, until INTEGER,
        why TEXT, next INTEGER AS (max(due, ifnull(until, due)))) WITHOUT ROWID;
    CREATE INDEX destination_next ON destination (next, domain);
    CREATE TABLE segment (number INTEGER PRIMARY KEY, bodies INTEGER NOT NULL, live INTEGER NOT NULL,
        size INTEGER NOT NULL, begun INTEGER NOT NULL);
    CREATE TABLE sums (messages INTEGER NOT NULL, recipients INTEGER NOT NULL, held INTEGER NOT NULL,
        octets INTEGER NOT NULL);
    INSERT INTO sums VALUES (1, 1, 0, 5);
    INSERT INTO message VALUES (x'0190f5fe7c0070008000000000000001', 1, 'alice@sender.example', 5, 1, 0, NULL, NULL,
        NULL, NULL, 5, 2591144780);
    INSERT INTO content VALUES (x'0190f5fe7c0070008000000000000001', x'68656c6c6f');
    INSERT INTO recipient VALUES
        (x'0190f5fe7c0070008000000000000001', 0, 'bob@one.example', 'one.example', 7, 8, 0, 2, NULL, NULL);
    INSERT INTO destination (domain, recipients, due) VALUES ('one.example', 1, 7);
    PRAGMA user_version = 3;
";

#[tokio::test]
async fn a_spool_of_version_3_is_taken_over_and_quarantines() {
    let folder = tempfile::tempdir().unwrap();
    Connection::open(folder.path().join("queue.sqlite")).unwrap().execute_batch(VERSION_3).unwrap();
    for _ in 0..2 {
        let spool = open(folder.path());
        quarantine::kept(&spool, b"hello").await;
        spool.shutdown().await;
    }
    let spool = open(folder.path());
    let stats = spool.stats().await.unwrap();
    assert_eq!((stats.messages, stats.octets, stats.quarantined, stats.quarantined_octets), (1, 5, 2, 10));
    let lease = leased(&spool, 10).await.remove(0);
    assert_eq!((lease.recipients[0].attempts, &lease.envelope.quarantine), (2, &None));
    assert_eq!(read(&spool, lease.envelope.id).await.unwrap(), b"hello");
}

#[tokio::test]
async fn a_spool_that_was_taken_over_is_as_a_new_one() {
    let columns = |folder: &Path| -> Vec<(String, String)> {
        let database = Connection::open(folder.join("queue.sqlite")).unwrap();
        let mut names = database
            .prepare(
                "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = 'table'
                 UNION SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
            )
            .unwrap();
        let names = names.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    };
    let [new, old] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    Connection::open(old.path().join("queue.sqlite")).unwrap().execute_batch(VERSION_3).unwrap();
    for folder in [&new, &old] {
        open(folder.path()).shutdown().await;
    }
    assert_eq!(columns(old.path()), columns(new.path()));
}

#[tokio::test]
async fn tables_like_ours_had_another_number_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Embedded::open_with(folder.path(), Options { in_tables: 0, ..Options::default() }).unwrap();
    let id = enqueue(&spool, &["bob@one.example"]).await.id;
    spool.shutdown().await;
    drop(spool);
    let database = Connection::open(folder.path().join("queue.sqlite")).unwrap();
    database.pragma_update(None, "user_version", 2).unwrap();
    let not_yet = "DROP TABLE content; DROP TABLE quarantined; DROP INDEX message_quarantined;
        ALTER TABLE message DROP COLUMN tags; ALTER TABLE message DROP COLUMN quarantine;
        ALTER TABLE message DROP COLUMN released; ALTER TABLE sums DROP COLUMN quarantined;
        ALTER TABLE sums DROP COLUMN quarantined_octets";
    database.execute_batch(not_yet).unwrap();
    drop(database);
    let spool = open(folder.path());
    enqueue(&spool, &["eve@one.example"]).await;
    assert_eq!(read(&spool, id).await.unwrap(), b"hello");
}
