//! What an entry of a map says: a level, and attributes.

/// A security level of Postfix, from the laxest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    None,
    May,
    Encrypt,
    Dane,
    DaneOnly,
    Fingerprint,
    Verify,
    Secure,
}

/// An attribute's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    Match,
    Protocols,
    Ciphers,
    Exclude,
    Tafile,
    Servername,
    /// Of how connections are made, not of what is demanded of them.
    Handling,
}

/// An entry's right side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) level: Level,
    /// The attributes, in their order.
    pub(super) attributes: Vec<(Attribute, String)>,
    /// What demands nothing: attributes of how connections are made, and those that Postfix ignores.
    pub(super) ignored: Vec<String>,
}

const LEVELS: [(&str, Level); 8] = [
    ("none", Level::None),
    ("may", Level::May),
    ("encrypt", Level::Encrypt),
    ("dane", Level::Dane),
    ("dane-only", Level::DaneOnly),
    ("fingerprint", Level::Fingerprint),
    ("verify", Level::Verify),
    ("secure", Level::Secure),
];

const ATTRIBUTES: [(&str, Attribute); 8] = [
    ("match", Attribute::Match),
    ("protocols", Attribute::Protocols),
    ("ciphers", Attribute::Ciphers),
    ("exclude", Attribute::Exclude),
    ("tafile", Attribute::Tafile),
    ("servername", Attribute::Servername),
    ("connection_reuse", Attribute::Handling),
    ("enable_rpk", Attribute::Handling),
];

impl Level {
    /// The level of this word.
    pub(super) fn read(word: &str) -> Result<Self, String> {
        let found = LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        found.map(|(_, level)| *level).ok_or_else(|| {
            let known: Vec<_> = LEVELS.iter().map(|(name, _)| *name).collect();
            format!("Postfix has no level `{word}`, but {}", known.join(", "))
        })
    }

    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        LEVELS.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }

    /// Whether certificates lead to roots at this level.
    const fn has_roots(self) -> bool {
        matches!(self, Self::Verify | Self::Secure)
    }
}

impl Policy {
    /// Reads a right side. Postfix defers all mail where an attribute is unknown or has no meaning
    /// at the level: what was meant is not known.
    pub(super) fn read(value: &str) -> Result<Self, String> {
        let mut words = value.split([',', ' ', '\t']).filter(|word| !word.is_empty());
        let level = Level::read(words.next().ok_or("no level stands behind the key")?)?;
        let mut policy = Self { level, attributes: Vec::new(), ignored: Vec::new() };
        for word in words {
            match attribute(word) {
                _ if level == Level::None => policy.ignored.push(word.to_owned()),
                Ok((Attribute::Handling, _)) => policy.ignored.push(word.to_owned()),
                Ok((attribute, value)) => {
                    policy.check(attribute, word)?;
                    policy.attributes.push((attribute, value));
                }
                Err(problem) => return Err(problem),
            }
        }
        Ok(policy)
    }

    /// The values of an attribute.
    pub(super) fn values(&self, wanted: Attribute) -> impl Iterator<Item = &str> {
        self.attributes.iter().filter(move |(name, _)| *name == wanted).map(|(_, value)| value.as_str())
    }

    /// The last value of an attribute, which is the one that counts.
    pub(super) fn last(&self, wanted: Attribute) -> Option<&str> {
        self.values(wanted).last()
    }

    fn check(&self, attribute: Attribute, word: &str) -> Result<(), String> {
        let fits = match attribute {
            Attribute::Match => self.level >= Level::Fingerprint,
            Attribute::Tafile => self.level.has_roots(),
            _ => true,
        };
        if fits {
            Ok(())
        } else {
            Err(format!("`{word}` has no meaning at the level `{}`", self.level.word()))
        }
    }
}

fn attribute(word: &str) -> Result<(Attribute, String), String> {
    let (name, value) =
        word.split_once('=').ok_or_else(|| format!("`{word}` is no attribute: `name=value` is one"))?;
    let found = ATTRIBUTES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let (_, attribute) = found.ok_or_else(|| format!("Postfix has no attribute `{name}`"))?;
    if value.is_empty() { Err(format!("`{name}` is empty")) } else { Ok((*attribute, value.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_follow_the_level() {
        let policy = Policy::read("secure match=a.example:.b.example, ciphers=high").unwrap();
        assert_eq!(policy.level, Level::Secure);
        assert_eq!(policy.last(Attribute::Match), Some("a.example:.b.example"));
        assert_eq!(policy.last(Attribute::Ciphers), Some("high"));
        assert_eq!(Policy::read("none ciphers=high").unwrap().ignored, ["ciphers=high"]);
    }

    #[test]
    fn what_postfix_would_not_take_is_not_guessed() {
        for (value, said) in [
            ("", "no level"),
            ("encrpyt", "no level `encrpyt`"),
            ("encrypt match=a.example", "no meaning at the level `encrypt`"),
            ("fingerprint tafile=/ca.pem", "no meaning"),
            ("encrypt colour=blue", "no attribute `colour`"),
            ("encrypt high", "`high` is no attribute"),
            ("encrypt ciphers=", "`ciphers` is empty"),
        ] {
            let problem = Policy::read(value).unwrap_err();
            assert!(problem.contains(said), "{value}: {problem}");
        }
    }
}
