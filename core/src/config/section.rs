//! A table of the file, and its values: taken key by key, so that what is left over is unknown.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeFloat, DeInteger, DeString, DeTable, DeValue};

use super::findings::{Findings, Problem, nearest};

/// A table of the file.
pub(super) struct Section<'a> {
    /// The dotted name with its final dot: `tls.`; empty for the whole file.
    prefix: String,
    /// Where it stands; for the whole file, and for a table that is not there, its beginning.
    span: Range<usize>,
    table: Option<&'a DeTable<'a>>,
    findings: &'a Findings,
    known: RefCell<Vec<&'static str>>,
}

/// A value of the file, with its key.
pub(super) struct Entry<'a> {
    key: String,
    value: &'a Spanned<DeValue<'a>>,
    findings: &'a Findings,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn root(table: &'a Spanned<DeTable<'a>>, findings: &'a Findings) -> Self {
        Self::new(String::new(), 0..0, Some(table.get_ref()), findings)
    }

    fn new(
        prefix: String,
        span: Range<usize>,
        table: Option<&'a DeTable<'a>>,
        findings: &'a Findings,
    ) -> Self {
        Self { prefix, span, table, findings, known: RefCell::default() }
    }

    /// The value of a key, if it is there.
    pub(super) fn entry(&self, key: &'static str) -> Option<Entry<'a>> {
        self.known.borrow_mut().push(key);
        let value = self.table?.get(key)?;
        Some(Entry { key: format!("{}{key}", self.prefix), value, findings: self.findings })
    }

    /// The value of a key that must be there.
    pub(super) fn required(&self, key: &'static str, example: &str) -> Option<Entry<'a>> {
        let entry = self.entry(key);
        if entry.is_none() {
            let message = format!("`{}{key}` is missing", self.prefix);
            self.findings.error(self.span.clone(), "C003", message, &format!("write {key} = {example}"));
        }
        entry
    }

    /// A table below; one that is not there has no keys.
    pub(super) fn section(&self, key: &'static str) -> Section<'a> {
        let entry = self.entry(key);
        let table = entry.as_ref().and_then(|entry| entry.table(&format!("a table: [{key}]")));
        let span = entry.map_or(0..0, |entry| entry.span());
        Section::new(format!("{}{key}.", self.prefix), span, table, self.findings)
    }

    /// The tables of `[[key]]`.
    pub(super) fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let wanted = format!("a table for each: [[{}{key}]]", self.prefix);
        let elements = self.entry(key).map(|entry| entry.elements(&wanted)).unwrap_or_default();
        let section = |element: Entry<'a>| {
            let table = element.table(&wanted)?;
            Some(Section::new(format!("{}.", element.key), element.span(), Some(table), self.findings))
        };
        elements.into_iter().filter_map(section).collect()
    }

    /// The tables of `[key.NAME]`, with the names that the file gives them.
    pub(super) fn named(&self, key: &'static str) -> Vec<(Spanned<&'a str>, Section<'a>)> {
        let wanted = format!("a table for each: [{}{key}.NAME]", self.prefix);
        let table = self.entry(key).and_then(|entry| entry.table(&wanted));
        let section = |(name, value): (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)| {
            let text: &'a str = name.get_ref();
            let entry = Entry { key: format!("{}{key}.{text}", self.prefix), value, findings: self.findings };
            let table = entry.table(&wanted)?;
            let section = Section::new(format!("{}.", entry.key), entry.span(), Some(table), self.findings);
            Some((Spanned::new(name.span(), text), section))
        };
        table.into_iter().flatten().filter_map(section).collect()
    }

    /// A value read from a text, or what it is by default.
    pub(super) fn read<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, Problem>,
        default: T,
    ) -> T {
        self.entry(key).and_then(|entry| entry.read(read)).unwrap_or(default)
    }

    /// A whole number, or what it is by default.
    pub(super) fn number<T: TryFrom<i64>>(&self, key: &'static str, default: T) -> T {
        self.entry(key).and_then(|entry| entry.number()).unwrap_or(default)
    }

    /// Where the table stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Ends the reading, and reports the keys that nobody asked for.
    pub(super) fn finish(self) {
        let known = self.known.into_inner();
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            if known.contains(&key.get_ref().as_ref()) {
                continue;
            }
            let message = format!("there is no key `{}{}`", self.prefix, key.get_ref());
            let help = nearest(key.get_ref(), &known).map_or_else(
                || format!("known here: {}", known.join(", ")),
                |name| format!("did you mean `{name}`?"),
            );
            self.findings.error(key.span(), "C002", message, &help);
        }
    }
}

