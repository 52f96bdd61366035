//! Where something was decided.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A place in a policy file: what a verdict, a failure or a row points to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, relative to the policies' directory, with `/` between its parts.
    pub path: Arc<str>,
    /// The source file within a plugin, as its author's compiler names it; `None` for what is
    /// written in the file itself.
    pub source: Option<Arc<str>>,
    /// The line, from 1; 0 where a whole file is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 where a whole line is meant.
    pub column: usize,
}

impl Place {
    /// A place in a file.
    pub fn new(path: impl Into<Arc<str>>, line: usize, column: usize) -> Self {
        Self { path: path.into(), source: None, line, column }
    }

    /// A whole file: what decides when a hook is left out.
    pub fn file(path: impl Into<Arc<str>>) -> Self {
        Self::new(path, 0, 0)
    }

    /// The place that a text names, as in `domains.rhai:9:5`; a whole file where it names no line.
    pub fn written(text: &str) -> Self {
        let parse = || {
            let (rest, column) = text.rsplit_once(':')?;
            let (path, line) = rest.rsplit_once(':')?;
            Some(Self::new(path, line.parse().ok()?, column.parse().ok()?))
        };
        parse().unwrap_or_else(|| Self::file(text))
    }

    /// A place in the source of a plugin.
    pub fn within(
        path: impl Into<Arc<str>>,
        source: impl Into<Arc<str>>,
        line: usize,
        column: usize,
    ) -> Self {
        Self { source: Some(source.into()), ..Self::new(path, line, column) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(source) = &self.source {
            write!(f, ":{source}")?;
        }
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.line > 0 && self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
