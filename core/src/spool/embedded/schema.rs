//! The database: its settings and its tables.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Result};

use super::Options;

/// The version of the tables, kept in `user_version`.
pub(super) const VERSION: i64 = 4;

/// `due` of a recipient that is not to be tried at all: it is held, given up or removed.
pub(super) const NEVER: i64 = i64::MAX;

/// `destination` has a line for every domain that something waits for, with the earliest due time
/// of its recipients, and until when it is put off. It is what keeps the choice of what is due fair
/// and cheap, however much waits for one dead domain. The index on recipients has all that a choice
/// needs. `content` has the bodies of messages that came in with few others, and so need no sync of
/// their own; a message with neither segment nor file has its body there. `segment` and `sums` say what
/// there is, so that nothing must be counted. A message with a `quarantine` and not yet `released` has its
/// recipients in `quarantined`, where nothing that chooses or lists what waits ever looks.
pub(super) const TABLES: &str = "
    CREATE TABLE message (
        id BLOB PRIMARY KEY,
        received INTEGER NOT NULL,
        sender TEXT NOT NULL,
        size INTEGER NOT NULL,
        eight_bit INTEGER NOT NULL,
        smtp_utf8 INTEGER NOT NULL,
        dsn TEXT,
        tags TEXT,
        quarantine TEXT,
        released INTEGER,
        segment INTEGER,
        offset INTEGER,
        file TEXT,
        length INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE content (
        message BLOB PRIMARY KEY,
        octets BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX message_file ON message (file) WHERE file IS NOT NULL;
    CREATE INDEX message_quarantined ON message (id) WHERE quarantine IS NOT NULL AND released IS NULL;
    CREATE TABLE quarantined (
        message BLOB NOT NULL,
        number INTEGER NOT NULL,
        address TEXT NOT NULL,
        domain TEXT NOT NULL,
        attention INTEGER NOT NULL,
        dsn TEXT,
        PRIMARY KEY (message, number)
    ) WITHOUT ROWID;
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
    CREATE TABLE segment (
        number INTEGER PRIMARY KEY,
        bodies INTEGER NOT NULL,
        live INTEGER NOT NULL,
        size INTEGER NOT NULL,
        begun INTEGER NOT NULL
    );
    CREATE TABLE sums (
        messages INTEGER NOT NULL,
        recipients INTEGER NOT NULL,
        held INTEGER NOT NULL,
        octets INTEGER NOT NULL,
        quarantined INTEGER NOT NULL,
        quarantined_octets INTEGER NOT NULL
    );
    INSERT INTO sums VALUES (0, 0, 0, 0, 0, 0);
    PRAGMA user_version = 4;
";

/// How many prepared statements a connection keeps: all of them.
const STATEMENTS: usize = 64;

/// Opens the writer's connection, and makes the tables of a new spool. Answers with the version of
/// the tables that were there; 0 for none.
pub(super) fn open_writer(path: &Path, options: &Options) -> Result<(Connection, i64)> {
    let mut connection = Connection::open(path)?;
    // Page size and vacuum mode hold only if they are set before the first table. FULL, since
    // NORMAL does not sync the log at a commit: acknowledged mail would be gone after a power loss.
    connection.execute_batch(
        "PRAGMA page_size = 4096;
         PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA cache_size = -8192;
         PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA busy_timeout = 10000;",
    )?;
    keep_plans(&connection)?;
    connection.pragma_update(None, "max_page_count", options.pages)?;
    let version = version(&connection)?;
    if version == 0 {
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.commit()?;
    }
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_handler(Some(wait_for_others))?;
    Ok((connection, version))
}

/// Opens the connection that writes the log back.
pub(super) fn open_checkpoints(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 10000;",
    )?;
    Ok(connection)
}

/// The log is not written back when the connection is closed.
pub(super) fn leave_log(connection: &Connection) {
    // If this fails, so does the writing back.
    let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch("PRAGMA cache_size = -2048; PRAGMA busy_timeout = 10000;")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
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
