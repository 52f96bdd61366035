//! What is changed of a message.

/// What is changed of a message, in the order in which it is said; carried by
/// [`accept_changed`](super::accept_changed).
///
/// The relay checks each when the verdict is handed over. A header with a line end in it, or a text that is no
/// address, is a failure of the hook: the mail is deferred, and the log says why; in a plugin's tests it ends the test. What cannot be done to this
/// message, such as removing a part that it does not have, is left out, and the log says so.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// fn message(client: &Client, message: &Message) -> incoming::message::Verdict {
///     if message.spf() == "pass" { return no_opinion(); }
///     accept_changed(Edits::new().insert_header(0, "X-External", "yes").tag("external", "yes"))
/// }
///
/// let forged = testing::message().spf("fail");
/// let verdict = message(&testing::clear_client(), &forged);
/// assert_eq!(verdict, accept_changed(Edits::new().insert_header(0, "X-External", "yes").tag("external", "yes")));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edits(pub(crate) Vec<Edit>);

/// A change of a message.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Edit {
    /// Adds a header behind the others: its name, its value.
    AddHeader(String, String),
    /// Inserts a header before the one with that number; 0 is on top.
    InsertHeader(u32, String, String),
    /// Gives the first header of that name another value; adds it where there is none.
    ReplaceHeader(String, String),
    /// Removes all headers of that name.
    RemoveHeader(String),
    /// Adds a recipient to the envelope.
    AddRecipient(String),
    /// Removes a recipient from the envelope.
    RemoveRecipient(String),
    /// Tags the message: a name, a value.
    Tag(String, String),
    /// Replaces all that is behind the headers; canonical lines, at most 1 MiB.
    ReplaceBody(Vec<u8>),
    /// Replaces what a part says: its number, the text, its media type if it is not text/plain.
    ReplacePart(String, String, Option<String>),
    /// Removes a part: its number.
    RemovePart(String),
    /// Appends a text to what the reader is shown, and its HTML to HTML mail.
    AppendText(String, Option<String>),
}

impl Edits {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The changes, in their order.
    #[must_use]
    pub fn list(&self) -> &[Edit] {
        &self.0
    }

    /// Adds a header behind the others.
    #[must_use]
    #[track_caller]
    pub fn add_header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.and(Edit::AddHeader(name.into(), value.into()))
    }

    /// Inserts a header before the one with that number; 0 is on top.
    #[must_use]
    #[track_caller]
    pub fn insert_header(self, position: u32, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.and(Edit::InsertHeader(position, name.into(), value.into()))
    }

    /// Gives the first header of that name another value; adds it where there is none.
    #[must_use]
    #[track_caller]
    pub fn replace_header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.and(Edit::ReplaceHeader(name.into(), value.into()))
    }

    /// Removes all headers of that name.
    #[must_use]
    #[track_caller]
    pub fn remove_header(self, name: impl Into<String>) -> Self {
        self.and(Edit::RemoveHeader(name.into()))
    }

    /// Adds a recipient to the envelope.
    #[must_use]
    #[track_caller]
    pub fn add_recipient(self, address: impl Into<String>) -> Self {
        self.and(Edit::AddRecipient(address.into()))
    }

    /// Removes a recipient from the envelope.
    #[must_use]
    #[track_caller]
    pub fn remove_recipient(self, address: impl Into<String>) -> Self {
        self.and(Edit::RemoveRecipient(address.into()))
    }

    /// Tags the message: later filters, `route`, the log and the queue show it.
    #[must_use]
    #[track_caller]
    pub fn tag(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.and(Edit::Tag(name.into(), value.into()))
    }

    /// Replaces all that is behind the headers; canonical lines, at most 1 MiB.
    #[must_use]
    #[track_caller]
    pub fn replace_body(self, body: impl Into<Vec<u8>>) -> Self {
        self.and(Edit::ReplaceBody(body.into()))
    }

    /// Replaces what a part says, from now on plain text.
    #[must_use]
    #[track_caller]
    pub fn replace_part(self, part: impl Into<String>, text: impl Into<String>) -> Self {
        self.and(Edit::ReplacePart(part.into(), text.into(), None))
    }

    /// Replaces what a part says, from now on a text of this media type, as in `text/html`. Scripts write
    /// `replace_part(part, text, media_type)`.
    ///
    /// ```
    /// use waxseal_sdk::prelude::*;
    ///
    /// let edits = Edits::new().replace_part_as("1.2", "<p>Removed.</p>", "text/html");
    /// assert_eq!(edits.list().len(), 1);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn replace_part_as(
        self,
        part: impl Into<String>,
        text: impl Into<String>,
        media_type: impl Into<String>,
    ) -> Self {
        self.and(Edit::ReplacePart(part.into(), text.into(), Some(media_type.into())))
    }

    /// Removes a part, such as an attachment.
    #[must_use]
    #[track_caller]
    pub fn remove_part(self, part: impl Into<String>) -> Self {
        self.and(Edit::RemovePart(part.into()))
    }

    /// Appends a text to what the reader is shown, such as a disclaimer; to HTML mail the same, escaped.
    #[must_use]
    #[track_caller]
    pub fn append_text(self, plain: impl Into<String>) -> Self {
        self.and(Edit::AppendText(plain.into(), None))
    }

    /// Likewise, with an HTML text of its own for HTML mail. Scripts write `append_text(plain, html)`.
    #[must_use]
    #[track_caller]
    pub fn append_html(self, plain: impl Into<String>, html: impl Into<String>) -> Self {
        self.and(Edit::AppendText(plain.into(), Some(html.into())))
    }

    /// One more change. In a plugin's tests one that the relay would not take ends the test, in the relay's words; in the
    /// plugin the relay itself looks: there it is a failure, which defers.
    ///
    /// ```
    /// use waxseal_sdk::prelude::*;
    /// use waxseal_sdk::verdict::Edit;
    ///
    /// let edits = Edits::new().and(Edit::RemovePart("2".into()));
    /// assert_eq!(edits, Edits::new().remove_part("2"));
    /// ```
    /// ```should_panic
    /// # use waxseal_sdk::prelude::*;
    /// let edits = Edits::new().add_header("X-Note", "two\r\nlines");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn and(mut self, edit: Edit) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        super::check::holds(super::check::edit(&edit, self.0.len()));
        self.0.push(edit);
        self
    }
}

#[cfg(target_arch = "wasm32")]
impl crate::glue::HandOver for Edits {
    type Wit = crate::glue::wit::Edits;

    fn hand_over(self) -> Result<Self::Wit, String> {
        let edits = Self::Wit::new();
        for edit in self.0 {
            match edit {
                Edit::AddHeader(name, value) => edits.add_header(&name, &value),
                Edit::InsertHeader(position, name, value) => edits.insert_header(position, &name, &value),
                Edit::ReplaceHeader(name, value) => edits.replace_header(&name, &value),
                Edit::RemoveHeader(name) => edits.remove_header(&name),
                Edit::AddRecipient(address) => edits.add_recipient(&address),
                Edit::RemoveRecipient(address) => edits.remove_recipient(&address),
                Edit::Tag(name, value) => edits.tag(&name, &value),
                Edit::ReplaceBody(body) => edits.replace_body(&body),
                Edit::ReplacePart(part, text, kind) => edits.replace_part(&part, &text, kind.as_deref()),
                Edit::RemovePart(part) => edits.remove_part(&part),
                Edit::AppendText(plain, html) => edits.append_text(&plain, html.as_deref()),
            }?;
        }
        Ok(edits)
    }
}
