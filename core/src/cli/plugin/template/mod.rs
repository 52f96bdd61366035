//! The files of a new plugin. They lie beside this one, as they are read, with `{..}` where the plugin's
//! own name and the like belong.

// The examples as their new authors get them: their tests run with ours.
#[cfg(test)]
mod filter;
#[cfg(test)]
mod incoming;
#[cfg(test)]
mod outgoing;

use std::borrow::Cow;
use std::path::Path;

use super::{Kind, sdk};

/// A crate to be written.
#[derive(Debug)]
pub(super) struct Crate<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What it is meant to be.
    pub(super) kind: Kind,
    /// The SDK of a checkout, as seen from the crate; without one it is given a copy.
    pub(super) sdk: Option<&'a Path>,
}

/// What is different in each kind of plugin.
struct Example {
    about: &'static str,
    source: &'static str,
    config: &'static str,
    grant: &'static str,
    row: &'static str,
}

const INCOMING: Example = Example {
    about: "A policy of Waxseal: mail comes in over encrypted connections only. Until that is enforced, mail in clear is let\n\
            in and counted, so that it is known beforehand whom it will hit.",
    source: include_str!("incoming.rs"),
    config: include_str!("incoming.toml"),
    grant: include_str!("incoming_grant.md"),
    row: include_str!("policy_row.md"),
};

const OUTGOING: Example = Example {
    about: "A policy of Waxseal: mail goes only to hosts that prove who they are, by a certificate that verifies, or by a\n\
            key that we know.",
    source: include_str!("outgoing.rs"),
    config: include_str!("outgoing.toml"),
    grant: "It asks for nothing that would have to be granted. ",
    row: include_str!("policy_row.md"),
};

const FILTER: Example = Example {
    about: "A filter of Waxseal: mail from and to certain domains crosses encrypted connections only, whatever the domain\n\
            table says of them; and what says that it is theirs must be theirs.",
    source: include_str!("filter.rs"),
    config: include_str!("filter.toml"),
    grant: "It asks for nothing that would have to be granted. ",
    row: "A filter is asked about all mail: no row has to name it, and it can only tighten what policies say.",
};

impl Crate<'_> {
    /// The files, by their paths in the crate.
    pub(super) fn files(&self) -> Vec<(Cow<'static, str>, Cow<'static, str>)> {
        let example = self.example();
        let mut files: Vec<(Cow<'static, str>, Cow<'static, str>)> = vec![
            ("src/lib.rs".into(), example.source.into()),
            (format!("{}.toml", self.name).into(), example.config.into()),
            ("Cargo.toml".into(), self.filled(include_str!("manifest.toml")).into()),
            ("README.md".into(), self.filled(include_str!("README.md")).into()),
            (".gitignore".into(), include_str!("gitignore").into()),
        ];
        if self.sdk.is_none() {
            let copied = sdk::FILES
                .iter()
                .map(|(path, text)| (format!("{}/{path}", sdk::FOLDER).into(), (*text).into()));
            files.extend(copied);
        }
        files
    }

    fn example(&self) -> &'static Example {
        match self.kind {
            Kind::Incoming => &INCOMING,
            Kind::Outgoing => &OUTGOING,
            Kind::Filter => &FILTER,
        }
    }

    fn filled(&self, text: &str) -> String {
        let Example { about, grant, row, .. } = self.example();
        let role = self.kind.role();
        let sdk = self.sdk.unwrap_or(Path::new(sdk::FOLDER)).display().to_string();
        let origin = match self.sdk {
            Some(_) => "It is taken from where Cargo.toml says.",
            None => include_str!("sdk.md").trim_end(),
        };
        text.replace("{about}", about)
            .replace("{grant}", grant)
            .replace("{row}", row.trim_end())
            .replace("{origin}", origin)
            .replace("{folder}", role.folder())
            .replace("{role}", role.word())
            .replace("\"{sdk}\"", &toml::Value::from(sdk).to_string())
            .replace("{version}", env!("CARGO_PKG_VERSION"))
            .replace("{name}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 3] = [Kind::Incoming, Kind::Outgoing, Kind::Filter];

    fn file(made: &Crate<'_>, path: &str) -> String {
        let files = made.files();
        files.into_iter().find(|(known, _)| known == path).map(|(_, text)| text.into_owned()).unwrap()
    }

    /// The first `{word}` of a text.
    fn unfilled(text: &str) -> Option<&str> {
        let words = text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(word, _)| word));
        words.into_iter().find(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        assert_eq!(unfilled("a {} { b } {name}"), Some("name"));
        for (kind, path) in
            KINDS.into_iter().flat_map(|kind| ["Cargo.toml", "README.md"].map(|path| (kind, path)))
        {
            let text = file(&Crate { name: "mine", kind, sdk: None }, path);
            assert_eq!(unfilled(&text), None, "{path} of {kind:?}");
            assert!(text.contains("mine"), "{path} of {kind:?}");
        }
    }

    #[test]
    fn the_manifest_says_what_it_is_and_where_the_sdk_lies() {
        for kind in KINDS {
            for (sdk, path) in [(None, "waxseal-sdk"), (Some(Path::new("../a \"b\"")), "../a \"b\"")] {
                let made = Crate { name: "mine", kind, sdk };
                let manifest: toml::Table = toml::from_str(&file(&made, "Cargo.toml")).unwrap();
                assert_eq!(
                    manifest["package"]["metadata"]["waxseal"]["role"].as_str(),
                    Some(kind.role().word())
                );
                assert_eq!(manifest["dependencies"]["waxseal-sdk"]["path"].as_str(), Some(path));
                let copied = made.files().iter().any(|(path, _)| path == "waxseal-sdk/src/lib.rs");
                assert_eq!(copied, sdk.is_none(), "the copy is there where it is needed");
            }
        }
    }

    #[test]
    fn a_configuration_can_be_read() {
        for kind in KINDS {
            let text = file(&Crate { name: "mine", kind, sdk: None }, "mine.toml");
            assert_eq!(toml::from_str::<toml::Table>(&text).unwrap().len(), 1, "one setting: {text}");
        }
    }
}
