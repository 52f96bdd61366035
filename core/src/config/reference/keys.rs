//! Every key, as the page says it.

mod filters;
mod mail;
mod service;

/// A table of the file, as its header is written; the first has none.
pub(super) struct Table {
    pub(super) header: &'static str,
    pub(super) about: &'static str,
    pub(super) keys: &'static [Key],
}

/// A key: its name, what it may be, what it is by default in TOML, what it says.
pub(super) struct Key(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) Default,
    pub(super) &'static str,
);

pub(super) enum Default {
    /// It must be there.
    Required,
    /// Without it there is none.
    None,
    /// This, in TOML.
    Is(&'static str),
    /// In words.
    As(&'static str),
}

/// All tables, those of mail first.
pub(super) const TABLES: [&[Table]; 3] = [mail::TABLES, filters::TABLES, service::TABLES];
