//! The SDK of this relay, built into the program: a new plugin is given a copy of it, so that both speak
//! the same contract.

/// The folder of the copy.
pub(super) const FOLDER: &str = "waxseal-sdk";

macro_rules! copied {
    ($($path:literal),* $(,)?) => {
        /// The files of the SDK: the path in its folder, and the text. Its manifest names what that of
        /// the sources takes from their workspace.
        pub(super) const FILES: &[(&str, &str)] = &[
            ("Cargo.toml", include_str!("template/sdk.toml")),
            $(($path, include_str!(concat!("../../../../sdk/", $path)))),*
        ];
    };
}

copied!(
    "README.md",
    "src/bindings.rs",
    "src/clock.rs",
    "src/contract.rs",
    "src/counters.rs",
    "src/dns.rs",
    "src/export/hooks.rs",
    "src/export/mod.rs",
    "src/facts/body.rs",
    "src/facts/certificate.rs",
    "src/facts/client.rs",
    "src/facts/fields.rs",
    "src/facts/handshake.rs",
    "src/facts/hello.rs",
    "src/facts/host.rs",
    "src/facts/list.rs",
    "src/facts/mail.rs",
    "src/facts/message.rs",
    "src/facts/mod.rs",
    "src/facts/part.rs",
    "src/facts/recipient.rs",
    "src/facts/report.rs",
    "src/facts/row.rs",
    "src/facts/version.rs",
    "src/glue.rs",
    "src/incoming/certificate.rs",
    "src/incoming/cipher.rs",
    "src/incoming/connect.rs",
    "src/incoming/ehlo.rs",
    "src/incoming/mail.rs",
    "src/incoming/message.rs",
    "src/incoming/mod.rs",
    "src/incoming/offer.rs",
    "src/incoming/rcpt.rs",
    "src/incoming/start.rs",
    "src/json.rs",
    "src/kv/lifetime.rs",
    "src/kv/mod.rs",
    "src/kv/typed.rs",
    "src/lib.rs",
    "src/lists.rs",
    "src/log.rs",
    "src/outgoing/certificate.rs",
    "src/outgoing/cipher.rs",
    "src/outgoing/deferred.rs",
    "src/outgoing/delivered.rs",
    "src/outgoing/failed.rs",
    "src/outgoing/mail.rs",
    "src/outgoing/mod.rs",
    "src/outgoing/offer.rs",
    "src/outgoing/route.rs",
    "src/outgoing/start.rs",
    "src/prelude.rs",
    "src/rates.rs",
    "src/testing/configuration.rs",
    "src/testing/mod.rs",
    "src/testing/ordinary.rs",
    "src/testing/relay/clock.rs",
    "src/testing/relay/counters.rs",
    "src/testing/relay/dns.rs",
    "src/testing/relay/kv.rs",
    "src/testing/relay/lists.rs",
    "src/testing/relay/log.rs",
    "src/testing/relay/mod.rs",
    "src/testing/relay/rates.rs",
    "src/testing/wrong.rs",
    "src/texts/cards.rs",
    "src/texts/listed.rs",
    "src/texts/mod.rs",
    "src/texts/names.rs",
    "src/verdict/answers.rs",
    "src/verdict/check.rs",
    "src/verdict/edits.rs",
    "src/verdict/mod.rs",
    "src/verdict/next_hop.rs",
    "src/verdict/reply.rs",
    "src/verdict/say.rs",
    "src/verdict/terms.rs",
    "src/verdict/word.rs",
    "wit/contents.wit",
    "wit/facts.wit",
    "wit/grants.wit",
    "wit/hooks.wit",
    "wit/verdicts.wit",
    "wit/worlds.wit",
);

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn repository() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }

    fn paths(folder: &Path, below: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder.join(below)).unwrap().map(Result::unwrap) {
            let path = format!("{below}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() { paths(folder, &path, found) } else { _ = found.insert(path) }
        }
    }

    #[test]
    fn every_file_of_the_sdk_is_copied() {
        let mut there = BTreeSet::from(["Cargo.toml", "README.md"].map(str::to_owned));
        for folder in ["src", "wit"] {
            paths(&repository().join("sdk"), folder, &mut there);
        }
        let copied: BTreeSet<_> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(copied, there, "copied on the left, sdk/ on the right");
    }

    /// The manifest of the copy is written by hand; it has the same dependencies, in the same versions.
    #[test]
    fn the_copy_has_the_manifest_of_the_sources() {
        let manifest = |path: &str| -> toml::Table {
            toml::from_str(&fs::read_to_string(repository().join(path)).unwrap()).unwrap()
        };
        let (workspace, sources) = (manifest("Cargo.toml"), manifest("sdk/Cargo.toml"));
        let copy: toml::Table = toml::from_str(include_str!("template/sdk.toml")).unwrap();
        for table in ["dependencies", "dev-dependencies"] {
            assert_eq!(resolved(&copy, table, &workspace), resolved(&sources, table, &workspace), "{table}");
        }
        for (target, of_target) in sources["target"].as_table().unwrap() {
            let copied = copy["target"][target].as_table().unwrap();
            let sources = resolved(of_target.as_table().unwrap(), "dependencies", &workspace);
            assert_eq!(resolved(copied, "dependencies", &workspace), sources, "{target}");
        }
        for key in ["version", "edition", "rust-version", "license"] {
            assert_eq!(copy["package"][key], workspace["workspace"]["package"][key], "{key}");
        }
    }

    /// The dependencies of a table, each as it is, or as the workspace has it.
    fn resolved(
        manifest: &toml::Table,
        table: &str,
        workspace: &toml::Table,
    ) -> BTreeMap<String, toml::Value> {
        let of_workspace = &workspace["workspace"]["dependencies"];
        let resolve = |(name, own): (&String, &toml::Value)| {
            let inherits = own.get("workspace").is_some();
            (name.clone(), if inherits { of_workspace[name.as_str()].clone() } else { own.clone() })
        };
        manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten().map(resolve).collect()
    }
}
