//! From a crate to a core module: cargo's part.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::super::setting::shown;
use super::Kind;
use super::toolchain::{TARGET, Toolchain};

/// A core module that cargo has made.
#[derive(Debug)]
pub(super) struct Compiled {
    /// The module.
    pub(super) file: PathBuf,
    /// The directory of its package.
    pub(super) package: PathBuf,
    /// What its Cargo.toml says that it is.
    pub(super) kind: Option<Kind>,
}

/// Compiles the plugin of a directory; `None` where it does not compile, and cargo has said why.
///
/// # Errors
///
/// Something that it takes is missing, or there is no plugin.
pub(super) fn compile(directory: &Path) -> anyhow::Result<Option<Compiled>> {
    if !directory.join("Cargo.toml").is_file() {
        bail!("there is no Cargo.toml in {}: `waxseal plugin new` begins a plugin", shown(directory));
    }
    let toolchain = Toolchain::find(directory)?;
    let arguments = ["build", "--release", "--target", TARGET, "--message-format=json-render-diagnostics"];
    let Some(messages) = toolchain.cargo(directory, &arguments)? else { return Ok(None) };
    let made: Vec<_> = messages.lines().filter_map(module).collect();
    let [(file, manifest)] = made.as_slice() else {
        bail!("{}", of_several(&made, directory));
    };
    let package = manifest.parent().unwrap_or(directory);
    // As the user wrote it, where it is the same: paths are shown.
    let same = package.canonicalize().ok() == directory.canonicalize().ok();
    let package = if same { directory.strip_prefix(".").unwrap_or(directory) } else { package };
    Ok(Some(Compiled { file: file.clone(), package: package.to_owned(), kind: kind(manifest)? }))
}

/// A message of cargo about a module that was made: the module, and the manifest of its package.
fn module(message: &str) -> Option<(PathBuf, PathBuf)> {
    #[derive(Deserialize)]
    struct Artifact {
        package_id: String,
        manifest_path: PathBuf,
        target: Target,
        filenames: Vec<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        crate_types: Vec<String>,
    }
    // Cargo sends other messages too.
    let artifact: Artifact = serde_json::from_str(message).ok()?;
    // A library from elsewhere may be a `cdylib` besides, and is no plugin for that.
    let own = artifact.package_id.contains("path+file:");
    let plugin = own && artifact.target.crate_types.iter().any(|kind| kind == "cdylib");
    let module =
        artifact.filenames.into_iter().find(|file| file.extension().is_some_and(|end| end == "wasm"));
    plugin.then_some((module?, artifact.manifest_path))
}

fn of_several(made: &[(PathBuf, PathBuf)], directory: &Path) -> String {
    if made.is_empty() {
        let directory = shown(directory);
        return format!(
            "{directory} makes no module: write `crate-type = [\"cdylib\", \"rlib\"]` under [lib] in Cargo.toml"
        );
    }
    let manifests = made.iter().map(|(_, manifest)| format!("\n  {}", manifest.display()));
    format!("there are several plugins; build one of them:{}", manifests.collect::<String>())
}

/// What a Cargo.toml says that the plugin is: `[package.metadata.waxseal] role`.
fn kind(manifest: &Path) -> anyhow::Result<Option<Kind>> {
    let text = fs::read_to_string(manifest).with_context(|| format!("{} cannot be read", shown(manifest)))?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| shown(manifest))?;
    Ok(manifest.package.metadata.waxseal.role)
}

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    waxseal: Waxseal,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waxseal {
    role: Option<Kind>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_found_in_what_cargo_says() {
        let message = |id: &str, kind: &str, file: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"{id}","manifest_path":"/a/Cargo.toml",
                   "target":{{"crate_types":["{kind}","rlib"]}},"filenames":["/a/{file}","/a/lib.rlib"]}}"#
            )
        };
        let own = message("path+file:///a#0.1.0", "cdylib", "mine.wasm");
        assert_eq!(module(&own), Some(("/a/mine.wasm".into(), "/a/Cargo.toml".into())));
        assert_eq!(module(&message("registry+https://x#0.1.0", "cdylib", "other.wasm")), None);
        assert_eq!(module(&message("path+file:///a#0.1.0", "lib", "lib.rmeta")), None);
        assert_eq!(module(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn a_manifest_may_say_what_the_plugin_is() {
        let directory = tempfile::tempdir().unwrap();
        let manifest = directory.path().join("Cargo.toml");
        let said = |text: &str| {
            fs::write(&manifest, text).unwrap();
            kind(&manifest)
        };
        assert_eq!(said("[package]\nname = \"a\"").unwrap(), None);
        let filter = "[package]\nname = \"a\"\n[package.metadata.waxseal]\nrole = \"filter\"";
        assert_eq!(said(filter).unwrap(), Some(Kind::Filter));
        let error = said(&filter.replace("filter", "policy")).unwrap_err();
        assert!(format!("{error:#}").contains("`policy`"), "{error:#}");
    }

    #[test]
    fn where_there_is_no_plugin_it_says_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let error = compile(directory.path()).unwrap_err();
        assert!(error.to_string().contains("`waxseal plugin new` begins a plugin"), "{error}");
        assert!(of_several(&[], Path::new(".")).contains("cdylib"));
        let two = [("a.wasm".into(), "/a/Cargo.toml".into()), ("b.wasm".into(), "/b/Cargo.toml".into())];
        assert!(of_several(&two, Path::new(".")).contains("\n  /b/Cargo.toml"));
    }
}
