//! The file of what a script or plugin remembers: a line of JSON for each entry, readable for people, replaced
//! as a whole.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{Entries, Entry};

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    key: String,
    /// Base64.
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
}

/// Reads what was written last. A file that cannot be read is put aside, loudly: it begins
/// with nothing, and nothing is lost for those who look.
pub(super) fn read(directory: &Path, name: &str) -> Entries {
    let path = path(directory, name);
    let entries = match fs::read_to_string(&path).and_then(|text| parse(&text)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => HashMap::new(),
        Err(error) => {
            let aside = path.with_extension("broken");
            let kept =
                fs::rename(&path, &aside).map_or_else(|error| error.to_string(), |()| "kept".to_owned());
            tracing::error!(
                name, file = %path.display(), aside = %aside.display(), kept, %error,
                "what a script or plugin remembers cannot be read: it begins with nothing"
            );
            HashMap::new()
        }
    };
    let octets = entries.iter().map(|(key, entry)| key.len() + entry.value.len()).sum();
    Entries { entries, octets, changed: false }
}

/// Writes all of it, in the place of what was there.
pub(super) fn write(directory: &Path, name: &str, entries: &HashMap<String, Entry>) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut file = NamedTempFile::new_in(directory)?;
    let mut keys: Vec<_> = entries.iter().collect();
    keys.sort_unstable_by_key(|(key, _)| *key);
    let mut text = Vec::new();
    for (key, Entry { value, until }) in keys {
        let line = Line { key: key.clone(), value: BASE64.encode(value), until: *until };
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
    }
    file.write_all(&text)?;
    file.as_file().sync_all()?;
    file.persist(path(directory, name))?;
    Ok(())
}

fn parse(text: &str) -> io::Result<HashMap<String, Entry>> {
    let entry = |line: &str| {
        let Line { key, value, until } = serde_json::from_str(line)?;
        let value = BASE64.decode(value.as_bytes()).map_err(io::Error::other)?;
        Ok((key, Entry { value, until }))
    };
    text.lines().map(entry).collect()
}

/// A name is a stem, of small letters, digits and `_`: it leads nowhere else.
fn path(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.ndjson"))
}
