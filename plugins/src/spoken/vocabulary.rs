//! The words of verdicts, and what may be chained to them.

/// An enum whose cases each have a word.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $case:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $case,)*
        }

        impl $name {
            /// All of them, as the reference lists them.
            pub(crate) const ALL: [Self; [$($word),*].len()] = [$(Self::$case),*];

            pub(crate) const fn word(self) -> &'static str {
                match self {
                    $(Self::$case => $word,)*
                }
            }

            pub(crate) fn from_word(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.word() == word)
            }
        }
    };
}

vocabulary! {
    /// The words of verdicts: the functions of scripts.
    Word {
        /// `accept()`
        Accept = "accept",
        /// `refuse(text)`, `refuse(code, text)`
        Refuse = "refuse",
        /// `defer(text)`, `defer(code, text)`
        Defer = "defer",
        /// `advertise()`
        Advertise = "advertise",
        /// `withhold()`
        Withhold = "withhold",
        /// `start_tls()`
        StartTls = "start_tls",
        /// `stay_clear()`
        StayClear = "stay_clear",
        /// `require(level)`
        Require = "require",
        /// `redirect(address)`
        Redirect = "redirect",
        /// `quarantine(reason)`
        Quarantine = "quarantine",
        /// `discard(reason)`
        Discard = "discard",
    }
}

vocabulary! {
    /// What may be chained to a verdict, as in `accept().min_version("1.3")`.
    Setter {
        /// `.min_version("1.3")`
        MinVersion = "min_version",
        /// `.suites([...])`
        Suites = "suites",
        /// `.groups([...])`
        Groups = "groups",
        /// `.roots([...])`
        Roots = "roots",
        /// `.client_certificate("request")`
        ClientCertificate = "client_certificate",
        /// `.identity("name")`
        Identity = "identity",
        /// `.server_name("name")`
        ServerName = "server_name",
        /// `.add_header("X-Name", "value")`
        AddHeader = "add_header",
        /// `.insert_header(0, "X-Name", "value")`
        InsertHeader = "insert_header",
        /// `.replace_header("Subject", "value")`
        ReplaceHeader = "replace_header",
        /// `.remove_header("X-Name")`
        RemoveHeader = "remove_header",
        /// `.add_recipient("a@example.org")`
        AddRecipient = "add_recipient",
        /// `.remove_recipient("a@example.org")`
        RemoveRecipient = "remove_recipient",
        /// `.replace_body("text")`
        ReplaceBody = "replace_body",
        /// `.replace_part("1.2", "text")`
        ReplacePart = "replace_part",
        /// `.remove_part("1.2")`
        RemovePart = "remove_part",
        /// `.append_text("text")`
        AppendText = "append_text",
        /// `.tag("name", "value")`
        Tag = "tag",
        /// `.to("mx.example.org:25")`
        To = "to",
        /// `.source("192.0.2.1")`
        Source = "source",
        /// `.helo_name("mx.example.org")`
        HeloName = "helo_name",
        /// `.transport("name")`
        Transport = "transport",
    }
}

impl Setter {
    /// Only the policy chooses who we are and whom we ask for.
    pub(crate) const fn is_for_policies(self) -> bool {
        matches!(self, Self::Identity | Self::ServerName)
    }
}
