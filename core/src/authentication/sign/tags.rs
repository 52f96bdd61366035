//! What DKIM signatures and ARC seals have in common: a list of tags, of which the last is the signature over what
//! is signed and over the tags before it (RFC 6376 section 3.7).

use std::time::SystemTime;

use data_encoding::BASE64;
use mail_auth::common::crypto::SigningKey as _;
use mail_auth::dkim::Canonicalization;

use super::fields::Input;
use super::{Key, SignError};

/// How long a line of base64 is.
const LINE: usize = 70;

/// How many names of fields stand on a line.
const NAMES: usize = 5;

/// A list of tags with its signature. `unsigned` ends with `b=`, `fields` are what is signed besides.
pub(super) fn signed(
    key: &Key,
    fields: &[Input<'_>],
    (name, unsigned): (&str, &str),
) -> Result<String, SignError> {
    let input = canonical(fields, name, unsigned);
    let signature = key.sign(input.as_slice()).map_err(SignError::library)?;
    Ok(format!("{unsigned}{}", folded(&BASE64.encode(&signature))))
}

/// Names as `h=` lists them.
pub(super) fn names(names: &[&str]) -> String {
    let lines: Vec<String> = names.chunks(NAMES).map(|line| line.join(":")).collect();
    lines.join(":\r\n\t")
}

/// The time as `t=` has it, seconds.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// What is signed: the fields, and behind them the one that will have the signature, without its line end.
fn canonical(fields: &[Input<'_>], name: &str, unsigned: &str) -> Vec<u8> {
    let last = format!(" {unsigned}\r\n");
    let last = (name.as_bytes(), last.as_bytes());
    let all = fields.iter().map(|field| (field.name.as_bytes(), field.value)).chain([last]);
    let mut octets = Vec::new();
    Canonicalization::Relaxed.canonicalize_headers(all, &mut octets);
    octets.truncate(octets.len().saturating_sub(2));
    octets
}

/// Base64 in lines.
fn folded(base64: &str) -> String {
    let lines = base64.as_bytes().chunks(LINE).map(String::from_utf8_lossy);
    lines.collect::<Vec<_>>().join("\r\n\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_folded_where_they_may_be() {
        assert_eq!(names(&["a", "b", "c", "d", "e", "f"]), "a:b:c:d:e:\r\n\tf");
        assert_eq!(folded(&"x".repeat(80)), format!("{}\r\n\t{}", "x".repeat(70), "x".repeat(10)));
    }

    #[test]
    fn the_last_field_has_no_line_end() {
        let field = Input { name: "From", value: b"  a  b\r\n" };
        assert_eq!(
            canonical(&[field], "DKIM-Signature", "v=1;\r\n\tb="),
            b"from:a b\r\ndkim-signature:v=1; b="
        );
    }
}
