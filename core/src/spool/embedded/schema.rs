//! The database: its settings and its tables.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Result};

use super::Options;

/// The version of the tables, kept in `user_version`.
pub(super) const VERSION: i64 = 2;

/// `due` of a recipient that is not to be tried at all: it is held, given up or removed.
pub(super) const NEVER: i64 = i64::MAX;

/// `destination` has a line for every domain that something waits for, with the earliest due time
/// of its recipients, and until when it is put off. It is what keeps the choice of what is due fair
/// and cheap, however much waits for one dead domain. The index on recipients has all that a choice
/// needs. Bodies have a table of their own, so that counting and listing messages does not read them.
const TABLES: &str = "
    CREATE TABLE message (
        id BLOB PRIMARY KEY,
        received INTEGER NOT NULL,
        sender TEXT NOT NULL,
        size INTEGER NOT NULL,
        eight_bit INTEGER NOT NULL,
        smtp_utf8 INTEGER NOT NULL,
        dsn TEXT,
        checksum INTEGER NOT NULL,
        length INTEGER NOT NULL,
        file TEXT UNIQUE
    ) WITHOUT ROWID;
    CREATE TABLE body (
        message BLOB PRIMARY KEY,
        content BLOB NOT NULL
    );
    CREATE TABLE recipient (
        message BLOB NOT NULL,
        number INTEGER NOT NULL,
        address TEXT NOT NULL,
        domain TEXT NOT NULL,
        due INTEGER NOT NULL,
        attention INTEGER NOT NULL,
        standing INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        status TEXT,
        dsn TEXT,
        PRIMARY KEY (message, number)
    ) WITHOUT ROWID;
    CREATE INDEX recipient_due ON recipient (domain, due, message, number, attention);
    CREATE INDEX recipient_ending ON recipient (standing, message, number, domain) WHERE standing >= 2;
    CREATE TABLE destination (
        domain TEXT PRIMARY KEY,
        recipients INTEGER NOT NULL,
        due INTEGER NOT NULL,
        until INTEGER,
        why TEXT,
        next INTEGER AS (max(due, ifnull(until, due)))
    ) WITHOUT ROWID;
    CREATE INDEX destination_next ON destination (next, domain);
    PRAGMA user_version = 2;
";

/// Version 1 knew no times of attention: they are those of messages that come in now.
const FROM_VERSION_1: [&str; 2] = [
    "
    DROP INDEX recipient_due;
    DROP TABLE destination;
    ALTER TABLE message RENAME TO old_message;
    ALTER TABLE body RENAME TO old_body;
    ALTER TABLE recipient RENAME TO old_recipient;
    ",
    "
    INSERT INTO message (id, received, sender, size, eight_bit, smtp_utf8, checksum, length, file)
        SELECT id, received, sender, size, eight_bit, smtp_utf8, checksum, length, file FROM old_message;
    INSERT INTO body SELECT message, content FROM old_body;
    INSERT INTO recipient (message, number, address, domain, due, attention, standing, attempts, status)
        SELECT message, number, address, domain, due, received + 4 * 3600000000000, 0, attempts, status
        FROM old_recipient JOIN old_message ON id = message;
    INSERT INTO destination (domain, recipients, due) SELECT domain, count(*), min(due) FROM recipient GROUP BY domain;
    DROP TABLE old_recipient;
    DROP TABLE old_body;
    DROP TABLE old_message;
    ",
];

/// Opens the writer's connection and makes the tables of a new spool. Answers with the version of
/// the tables that are there.
pub(super) fn open_writer(path: &Path, options: &Options) -> Result<(Connection, i64)> {
    let mut connection = Connection::open(path)?;
    // Page size and vacuum mode hold only if they are set before the first table. FULL, since
    // NORMAL does not sync the log at a commit: acknowledged mail would be gone after a power loss.
    connection.execute_batch(
        "PRAGMA page_size = 8192;
         PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA cache_size = -65536;
         PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA busy_timeout = 10000;",
    )?;
    keep_plans(&connection)?;
    connection.pragma_update(None, "max_page_count", options.pages)?;
    let version = version(&connection)?;
    if version < VERSION {
        make_tables(&mut connection, version)?;
    }
    connection.busy_handler(Some(wait_for_others))?;
    Ok((connection, version.max(VERSION)))
}

/// Makes the tables, with what a spool of the version before has: all of it or nothing.
fn make_tables(connection: &mut Connection, version: i64) -> Result<()> {
    let transaction = connection.transaction()?;
    let [before, after] = if version == 1 { FROM_VERSION_1 } else { [""; 2] };
    for statements in [before, TABLES, after] {
        transaction.execute_batch(statements)?;
    }
    transaction.commit()
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch("PRAGMA cache_size = -4096; PRAGMA busy_timeout = 10000;")?;
    keep_plans(&connection)?;
    Ok(connection)
}

/// Without this, each value that is bound to a comparison has the statement planned anew: a third of
/// what reading costs.
fn keep_plans(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

/// Somebody works on the database with a tool of his own: the writer waits as long as it takes,
/// since nothing is wrong with the disk.
fn wait_for_others(tries: i32) -> bool {
    const PAUSE: Duration = Duration::from_millis(20);
    if tries % 500 == 499 {
        tracing::warn!(
            "another program has locked the spool's database: no mail is accepted until it lets go"
        );
    }
    thread::sleep(PAUSE);
    true
}

/// The version of the tables that are there.
pub(super) fn version(connection: &Connection) -> Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
