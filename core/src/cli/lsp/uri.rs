//! Files as editors name them.

use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;
use url::Url;

/// The file of a URI; `None` where it names none, as that of a text that was never saved.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    Url::parse(uri.as_ref()).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()
}

/// The URI of a file; `None` where the path is not absolute.
pub(super) fn uri_of(path: &Path) -> Option<Uri> {
    Url::from_file_path(path).ok().map(|url| Uri::from(url.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_uris_are_each_other() {
        let path = Path::new("/etc/wax seal/\u{e4}#1.rhai");
        let uri = uri_of(path).unwrap();
        assert!(!uri.as_ref().contains(' '), "{uri}");
        assert_eq!(path_of(&uri).as_deref(), Some(path));
        for other in ["untitled:Untitled-1", "file://elsewhere/x", "no uri", ""] {
            assert_eq!(path_of(&Uri::from(other)), None, "{other}");
        }
    }
}
