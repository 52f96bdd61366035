//! The file that brings what is known of domains over a restart: JSON lines, a domain each.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use waxseal_plugins::hooks::Direction;

use super::{DOMAINS, DomainPosture, Posture};

impl Posture {
    /// Takes what was written before; what cannot be read is left out. Blocks.
    ///
    /// # Errors
    ///
    /// The file cannot be read. One that is not there has nothing.
    pub fn read(&self, path: &Path) -> io::Result<()> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        for line in BufReader::new(file).lines() {
            if let Ok(one) = serde_json::from_str::<DomainPosture>(&line?) {
                let mut domains = self.domains(one.direction);
                if domains.len() < DOMAINS {
                    domains.entry(one.domain.clone()).or_insert(one);
                }
            }
        }
        Ok(())
    }

    /// Writes it, in the place of what was written before. Blocks.
    ///
    /// # Errors
    ///
    /// The file cannot be written; the one of before stays.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        // Not under the lock: the disk may be slow, and decisions wait for it.
        let of = |direction| self.domains(direction).values().cloned().collect::<Vec<_>>();
        let all = [of(Direction::Outgoing), of(Direction::Incoming)].concat();
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
        for one in &all {
            serde_json::to_writer(&mut file, one)?;
            file.write_all(b"\n")?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?.persist(path)?;
        Ok(())
    }
}
