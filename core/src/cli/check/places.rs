//! Where the relay writes, and the secret that it keeps there: looked at, and nothing is made.

use std::io::ErrorKind;

use rustix::fs::Access;
use waxseal_plugins::diagnostic::Diagnostic;
use waxseal_plugins::place::Place;

use crate::admin::access::{self, Token};
use crate::config::Config;

/// What would keep a relay from starting.
pub(super) fn check(config: &Config) -> Vec<Diagnostic> {
    data_dir(config).into_iter().chain(token(config)).collect()
}

/// One that is not there is made at the start, by the user that the relay runs as: who checks may be another.
fn data_dir(config: &Config) -> Option<Diagnostic> {
    let directory = &config.data_dir;
    let is_there = directory.is_dir();
    if !is_there || rustix::fs::access(directory, Access::WRITE_OK | Access::EXEC_OK).is_ok() {
        return None;
    }
    let message = format!("this user cannot write into `data_dir`, {}", directory.display());
    Some(of_another(config, message, "a relay starts as the user that the directory belongs to"))
}

/// It is made at the start where it is not there.
fn token(config: &Config) -> Option<Diagnostic> {
    let path = Token::path(config.admin.as_ref()?.token_file.as_deref(), &config.data_dir);
    let error = access::text(&path).err().filter(|error| error.kind() != ErrorKind::NotFound)?;
    let message = format!("the token of the admin side, {}, cannot be used: {error}", path.display());
    let help = "`admin.token_file` is a file that only the relay's user may read";
    Some(match error.kind() {
        ErrorKind::PermissionDenied => of_another(config, message, help),
        _ => unusable(config, message, help),
    })
}

/// No relay can use it.
fn unusable(config: &Config, message: String, help: &str) -> Diagnostic {
    Diagnostic::error("C006", place(config), message).helped(help)
}

/// Who checks cannot use it, and may be another user than the relay's.
fn of_another(config: &Config, message: String, help: &str) -> Diagnostic {
    Diagnostic::warning("C010", place(config), message).helped(help)
}

fn place(config: &Config) -> Place {
    Place::file(config.file.display().to_string())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    fn config(directory: &Path, data_dir: &str) -> Config {
        fs::create_dir_all(directory.join("policies")).unwrap();
        let text = include_str!("../../config/good/smallest.toml");
        let line = text.lines().find(|line| line.starts_with("data_dir")).unwrap();
        let text = text.replace(line, &format!("data_dir = \"{data_dir}\""));
        let file = directory.join("waxseal.toml");
        fs::write(&file, text + "\n[admin]\naddress = \"127.0.0.1:0\"\n").unwrap();
        Config::load(&file).unwrap().0
    }

    #[test]
    fn a_token_that_others_may_read_is_found_before_the_start() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path(), "data");
        assert_eq!(check(&config), []);
        let token = directory.path().join("data/admin.token");
        fs::create_dir(directory.path().join("data")).unwrap();
        fs::write(&token, "wxs_0123456789012345678901234567").unwrap();
        fs::set_permissions(&token, Permissions::from_mode(0o644)).unwrap();
        let found = check(&config);
        assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), ["C006"]);
        assert!(found[0].message.contains("others may read it"), "{}", found[0]);
        fs::set_permissions(&token, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(check(&config), []);
    }

    #[test]
    fn a_data_directory_that_cannot_be_written_is_pointed_out() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path(), "data");
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, Permissions::from_mode(0o500)).unwrap();
        // Root writes everywhere.
        let expected: &[&str] = if tempfile::tempfile_in(&data).is_ok() { &[] } else { &["C010"] };
        assert_eq!(check(&config).iter().map(|one| one.code).collect::<Vec<_>>(), expected);
    }
}
