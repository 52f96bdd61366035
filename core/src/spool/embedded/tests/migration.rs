//! A spool of an earlier version.

use rusqlite::Connection;

use super::*;

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
