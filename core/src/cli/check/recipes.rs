//! The recipes: each is fine as it stands and passes its tests, and `docs/recipes.md` shows them all.
//!
//! `UPDATE=1 cargo test -p waxseal --lib recipes` writes the page anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair};
use waxseal_plugins::testing::Passed;

use super::*;

/// The chapters of the page, in their order.
const CHAPTERS: [&str; 4] = ["Partners", "Mail we send", "Mail that reaches us", "Change with care"];

/// What the page says before the first recipe.
const OPENING: &str = "\
# Recipes

Real wishes, and what fulfils them: rows of the domain table, and where rows are not enough a short script. Each recipe
stands in [examples/recipes](../examples/recipes), with tests of its own. Take its rows into your table, for your domains; copy its
scripts, if it has some, into the same folder of your policies; and its tests, with your domains in them. In its directory `waxseal check`, `waxseal test` and `waxseal explain outgoing partner.example` try it out.
This page is made from the recipes, and a test holds that each of them loads without a finding and passes its tests.
";

struct Recipe {
    name: String,
    directory: PathBuf,
    chapter: String,
    title: String,
    /// The text beneath the title.
    about: String,
    /// What the table has beneath its head.
    rows: String,
}

impl Recipe {
    fn read(directory: PathBuf) -> Self {
        let table = fs::read_to_string(directory.join("policies/domains.rhai")).unwrap();
        let is_head = |line: &&str| line.starts_with("//!");
        let head: Vec<_> = table.lines().take_while(is_head).map(|line| line[3..].trim()).collect();
        let title = head[0].strip_prefix("# ").expect("the head begins with `//! # Chapter: title`");
        let (chapter, title) = title.split_once(": ").expect("a chapter stands before the title");
        let rows = table.lines().skip_while(is_head).collect::<Vec<_>>().join("\n");
        Self {
            name: directory.file_name().unwrap().to_string_lossy().into_owned(),
            chapter: chapter.to_owned(),
            title: title.to_owned(),
            about: head[1..].join("\n").trim().to_owned(),
            rows: rows.trim().to_owned(),
            directory,
        }
    }

    /// Its scripts, by their path beneath `policies`.
    fn scripts(&self) -> Vec<(String, String)> {
        let mut scripts = Vec::new();
        for folder in ["incoming", "outgoing", "filters"] {
            for file in files(&self.directory.join("policies").join(folder)) {
                let name = file.file_name().unwrap().to_string_lossy();
                scripts.push((format!("{folder}/{name}"), fs::read_to_string(&file).unwrap()));
            }
        }
        scripts
    }

    fn section(&self) -> String {
        let Self { name, title, about, rows, .. } = self;
        let link = format!("../examples/recipes/{name}/policies");
        let mut capital = title.chars();
        let title: String = capital.next().unwrap().to_uppercase().chain(capital).collect();
        let mut text = format!("### {title}\n\n{about}\n\n");
        let scripts = self.scripts();
        if !is_ordinary(rows) {
            writeln!(text, "[`domains.rhai`]({link}/domains.rhai):\n\n```rhai\n{rows}\n```\n").unwrap();
        }
        for (path, source) in scripts {
            writeln!(text, "[`{path}`]({link}/{path}):\n\n```rhai\n{}\n```\n", source.trim()).unwrap();
        }
        let tests = files(&self.directory.join("policies/tests"));
        let file = tests[0].file_name().unwrap().to_string_lossy();
        write!(text, "Its [tests]({link}/tests/{file})").unwrap();
        if fs::read_to_string(self.directory.join("waxseal.toml")).unwrap().contains("[[tls.identity]]") {
            write!(text, ", its [configuration](../examples/recipes/{name}/waxseal.toml)").unwrap();
        }
        text + ".\n"
    }
}

