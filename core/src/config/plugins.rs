//! `[plugin.NAME]`: what the site grants its plugins.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use waxseal_plugins::bundle::is_name;
use waxseal_plugins::wasm::Grant;

use super::findings::Findings;
use super::section::Section;
use super::value;

/// The grants by the plugins' names. A plugin that is not named has none.
pub(super) fn read(
    named: Vec<(Spanned<&str>, Section<'_>)>,
    findings: &Findings,
) -> BTreeMap<String, BTreeSet<Grant>> {
    let plugin = |(name, section): (Spanned<&str>, Section<'_>)| {
        check_name(&name, findings);
        (name.into_inner().to_owned(), grants(section))
    };
    named.into_iter().map(plugin).collect()
}

/// A plugin goes by the stem of its file: what no file can be called would be granted to nobody.
fn check_name(name: &Spanned<&str>, findings: &Findings) {
    let written = name.get_ref();
    // A filter's name may have a number before it.
    if !is_name("filters", written) {
        let message = format!("`plugin.{written}` cannot be: no plugin has that name");
        let help = "write the name of its file without `.wasm`: small letters, digits and `_`";
        findings.error(name.span(), "C005", message, help);
    }
}

fn grants(section: Section<'_>) -> BTreeSet<Grant> {
    let words = Grant::ALL.map(|grant| (grant.word(), grant));
    let grants =
        section.required("grant", "[\"kv\"]").map(|entry| entry.read_each(|text| value::word(text, &words)));
    section.finish();
    grants.into_iter().flatten().collect()
}
