//! That a relay could not be asked, in words that help.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Why a relay at this socket could not be asked.
pub(super) fn failed(socket: &Path, error: io::Error) -> anyhow::Error {
    let mut what = format!("asking at {}", socket.display());
    if error.kind() == ErrorKind::PermissionDenied
        && let Some(user) = owner(socket)
    {
        what = format!(
            "the control socket {} is for the user {user} alone, who runs the relay: ask as that user, with `sudo -u {user} waxseal ..`",
            socket.display()
        );
    }
    anyhow::Error::new(error).context(what)
}

/// Who owns the socket; where it cannot be seen, the directory in which it is.
fn owner(socket: &Path) -> Option<String> {
    let visible = socket.ancestors().take(2).find_map(|path| fs::metadata(path).ok())?;
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    Some(name(&users, visible.uid()).unwrap_or_else(|| format!("#{}", visible.uid())))
}

/// The name of a user in a text like `/etc/passwd`.
fn name(users: &str, uid: u32) -> Option<String> {
    let line = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut line = line.filter(|parts| parts.get(2).is_some_and(|one| one.parse() == Ok(uid)));
    line.next()?.first().map(|name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_ask_is_told_who_may() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("control.sock");
        let denied = || io::Error::from(ErrorKind::PermissionDenied);
        let user = owner(&socket).unwrap();
        let said = format!("{:#}", failed(&socket, denied()));
        assert!(said.contains(&format!("is for the user {user} alone")), "{said}");
        assert!(said.contains(&format!("sudo -u {user} waxseal")) && said.contains("denied"), "{said}");
        let other = format!("{:#}", failed(&socket, ErrorKind::TimedOut.into()));
        assert!(other.starts_with("asking at ") && !other.contains("sudo"), "{other}");
    }

    #[test]
    fn a_user_has_the_name_that_the_system_knows() {
        let users = "root:x:0:0:root:/root:/bin/sh\n\nwaxseal:x:991:991::/var/lib/waxseal:/bin/false\nodd\n";
        assert_eq!(name(users, 991).as_deref(), Some("waxseal"));
        assert_eq!(name(users, 5), None);
    }
}
