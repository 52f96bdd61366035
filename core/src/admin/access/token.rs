//! The token: one secret in a file that only this user may read.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;

/// The token's file in `data_dir`, where no other is configured.
const FILE: &str = "admin.token";

/// So that whoever finds one in a text, or a program that looks for secrets, knows what it is.
const MARK: &str = "wxs_";

/// A token that is shorter is not taken: somebody chose it, and somebody can guess it. Characters.
const SHORTEST: usize = 24;

/// The longest file that is read. Octets.
const LONGEST: u64 = 4096;

/// The token in a file. Another one that is written there is the token from then on.
pub struct Token {
    path: PathBuf,
    read: Mutex<Read>,
}

/// What was read of the file.
struct Read {
    version: Version,
    /// SHA-256 of the token; `None` where there is none that can be used.
    print: Option<Print>,
}

/// A token's SHA-256: of one length, whatever is compared.
pub(super) type Print = [u8; 32];

/// Tells a file that was written anew from the one that was read.
type Version = Option<(u64, i64, i64, u64)>;

impl Token {
    /// Where the token is.
    pub fn path(configured: Option<&Path>, data_dir: &Path) -> PathBuf {
        configured.map_or_else(|| data_dir.join(FILE), Path::to_owned)
    }

    /// Opens the file, and makes it with a new token where it is not there. Blocks.
    ///
    /// # Errors
    ///
    /// It cannot be read or made, others may read it, or what it has is no token.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        match create(&path, OpenOptions::new().create_new(true)) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let (version, print) = (version(&path), Some(print_of(&text(&path)?)));
        Ok(Self { path, read: Mutex::new(Read { version, print }) })
    }

    /// Whether it is the token. Takes as long for one as for another.
    pub fn is(&self, text: &str) -> bool {
        let shown = print_of(text);
        self.print().is_some_and(|print| verify_slices_are_equal(&print, &shown).is_ok())
    }

    /// The SHA-256 of the token that holds now; `None` while the file has none.
    pub fn print(&self) -> Option<Print> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let now = version(&self.path);
        if read.version != now {
            let print = text(&self.path).map(|text| print_of(&text));
            if let Err(error) = &print {
                tracing::warn!(file = %self.path.display(), %error, "the token of the admin side cannot be read: nobody comes in");
            }
            *read = Read { version: now, print: print.ok() };
        }
        read.print
    }
}

/// The token of a file. Blocks.
///
/// # Errors
///
/// The file cannot be read, others may read it too, or what it has is no token.
pub fn text(path: &Path) -> io::Result<String> {
    let meta = fs::metadata(path)?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other("others may read it: `chmod 600` makes it private"));
    }
    if meta.len() > LONGEST {
        return Err(io::Error::other("it is too large to be a token"));
    }
    let text = fs::read_to_string(path)?.trim().to_owned();
    let printable = text.bytes().all(|octet| octet.is_ascii_graphic());
    if text.len() < SHORTEST || !printable {
        let wanted = format!(
            "it has no token: one of at least {SHORTEST} characters; `waxseal admin token --rotate` makes one"
        );
        return Err(io::Error::other(wanted));
    }
    Ok(text)
}

/// Writes a new token in the place of the one there is. Blocks.
///
/// # Errors
///
/// The file cannot be written; then the one of before stays.
pub fn rotate(path: &Path) -> io::Result<()> {
    let beside = path.with_extension("new");
    // What an earlier try may have left.
    let _ = fs::remove_file(&beside);
    create(&beside, OpenOptions::new().create_new(true))?;
    fs::rename(&beside, path)
}

fn create(path: &Path, options: &mut OpenOptions) -> io::Result<()> {
    let mut file = options.write(true).mode(0o600).open(path)?;
    let made = file.write_all(format!("{MARK}{}\n", secret()).as_bytes()).and_then(|()| file.sync_all());
    made.inspect_err(|_| drop(fs::remove_file(path)))
}

/// 256 random bits as text.
pub(super) fn secret() -> String {
    let mut octets = [0; 32];
    // The generator of aws-lc ends the process rather than give what can be guessed.
    let filled = aws_lc_rs::rand::fill(&mut octets);
    debug_assert!(filled.is_ok(), "it has no other way to fail");
    BASE64URL_NOPAD.encode(&octets)
}

fn print_of(text: &str) -> Print {
    digest(&SHA256, text.as_bytes()).as_ref().try_into().unwrap_or_default()
}

fn version(path: &Path) -> Version {
    let meta = fs::metadata(path).ok()?;
    Some((meta.ino(), meta.ctime(), meta.ctime_nsec(), meta.len()))
}

/// The secret stays out of logs, as far as types can help.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    #[test]
    fn it_is_made_once_for_this_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.token");
        let token = Token::open(path.clone()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let written = text(&path).unwrap();
        assert!(written.starts_with("wxs_") && written.len() == 47, "{written}");
        assert!(token.is(&written) && !token.is(&written[1..]) && !token.is(""));
        drop(Token::open(path.clone()).unwrap());
        assert_eq!(text(&path).unwrap(), written);
        assert!(!format!("{token:?}").contains(&written));
    }

    #[test]
    fn a_new_one_holds_at_once_and_the_old_one_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.token");
        let token = Token::open(path.clone()).unwrap();
        let before = text(&path).unwrap();
        rotate(&path).unwrap();
        let now = text(&path).unwrap();
        assert!(token.is(&now) && !token.is(&before));
        fs::remove_file(&path).unwrap();
        assert!(!token.is(&now) && token.print().is_none());
    }

    #[test]
    fn what_others_may_read_or_guess_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content, mode, why) in [
            ("open", "wxs_0123456789012345678901234567", 0o640, "others may read it"),
            ("short", "secret", 0o600, "at least 24"),
            ("empty", "", 0o600, "at least 24"),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Token::open(path).unwrap_err().to_string();
            assert!(error.contains(why), "{name}: {error}");
        }
    }

    #[test]
    fn secrets_differ() {
        let secrets: Vec<_> = iter::repeat_with(secret).take(3).collect();
        assert!(secrets[0] != secrets[1] && secrets[1] != secrets[2], "{secrets:?}");
    }
}