impl<'a> Entry<'a> {
    /// Where the value stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// Reports what is wrong with the value.
    pub(super) fn wrong(&self, problem: &Problem) {
        let message = format!("`{}` {}", self.key, problem.message);
        self.findings.error(self.span(), problem.code, message, &problem.help);
    }

    /// Reports what is doubtful about the value.
    pub(super) fn doubtful(&self, problem: &Problem) {
        let message = format!("`{}` {}", self.key, problem.message);
        self.findings.warning(self.span(), problem.code, message, &problem.help);
    }

    /// The value as a text.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.expect(self.value.get_ref().as_str(), "a text in quotes")
    }

    /// What a text says.
    pub(super) fn read<T>(&self, read: impl FnOnce(&str) -> Result<T, Problem>) -> Option<T> {
        read(self.text()?).map_err(|problem| self.wrong(&problem)).ok()
    }

    /// The value as `true` or `false`.
    pub(super) fn flag(&self) -> Option<bool> {
        self.expect(self.value.get_ref().as_bool(), "true or false")
    }

    /// The value as a whole number, 1 or more, as large as the type holds.
    pub(super) fn number<T: TryFrom<i64>>(&self) -> Option<T> {
        let number = self.expect(self.value.get_ref().as_integer(), "a whole number")?;
        let digits = number.as_str();
        let value = i64::from_str_radix(digits, number.radix()).ok().filter(|value| *value > 0);
        let converted = value.and_then(|value| T::try_from(value).ok());
        if converted.is_none() {
            let range = if T::try_from(1 << 16).is_err() { "from 1 to 65535" } else { "of 1 or more" };
            self.wrong(&Problem::new(format!("cannot be {digits}"), format!("write a whole number {range}")));
        }
        converted
    }

    /// The value as a share of all, from 0 to 1.
    pub(super) fn share(&self) -> Option<f64> {
        const WANTED: &str = "a number from 0 to 1, as in 0.1";
        let value = self.value.get_ref();
        let whole = value.as_integer().map(DeInteger::as_str);
        let digits = self.expect(value.as_float().map(DeFloat::as_str).or(whole), WANTED)?;
        let share = digits.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        if share.is_none() {
            self.wrong(&Problem::new(format!("cannot be {digits}"), format!("write {WANTED}")));
        }
        share
    }

    /// The elements of a list.
    pub(super) fn elements(&self, wanted: &str) -> Vec<Entry<'a>> {
        let list = self.expect(self.value.get_ref().as_array(), wanted);
        let element = |value| Entry { key: self.key.clone(), value, findings: self.findings };
        list.map(|list| list.iter().map(element).collect()).unwrap_or_default()
    }

    /// Whether it is a list without elements.
    pub(super) fn is_empty_list(&self) -> bool {
        self.value.get_ref().as_array().is_some_and(|list| list.is_empty())
    }

    /// What each text of a list says.
    pub(super) fn read_each<T>(&self, mut read: impl FnMut(&str) -> Result<T, Problem>) -> Vec<T> {
        let elements = self.elements("a list of texts: [\"...\", \"...\"]");
        elements.iter().filter_map(|element| element.read(&mut read)).collect()
    }

    fn table(&self, wanted: &str) -> Option<&'a DeTable<'a>> {
        self.expect(self.value.get_ref().as_table(), wanted)
    }

    fn expect<T>(&self, found: Option<T>, wanted: &str) -> Option<T> {
        if found.is_none() {
            let kind = self.value.get_ref().type_str();
            self.wrong(
                &Problem::new(format!("cannot be a TOML {kind}"), format!("write {wanted}")).coded("C004"),
            );
        }
        found
    }
}
