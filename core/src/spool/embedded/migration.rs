//! A spool of an earlier version taken over: small bodies were in the database, and version 1 knew no
//! times of attention, no standing and no destination that is put off. Version 3 knew no quarantine.

use rusqlite::{Connection, params};

use super::OpenError;
use super::folder::Folder;
use super::inventory::Inventory;
use super::place::{At, HEAD, Head};
use super::record::{self, signed};
use super::schema::{TABLES, VERSION};
use super::segments::{Appended, FULL, Segments};
use crate::spool::MessageId;

/// Octets of bodies that are moved at once.
const STEP: usize = 16 * 1024 * 1024;

/// What was there before our tables are made, and what comes into them then.
struct Steps {
    before: &'static str,
    after: &'static str,
}

/// Times of attention are those of messages that come in now.
const FROM_1: Steps = Steps {
    before: "
    DROP INDEX recipient_due;
    DROP TABLE destination;
    ALTER TABLE message RENAME TO old_message;
    ALTER TABLE recipient RENAME TO old_recipient;
",
    after: "
    INSERT INTO message (id, received, sender, size, eight_bit, smtp_utf8, segment, offset, file, length, checksum)
        SELECT id, received, sender, size, eight_bit, smtp_utf8, moved.segment, moved.offset, file, length, checksum
        FROM old_message LEFT JOIN moved USING (id);
    INSERT INTO recipient (message, number, address, domain, due, attention, standing, attempts, status)
        SELECT message, number, address, domain, due, received + 4 * 3600000000000, 0, attempts, status
        FROM old_recipient JOIN old_message ON id = message;
    INSERT INTO destination (domain, recipients, due)
        SELECT domain, count(*), min(due) FROM recipient GROUP BY domain;
",
};

const FROM_2: Steps = Steps {
    before: "
    DROP INDEX recipient_due;
    DROP INDEX recipient_ending;
    DROP INDEX destination_next;
    ALTER TABLE message RENAME TO old_message;
    ALTER TABLE recipient RENAME TO old_recipient;
    ALTER TABLE destination RENAME TO old_destination;
",
    after: "
    INSERT INTO message
            (id, received, sender, size, eight_bit, smtp_utf8, dsn, segment, offset, file, length, checksum)
        SELECT id, received, sender, size, eight_bit, smtp_utf8, dsn, moved.segment, moved.offset, file, length,
            checksum
        FROM old_message LEFT JOIN moved USING (id);
    INSERT INTO recipient
            (message, number, address, domain, due, attention, standing, attempts, status, dsn)
        SELECT message, number, address, domain, due, attention, standing, attempts, status, dsn
        FROM old_recipient;
    INSERT INTO destination (domain, recipients, due, until, why)
        SELECT domain, count(*), min(recipient.due), until, why
        FROM recipient LEFT JOIN old_destination USING (domain) GROUP BY domain;
    DROP TABLE old_destination;
",
};

const CONTENT: &str =
    "CREATE TABLE IF NOT EXISTS content (message BLOB PRIMARY KEY, octets BLOB NOT NULL) WITHOUT ROWID";

/// As our tables have it, but for the order of the columns.
const FROM_3: &str = "
    ALTER TABLE message ADD COLUMN tags TEXT;
    ALTER TABLE message ADD COLUMN quarantine TEXT;
    ALTER TABLE message ADD COLUMN released INTEGER;
    ALTER TABLE sums ADD COLUMN quarantined INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sums ADD COLUMN quarantined_octets INTEGER NOT NULL DEFAULT 0;
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
";

const ANYHOW: &str = "
    UPDATE sums SET messages = (SELECT count(*) FROM message), recipients = (SELECT count(*) FROM recipient),
        held = (SELECT count(*) FROM recipient WHERE standing = 1),
        octets = (SELECT coalesce(sum(length), 0) FROM message);
    DROP TABLE old_recipient;
    DROP TABLE old_message;
    DROP TABLE body;
";

/// Takes a spool of an earlier version over: all of it, or nothing. Bodies are in segments before a row
/// says so; if it is interrupted, there are segments that no row names, and they go first the next
/// time.
pub(super) fn migrate(connection: &mut Connection, folder: &Folder, found: i64) -> Result<(), OpenError> {
    let steps = if found == 1 { FROM_1 } else { FROM_2 };
    if !connection.table_exists(None, "body")? {
        // Version 3. Such tables had the number 2 for a while, at first without that of contents.
        let transaction = connection.transaction()?;
        transaction.execute_batch(CONTENT)?;
        transaction.execute_batch(FROM_3)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        return Ok(transaction.commit()?);
    }
    folder.remove_segments()?;
    connection.execute_batch(
        "CREATE TEMP TABLE moved (id BLOB PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL)",
    )?;
    let inventory = move_bodies(connection, folder)?;
    // The segments' own folder has a name too.
    folder.sync()?;
    let transaction = connection.transaction()?;
    for statements in [steps.before, TABLES, steps.after, ANYHOW] {
        transaction.execute_batch(statements)?;
    }
    for (number, segment) in &inventory.segments {
        segment.store(&transaction, *number)?;
    }
    transaction.commit()?;
    connection.execute_batch("DROP TABLE moved")?;
    Ok(())
}

/// A body in the database.
struct Old {
    id: MessageId,
    checksum: u32,
    content: Vec<u8>,
}

fn move_bodies(connection: &Connection, folder: &Folder) -> Result<Inventory, OpenError> {
    let mut segments = Segments::from(folder.clone(), 1, FULL);
    let mut inventory = Inventory::default();
    let mut statement =
        connection.prepare("SELECT id, checksum, content FROM message JOIN body ON body.message = id")?;
    let mut rows = statement.query([])?;
    let (mut waiting, mut octets) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let old = Old { id: record::id(row, 0)?, checksum: row.get(1)?, content: row.get(2)? };
        octets += old.content.len();
        waiting.push(old);
        if octets >= STEP {
            move_some(connection, &mut segments, &std::mem::take(&mut waiting), &mut inventory)?;
            octets = 0;
        }
    }
    move_some(connection, &mut segments, &waiting, &mut inventory)?;
    Ok(inventory)
}

fn move_some(
    connection: &Connection,
    segments: &mut Segments,
    bodies: &[Old],
    inventory: &mut Inventory,
) -> Result<(), OpenError> {
    let appended: Vec<Appended<'_>> = bodies.iter().map(Old::to_append).collect();
    if appended.is_empty() {
        return Ok(());
    }
    let places = segments.append(&appended).map_err(OpenError::Bodies)?;
    let size = segments.current().map_or(0, |(_, size)| size);
    let mut statement = connection.prepare_cached("INSERT INTO moved VALUES (?1, ?2, ?3)")?;
    for (old, place) in bodies.iter().zip(places) {
        let At::Segment { number, offset } = place.at else { continue };
        statement.execute(params![old.id.into_bytes(), signed(number), signed(offset)])?;
        let segment = inventory.segments.entry(number).or_default();
        segment.bodies += 1;
        segment.live += signed(place.length) + HEAD as i64;
        segment.size = size;
    }
    Ok(())
}

impl Old {
    fn to_append(&self) -> Appended<'_> {
        // Earlier versions kept no larger ones in the database.
        let length = u32::try_from(self.content.len()).unwrap_or(u32::MAX);
        Appended { head: Head { id: self.id, length, checksum: self.checksum }, body: &self.content }
    }
}
