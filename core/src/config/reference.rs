//! `docs/reference/configuration.md`: every key of `waxseal.toml`. That there are no others, and that the
//! defaults are those of the program, is tested.

mod keys;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use self::keys::Default::{As, Is, None as Nothing, Required};
use self::keys::{Key, TABLES, Table};
use super::Config;
use crate::reference::hold;

const OPENING: &str = "# Configuration

`waxseal.toml`, which is read once, at the start: `waxseal status` says when it has changed since. `waxseal init DIR` writes a commented one, and
`waxseal check` says what is wrong with one, all at once. A duration is a text as \"30s\", \"5m\", \"4h\" or \"5d\", a size as \"50MiB\".
";

#[test]
fn the_page_of_the_configuration_has_all_keys() {
    let mut text = OPENING.to_owned();
    for Table { header, about, keys } in TABLES.into_iter().flatten() {
        let title = if header.is_empty() { "The file".to_owned() } else { format!("`{header}`") };
        write!(
            text,
            "\n## {title}\n\n{about}\n\n| key | value | default | what it says |\n| --- | --- | --- | --- |\n"
        )
        .unwrap();
        for Key(name, value, default, says) in *keys {
            let default = match default {
                Required => "required".to_owned(),
                Nothing => "none".to_owned(),
                Is(toml) => format!("`{toml}`"),
                As(words) => (*words).to_owned(),
            };
            writeln!(text, "| `{name}` | {value} | {default} | {says} |").unwrap();
        }
    }
    hold("configuration.md", &text);
}

/// What the program takes where a key stands that it does not know.
#[test]
fn there_are_these_keys_and_no_others() {
    for table in TABLES.into_iter().flatten() {
        let listed =
            table.keys.iter().map(|key| key.0.to_owned()).chain(below(table.header)).collect::<BTreeSet<_>>();
        assert_eq!(listed, known(table.header), "{}", table.header);
    }
}

#[test]
fn the_defaults_are_those_of_the_program() {
    let smallest = include_str!("good/smallest.toml");
    let is_plain = |table: &&Table| table.header.starts_with('[') && !table.header.starts_with("[[");
    let mut text = defaults(&TABLES[0][0]) + smallest;
    // The smallest file has a table `[relay]` already.
    for table in
        TABLES.into_iter().flatten().filter(is_plain).filter(|table| {
            !["[relay]", "[plugin.NAME]", "[milter.timeouts]", "[arc]"].contains(&table.header)
        })
    {
        write!(text, "\n{}\n{}", table.header, defaults(table)).unwrap();
    }
    // The tables of a list need what is required, and are not there by default.
    let text = text.replace("[delivery.limit.rate]\n", "");
    assert_eq!(loaded(&text), loaded(smallest));
}

/// The keys of a table that have a default, with it.
fn defaults(table: &Table) -> String {
    let line = |key: &Key| match key.2 {
        Is(toml) => Some(format!("{} = {toml}\n", key.0)),
        Required | Nothing | As(_) => None,
    };
    table.keys.iter().filter_map(line).collect()
}

/// The configuration of this text, in words; where the file is does not matter.
fn loaded(text: &str) -> String {
    let (config, _) = load(text).unwrap_or_else(|found| panic!("{text}\n{found}"));
    format!(
        "{:?}",
        Config {
            file: "waxseal.toml".into(),
            hash: [0; 32],
            data_dir: "data".into(),
            policies: "policies".into(),
            ..config
        }
    )
}

fn load(text: &str) -> Result<(Config, String), String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("waxseal.toml");
    std::fs::write(&file, text).unwrap();
    let said = |findings: &[waxseal_plugins::diagnostic::Diagnostic]| {
        findings.iter().map(|one| format!("{one}\n")).collect::<String>()
    };
    Config::load(Path::new(&file))
        .map(|(config, warnings)| (config, said(&warnings)))
        .map_err(|errors| said(&errors))
}

/// The tables directly below one, by their keys.
fn below(header: &str) -> impl Iterator<Item = String> {
    let path = header.trim_matches(['[', ']']).to_owned();
    let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
    TABLES.into_iter().flatten().filter_map(move |table| {
        let own = table.header.trim_matches(['[', ']']);
        let rest = own.strip_prefix(&prefix)?;
        // The name of a plugin is the site's.
        let rest = rest.strip_suffix(".NAME").unwrap_or(rest);
        (!rest.is_empty() && !rest.contains('.') && own != path).then(|| rest.to_owned())
    })
}

/// The keys that the program knows in a table: it lists them where one is unknown.
fn known(header: &str) -> BTreeSet<String> {
    let (smallest, stranger) = (include_str!("good/smallest.toml"), "zzzzzzzzzzzzzzzz = 1\n");
    let text = match header {
        "" => format!("{stranger}{smallest}"),
        "[relay]" => format!("{smallest}\n{stranger}"),
        "[milter.timeouts]" => {
            format!("{smallest}\n[[milter]]\nname = \"a\"\naddress = \"a:1\"\n{header}\n{stranger}")
        }
        "[delivery.limit.rate]" => {
            format!("{smallest}\n[[delivery.limit]]\ndomain = \"a.example\"\n{header}\n{stranger}")
        }
        _ => format!("{smallest}\n{header}\n{stranger}"),
    };
    let found = load(&text).err().unwrap_or_else(|| panic!("{header} takes anything"));
    let list = found.split("known here: ").nth(1).unwrap_or_else(|| panic!("{header}: {found}"));
    list.lines().next().unwrap().split(", ").map(|key| key.trim().to_owned()).collect()
}
