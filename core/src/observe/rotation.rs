//! A file of lines that is put aside when it is full.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The size at which a file is put aside. Octets.
    pub(super) octets: u64,
    /// How many files that were put aside are kept, as `.1` (the newest) and so on.
    pub(super) files: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { octets: 64 * 1024 * 1024, files: 4 }
    }
}

/// Lines are handed to the system in pieces of this size. Octets.
const BUFFER: usize = 64 * 1024;

/// The file. After an error it is opened again at the next write, and so it is when it was removed
/// or renamed: what nobody can find is not a log.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    limits: Limits,
    current: Option<Current>,
}

#[derive(Debug)]
struct Current {
    file: BufWriter<File>,
    octets: u64,
}

impl RotatingFile {
    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path, limits: Limits) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), limits, current: Some(Current::open(path)?) })
    }

    /// Appends a line. It may stay in memory until [`RotatingFile::flush`].
    pub(super) fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let mut current = match self.current.take() {
            Some(current) => current,
            None => Current::open(&self.path)?,
        };
        if current.octets > 0 && current.octets + line.len() as u64 > self.limits.octets {
            current.flush()?;
            self.put_aside()?;
            current = Current::open(&self.path)?;
        }
        current.file.write_all(line)?;
        current.octets += line.len() as u64;
        self.current = Some(current);
        Ok(())
    }

    /// Hands everything to the system.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        current.flush()?;
        if current.is_at(&self.path) {
            self.current = Some(current);
        }
        Ok(())
    }

    fn put_aside(&self) -> io::Result<()> {
        for number in (1..self.limits.files).rev() {
            rename_if_there(&self.aside(number), &self.aside(number + 1))?;
        }
        rename_if_there(&self.path, &self.aside(1))
    }

    fn aside(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Current {
    /// Ends a line that a crash has cut off: only that one is lost.
    fn open(path: &Path) -> io::Result<Self> {
        // Peers and domains are nobody else's business.
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        let mut octets = file.metadata()?.len();
        if octets > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
                octets += 1;
            }
        }
        Ok(Self { file: BufWriter::with_capacity(BUFFER, file), octets })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    /// Whether the path still names this file.
    fn is_at(&self, path: &Path) -> bool {
        let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let opened = self.file.get_ref().metadata().map(identity);
        opened.is_ok_and(|opened| fs::metadata(path).map(identity).is_ok_and(|there| there == opened))
    }
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_files_are_put_aside_and_only_so_many_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut file = RotatingFile::open(&path, Limits { octets: 20, files: 2 }).unwrap();
        for number in 0..8 {
            file.write(format!("line {number}\n").as_bytes()).unwrap();
        }
        file.flush().unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("log"), "line 6\nline 7\n");
        assert_eq!(read("log.1"), "line 4\nline 5\n");
        assert_eq!(read("log.2"), "line 2\nline 3\n");
        assert!(!folder.path().join("log.3").exists());
    }

    #[test]
    fn a_line_that_was_cut_off_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "whole\ncut o").unwrap();
        let mut file = RotatingFile::open(&path, Limits::default()).unwrap();
        file.write(b"next\n").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole\ncut o\nnext\n");
    }

    #[test]
    fn a_file_that_was_taken_away_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        fs::create_dir(&logs).unwrap();
        let path = logs.join("log");
        let mut file = RotatingFile::open(&path, Limits::default()).unwrap();
        fs::remove_dir_all(&logs).unwrap();
        file.write(b"lost\n").unwrap();
        file.flush().unwrap();
        file.write(b"nowhere to go\n").unwrap_err();
        fs::create_dir(&logs).unwrap();
        file.write(b"found\n").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "found\n");
    }

    #[test]
    fn it_goes_on_after_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut file = RotatingFile::open(&path, Limits { octets: 8, files: 1 }).unwrap();
        file.write(b"first\n").unwrap();
        // A folder in the way of the file that is to be put aside.
        let obstacle = folder.path().join("log.1");
        fs::create_dir(&obstacle).unwrap();
        file.write(b"second\n").unwrap_err();
        fs::remove_dir(&obstacle).unwrap();
        file.write(b"third\n").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "third\n");
        assert_eq!(fs::read_to_string(&obstacle).unwrap(), "first\n");
    }
}
