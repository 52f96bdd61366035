//! Which fields are signed.

use crate::authentication::HeaderSection;
use crate::authentication::section::Field;

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

/// The names for the signer: each that is there, and those that nobody may add once more. The signer takes
/// all fields of a name.
pub(super) fn names(section: &HeaderSection, signed: &[String], oversigned: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in signed.iter().chain(oversigned) {
        if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        if section.named(name).next().is_some() {
            names.push(name.clone());
        }
        if oversigned.iter().any(|one| one.eq_ignore_ascii_case(name)) {
            names.push(name.clone());
        }
    }
    names
}

/// The fields of these names in the order in which a signature takes them: of each name the lowest first
/// (RFC 6376 section 5.4.2).
pub(super) fn bottom_up<'a>(section: &'a HeaderSection, names: &[&'a str]) -> Vec<Field<'a>> {
    names.iter().flat_map(|name| section.named(name).rev()).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn what_nobody_may_add_is_there_once_more() {
        let head = "From: a\r\nReceived: x\r\nto: 1\r\nTo: 2\r\nSubject: y\r\n\r\n";
        let section = HeaderSection::read(&Bytes::from(head)).unwrap().unwrap();
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let names = names(&section, &list(&["From", "To", "Date"]), &list(&["from", "Cc"]));
        assert_eq!(names, ["From", "From", "To", "Cc"]);
        let values: Vec<_> = bottom_up(&section, &["To", "From"]).iter().map(|field| field.value).collect();
        assert_eq!(values, [b" 2\r\n", b" 1\r\n", b" a\r\n"]);
    }
}
