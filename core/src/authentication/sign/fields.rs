//! Which fields are signed.

use crate::message::headers::{Field, HeaderSection};

/// What is signed where it is there (RFC 6376 section 5.4.1), unless the configuration says otherwise.
pub const SIGNED: [&str; 22] = [
    "From",
    "Sender",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "To",
    "Cc",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "List-Id",
    "List-Help",
    "List-Subscribe",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Post",
    "List-Owner",
    "List-Archive",
];

/// What is signed once more than it is there, so that nobody can add one (RFC 6376 section 8.15), likewise.
pub const OVERSIGNED: [&str; 6] = ["From", "Reply-To", "Subject", "Date", "To", "Cc"];

/// A field that is signed: name and value, of which the value has the final line end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a [u8],
}

impl<'a> From<Field<'a>> for Input<'a> {
    fn from(field: Field<'a>) -> Self {
        Self { name: field.name(), value: field.value() }
    }
}

/// What a signature covers.
pub(super) struct Signed<'a> {
    /// The names of which all fields are signed, each once.
    pub(super) covered: Vec<&'a str>,
    /// The names as `h=` lists them: once for each field, and once more where nobody may add one.
    pub(super) listed: Vec<&'a str>,
}

impl<'a> Signed<'a> {
    /// What is signed of this section.
    pub(super) fn new(section: &HeaderSection, signed: &'a [String], oversigned: &'a [String]) -> Self {
        let (mut covered, mut listed): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for name in signed.iter().chain(oversigned) {
            if covered.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                continue;
            }
            let once_more = oversigned.iter().any(|one| one.eq_ignore_ascii_case(name));
            let times = section.all(name).count() + usize::from(once_more);
            covered.push(name);
            listed.extend(std::iter::repeat_n(name.as_str(), times));
        }
        Self { covered, listed }
    }
}

/// The fields of these names in the order in which a signature takes them: of each name the lowest first
/// (RFC 6376 section 5.4.2).
pub(super) fn bottom_up<'a>(section: &'a HeaderSection, names: &[&'a str]) -> Vec<Input<'a>> {
    names.iter().flat_map(|name| section.all(name).rev()).map(Input::from).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn what_nobody_may_add_is_there_once_more() {
        let head = "From: a\r\nReceived: x\r\nto: 1\r\nTo: 2\r\nSubject: y\r\n\r\n";
        let section = HeaderSection::parse(&Bytes::from(head));
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (headers, oversign) = (list(&["From", "To", "Date"]), list(&["from", "Cc"]));
        let signed = Signed::new(&section, &headers, &oversign);
        assert_eq!(signed.listed, ["From", "From", "To", "To", "Cc"]);
        assert_eq!(signed.covered, ["From", "To", "Date", "Cc"]);
        let values: Vec<_> = bottom_up(&section, &["To", "From"]).iter().map(|field| field.value).collect();
        assert_eq!(values, [b" 2\r\n", b" 1\r\n", b" a\r\n"]);
    }
}
