//! A new plugin, from `plugin new` to a policy that loads, as its README leads there. Needs what builds
//! plugins; what else is compiled is kept for the next run.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;
use waxseal_tests::command::{Said, waxseal, waxseal_in};
use waxseal_tests::site::Site;
use waxseal_tests::toolchain::{self, repository};

/// The plugins, how they are begun, and the hooks of their examples. The others share the SDK that the
/// first was given.
const PLUGINS: [(&str, &[&str], &[&str]); 3] = [
    ("known_keys", &["--policy", "outgoing"], &["outgoing offer", "outgoing certificate"]),
    ("encrypted", &["--policy", "incoming", "--sdk", "known_keys/waxseal-sdk"], &["incoming mail"]),
    (
        "partners",
        &["--filter", "--sdk", "known_keys/waxseal-sdk"],
        &["incoming mail", "incoming message", "outgoing offer"],
    ),
];

/// A workshop for new plugins.
struct Workshop {
    folder: PathBuf,
    environment: HashMap<OsString, OsString>,
}

impl Workshop {
    /// The same in every run, so that what the plugins depend on is compiled once; the plugins are new.
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new_plugins");
        let _ = fs::remove_dir_all(folder.join("crates"));
        fs::create_dir_all(folder.join("crates")).unwrap();
        let mut environment = toolchain::environment().clone();
        environment.insert("CARGO_TARGET_DIR".into(), folder.join("target").into());
        // Other tests run meanwhile, and wait for things to happen in time.
        environment.insert("CARGO_BUILD_JOBS".into(), "1".into());
        Self { folder: folder.join("crates"), environment }
    }

    fn target(&self) -> &Path {
        Path::new(&self.environment[OsStr::new("CARGO_TARGET_DIR")])
    }

    async fn waxseal(&self, arguments: &[&str]) -> Said {
        waxseal_in(&self.folder, &self.environment, arguments).await
    }

    /// Begins a plugin. What it depends on is what we depend on: no index has to be asked.
    async fn begin(&self, name: &str, arguments: &[&str]) {
        let said = self.waxseal(&[&["plugin", "new", name], arguments].concat()).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        fs::copy(repository().join("Cargo.lock"), self.folder.join(name).join("Cargo.lock")).unwrap();
    }

    /// Runs the plugin's own tests, with nothing that builds plugins.
    async fn test(&self, name: &str) -> String {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["test", "--lib"]).current_dir(self.folder.join(name));
        let output = cargo.env("CARGO_TARGET_DIR", self.target()).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

#[tokio::test]
async fn a_new_plugin_passes_its_tests_and_is_built_and_loads() {
    let workshop = Workshop::new();
    for (name, arguments, hooks) in PLUGINS {
        workshop.begin(name, arguments).await;
        let tested = workshop.test(name).await;
        let tests = if name == "partners" { 4 } else { 3 };
        assert!(tested.contains(&format!("{tests} passed")), "{name}: {tested}");

        let built = workshop.waxseal(&["plugin", "build", name]).await;
        assert_eq!(built.code, Some(0), "{built:?}");
        assert!(!built.errors.contains("warning"), "{name} compiles without warnings: {}", built.errors);
        assert!(built.output.contains(&format!("hooks      {}", hooks.join(", "))), "{}", built.output);
        assert_eq!(built.output.contains("grant = [\"counters\"]"), name == "encrypted", "{}", built.output);
    }

    // A core module, as tools of other languages leave it.
    let module = workshop.target().join("wasm32-unknown-unknown/release/known_keys.wasm");
    fs::copy(module, workshop.folder.join("known_keys/known_keys.core.wasm")).unwrap();
    let made = workshop.waxseal(&["plugin", "build", "--module", "known_keys/known_keys.core.wasm"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(workshop.folder.join("known_keys/known_keys.component.wasm").is_file());

    let inspected = workshop.waxseal(&["plugin", "inspect", "known_keys/known_keys.wasm"]).await;
    assert_eq!(inspected.code, Some(0), "{inspected:?}");
    let source = fs::read_to_string(workshop.folder.join("known_keys/src/lib.rs")).unwrap();
    let line = source.lines().position(|line| line.contains("4.7.4")).unwrap() + 1;
    let expected = format!("4.7.4 \"TLS is required, but was not offered\" (src/lib.rs:{line}:");
    assert!(inspected.output.contains(&expected), "{}", inspected.output);
    let json = workshop.waxseal(&["plugin", "inspect", "partners/partners.wasm", "--json"]).await.json();
    assert_eq!((&json["role"], &json["contract"][0]), (&"filter".into(), &"0.1.0".into()));

    let site = Site::new().outgoing(&[r#""partner.example" known_keys"#]);
    for (name, folder) in [("known_keys", "outgoing"), ("partners", "filters")] {
        for file in ["wasm", "toml"].map(|extension| format!("{name}.{extension}")) {
            fs::copy(workshop.folder.join(name).join(&file), site.policies().join(folder).join(&file))
                .unwrap();
        }
    }
    let checked = waxseal(&site.write(), &["check"]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[tokio::test]
async fn what_is_missing_is_said_before_cargo_begins() {
    let folder = tempfile::tempdir().unwrap();
    let environment = |name: &str, value: &str| {
        let mut environment: HashMap<_, _> = std::env::vars_os().collect();
        environment.insert(name.into(), value.into());
        environment
    };
    let ordinary: HashMap<_, _> = std::env::vars_os().collect();
    let begun = waxseal_in(folder.path(), &ordinary, &["plugin", "new", "mine", "--filter"]).await;
    assert_eq!(begun.code, Some(0), "{begun:?}");
    for (name, value, said) in [
        ("CARGO_ENCODED_RUSTFLAGS", "--sysroot\u{1f}/nowhere", "rustup target add wasm32-unknown-unknown"),
        ("CARGO", "/nowhere/cargo", "there is no `/nowhere/cargo`"),
        ("RUSTC", "/nowhere/rustc", "there is no `/nowhere/rustc`"),
    ] {
        let built = waxseal_in(folder.path(), &environment(name, value), &["plugin", "build", "mine"]).await;
        assert_eq!(built.code, Some(2), "{built:?}");
        assert!(built.errors.contains(said), "{built:?}");
        assert!(!built.errors.contains("Compiling"), "{built:?}");
    }
    assert!(!folder.path().join("mine/target").exists(), "cargo has not begun");
}
