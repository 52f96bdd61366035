mod rows;
mod script;

use super::*;

/// Asks about a text, the cursor in which is a `|`.
struct Asked {
    path: &'static str,
    text: String,
    at: usize,
    around: Surroundings,
}

impl Asked {
    fn new(path: &'static str, marked: &str) -> Self {
        let (before, behind) = marked.split_once('|').expect("a cursor");
        let text = format!("{before}{behind}");
        let mut around = Surroundings::default();
        around.put(
            "outgoing/mine.rhai",
            "//! outgoing/mine.rhai: Mine alone. Nobody else's.\n\nfn mail(host, mail) { accept() }",
        );
        around.put_plugin("outgoing/pinned.wasm");
        around.put(path, &text);
        Self { path, text, at: before.len(), around }
    }

    fn document(&self) -> Document<'_> {
        Document { path: self.path, text: &self.text, around: &self.around }
    }

    fn labels(&self) -> Vec<String> {
        self.document().completions(self.at).into_iter().map(|one| one.label).collect()
    }

    /// The text after the proposal of this name was taken, without what is to be filled in.
    fn taken(&self, label: &str) -> String {
        let all = self.document().completions(self.at);
        let one = all.iter().find(|one| one.label == label).expect("the proposal");
        let (Insert::Plain(insert) | Insert::Snippet(insert)) = &one.insert;
        let mut text = self.text.clone();
        text.replace_range(one.replaces.clone(), insert);
        text
    }

    fn explained(&self) -> String {
        self.document().explanation(self.at).map(|one| one.text).unwrap_or_default()
    }

    fn definition(&self) -> Option<Target> {
        self.document().definition(self.at)
    }
}

#[test]
fn findings_are_those_of_all_files_together() {
    let mut around = Surroundings::default();
    around
        .put("domains.rhai", "incoming { \"*\" attempt }\noutgoing { \"*\" attempt min_version \"1.3\" }\n");
    around.put("outgoing/mine.rhai", "fn mail(host, mail) { accpt() }");
    let codes = |around: &Surroundings, path: &str| -> Vec<&str> {
        findings(around, None)[path].iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(&around, "outgoing/mine.rhai"), ["F003"]);
    around.put("outgoing/mine.rhai", "fn mail(host, mail) { accept() }");
    assert_eq!(codes(&around, "outgoing/mine.rhai"), [""; 0]);
    // Whether the policy would let such mail go in clear is known once all files can be read.
    assert_eq!(codes(&around, "domains.rhai"), ["B005"]);
    around.put_plugin("outgoing/pinned.wasm");
    around.put("domains.rhai", "incoming { \"*\" attempt }\noutgoing { \"*\" pinned }\n");
    assert_eq!(codes(&around, "domains.rhai"), [""; 0], "the word of a plugin is one");
}

#[test]
fn what_only_the_configuration_knows_is_not_guessed() {
    let mut around = Surroundings::default();
    let table = "incoming { \"*\" attempt }\noutgoing { \"*\" require identity \"a.example\" }\n";
    around.put("domains.rhai", table);
    assert_eq!(findings(&around, None)["domains.rhai"], []);
    let settings = crate::bundle::Settings { tls_enabled: true, ..Default::default() };
    let found = &findings(&around, Some(&settings))["domains.rhai"];
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["B007"]);
    assert!(found[0].span().is_some(), "it can be shown");
}

#[test]
fn nothing_is_said_of_other_files() {
    let asked = Asked::new("notes.txt", "fn | offer");
    assert_eq!(asked.labels(), [""; 0]);
    assert_eq!(asked.explained(), "");
    assert_eq!(asked.document().symbols(), []);
}

/// Whatever is written, and wherever the cursor stands, an answer comes.
#[test]
fn every_place_of_a_broken_text_has_its_answer() {
    let pieces = [
        "incoming {",
        "\"x",
        "require",
        "min_version",
        "[",
        "fn ä(",
        "host.",
        "`${",
        "#{",
        "}",
        "//",
        "\"",
        "\n",
    ];
    for first in pieces {
        for second in pieces {
            for third in pieces {
                let text = format!("{first} {second} {third}");
                for path in ["domains.rhai", "filters/a.rhai", "tests/a.rhai"] {
                    let around = Surroundings::default();
                    let document = Document { path, text: &text, around: &around };
                    document.symbols();
                    for at in 0..=text.len() {
                        document.completions(at);
                        document.definition(at);
                        if path != "domains.rhai" {
                            document.explanation(at);
                        }
                    }
                }
            }
        }
    }
}
