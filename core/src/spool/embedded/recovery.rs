//! What a start must do before the database is opened.
//!
//! A sync that has failed leaves pages in memory that the kernel takes for written: whoever reads
//! them sees what is not on the disk, and no later sync brings it there. A start that read the log like
//! that would go on behind a hole, and a power loss would end the log there, with all that was
//! acknowledged since. So the log is written once more as it is read, and synced.
//!
//! Bodies need nothing of the kind. A row names a body only after a sync that went well, and a file
//! whose sync has failed is never written to again.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How much is written at once. Octets.
const CHUNK: usize = 1024 * 1024;

/// Writes a log over itself, and syncs it. Nothing is done where there is none.
pub(super) fn write_again(log: &Path) -> io::Result<()> {
    let file = match OpenOptions::new().read(true).write(true).open(log) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() == 0 {
        return Ok(());
    }
    let (mut chunk, mut offset) = (vec![0; CHUNK], 0);
    loop {
        let length = read(&file, &mut chunk, offset)?;
        let Some(read) = chunk.get(..length).filter(|read| !read.is_empty()) else { break };
        file.write_all_at(read, offset)?;
        offset += read.len() as u64;
    }
    file.sync_data()
}

fn read(file: &File, chunk: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        match file.read_at(chunk, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