/// Whether a table says `attempt` for everyone, and no more.
fn is_ordinary(rows: &str) -> bool {
    rows.split_whitespace().collect::<String>() == "incoming{\"*\"attempt}outgoing{\"*\"attempt}"
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn recipes() -> Vec<Recipe> {
    let directories = files(&repository().join("examples/recipes"));
    directories.into_iter().filter(|path| path.is_dir()).map(Recipe::read).collect()
}

/// A copy of the recipe in which the files of its certificates are there.
fn copy_with_certificates(recipe: &Recipe, to: &Path) -> PathBuf {
    copy(&recipe.directory, to);
    let text = fs::read_to_string(to.join("waxseal.toml")).unwrap();
    let file: toml::Table = toml::from_str(&text).unwrap();
    let identities = file["tls"].get("identity").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    for identity in identities {
        let words = |key: &str| identity[key].as_str().unwrap().to_owned();
        let names: Vec<String> = identity["names"].clone().try_into().unwrap();
        make(names, &to.join(words("certificate")), Some(&to.join(words("key"))));
    }
    let table = fs::read_to_string(to.join("policies/domains.rhai")).unwrap();
    for roots in table.split('"').filter(|word| word.ends_with(".pem")) {
        make(vec!["ca.example".into()], &to.join(roots), None);
    }
    to.join("waxseal.toml")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in files(from) {
        let copied = to.join(file.file_name().unwrap());
        if file.is_dir() {
            copy(&file, &copied);
        } else {
            fs::copy(&file, copied).unwrap();
        }
    }
}

fn make(names: Vec<String>, certificate: &Path, key: Option<&Path>) {
    let pair = KeyPair::generate().unwrap();
    let made = CertificateParams::new(names).unwrap().self_signed(&pair).unwrap();
    fs::create_dir_all(certificate.parent().unwrap()).unwrap();
    fs::write(certificate, made.pem()).unwrap();
    if let Some(key) = key {
        fs::write(key, pair.serialize_pem()).unwrap();
    }
}

#[test]
fn each_recipe_is_without_findings_and_passes_its_tests() {
    let recipes = recipes();
    assert!(recipes.len() >= 20, "the recipes have vanished");
    for recipe in recipes {
        let copied = tempfile::tempdir().unwrap();
        let (findings, checked) = check(&copy_with_certificates(&recipe, copied.path()));
        // A certificate that was made for the test is not one that others trust.
        let found: Vec<_> = findings.iter().filter(|one| !["K009", "K021"].contains(&one.code)).collect();
        let said: String = found.iter().map(|finding| format!("{finding}\n")).collect();
        assert!(found.is_empty(), "{}:\n{said}", recipe.name);
        let table = fs::read_to_string(recipe.directory.join("policies/domains.rhai")).unwrap();
        assert_eq!(waxseal_plugins::table::format(&table).unwrap(), table, "waxseal fmt lays it out");
        assert!(!own(&recipe, checked.unwrap().tests.passed).is_empty(), "{} has no test", recipe.name);
    }
}

/// What a recipe's tests say of the ordinary table must not be all that they say of the recipe.
#[test]
fn no_recipe_passes_its_tests_without_its_rows_and_scripts() {
    for recipe in recipes() {
        let copied = tempfile::tempdir().unwrap();
        let file = copy_with_certificates(&recipe, copied.path());
        let policies = copied.path().join("policies");
        fs::write(policies.join("domains.rhai"), "incoming { \"*\" attempt } outgoing { \"*\" attempt }")
            .unwrap();
        for folder in ["incoming", "outgoing", "filters"] {
            let _ = fs::remove_dir_all(policies.join(folder));
        }
        let (findings, _) = check(&file);
        assert!(findings.iter().any(|one| one.code == "E001"), "{}: its tests hold of anything", recipe.name);
    }
}

/// The tests of the recipe, and not the shipped ones.
fn own(recipe: &Recipe, passed: Vec<Passed>) -> Vec<Passed> {
    let file = format!("tests/{}.rhai", recipe.name);
    passed.into_iter().filter(|test| *test.file == *file).collect()
}

#[test]
fn the_page_shows_all_recipes() {
    let recipes = recipes();
    let mut page = OPENING.to_owned();
    for chapter in CHAPTERS {
        writeln!(page, "\n## {chapter}").unwrap();
        let sections = recipes.iter().filter(|recipe| recipe.chapter == chapter);
        for recipe in sections {
            write!(page, "\n{}", recipe.section()).unwrap();
        }
    }
    for recipe in &recipes {
        assert!(CHAPTERS.contains(&&*recipe.chapter), "{}: no chapter `{}`", recipe.name, recipe.chapter);
    }
    let file = repository().join("docs/recipes.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == page, "docs/recipes.md has drifted: run UPDATE=1 cargo test -p waxseal --lib recipes");
}
