//! What the relay would not take of a verdict, in its words: in a plugin's tests it is found before.

use super::Edit;

/// The most octets of a header's name.
const NAME_LENGTH: usize = 200;
/// The most changes of one verdict.
const MOST: usize = 1000;
/// The longest name and value of a tag, octets.
const TAG_NAME: usize = 64;
const TAG_VALUE: usize = 256;
/// What a plugin can hand over at once, octets.
const HANDED_OVER: usize = 1 << 20;

/// Ends the test where something is wrong.
#[track_caller]
pub(super) fn holds(checked: Result<(), String>) {
    let wrong = checked.err();
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
}

/// What is wrong with a change behind so many others.
pub(super) fn edit(edit: &Edit, before: usize) -> Result<(), String> {
    match edit {
        Edit::AddHeader(name, value)
        | Edit::InsertHeader(_, name, value)
        | Edit::ReplaceHeader(name, value) => {
            header_name(name)?;
            header_value(value)?;
        }
        Edit::RemoveHeader(name) => header_name(name)?,
        Edit::AddRecipient(address) | Edit::RemoveRecipient(address) => self::address(address)?,
        Edit::ReplacePart(part, text, _) => {
            self::part(part)?;
            size(text.len())?;
        }
        Edit::RemovePart(part) => self::part(part)?,
        Edit::Tag(name, value) => tag(name, value)?,
        Edit::ReplaceBody(body) => size(body.len())?,
        Edit::AppendText(plain, html) => size(plain.len() + html.as_ref().map_or(0, String::len))?,
    }
    if before >= MOST {
        return Err(format!("a verdict changes a message in at most {MOST} places"));
    }
    Ok(())
}

/// What is wrong with an address of mail.
pub(super) fn address(address: &str) -> Result<(), String> {
    let (local, domain) = address.rsplit_once('@').unwrap_or_default();
    let wrong = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
    if !local.is_empty() && !domain.is_empty() && address.len() <= 320 && !address.contains(wrong) {
        return Ok(());
    }
    Err(format!("`{}` is no address: write one like \"someone@example.org\"", address.escape_debug()))
}

fn header_name(name: &str) -> Result<(), String> {
    let right = (1..=NAME_LENGTH).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b':');
    if right {
        return Ok(());
    }
    Err(format!("`{}` is no name of a header: write one like \"X-Checked\"", name.escape_debug()))
}

fn header_value(value: &str) -> Result<(), String> {
    let mut lines = value.split('\n').skip(1);
    let folded = lines.all(|line| line.starts_with([' ', '\t']) && !line.trim_ascii().is_empty());
    let bare = value
        .match_indices('\r')
        .any(|(at, _)| !value.get(at + 1..).is_some_and(|rest| rest.starts_with('\n')));
    if folded && !bare && !value.contains('\0') {
        return Ok(());
    }
    Err("the value of a header is one line: a line end in it would begin another header".to_owned())
}

fn part(part: &str) -> Result<(), String> {
    let number = |number: &str| number.parse::<u32>().is_ok_and(|number| number > 0);
    if part.split('.').all(number) {
        return Ok(());
    }
    Err(format!("`{part}` is no number of a part: write one like \"1.2\""))
}

fn tag(name: &str, value: &str) -> Result<(), String> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > TAG_NAME || !name.chars().all(word) {
        return Err(format!(
            "`{}` is no name of a tag: letters, digits, `_`, `-` and `.`",
            name.escape_debug()
        ));
    }
    if value.len() > TAG_VALUE || value.chars().any(char::is_control) {
        return Err(format!("the value of the tag `{name}` is one line of at most {TAG_VALUE} octets"));
    }
    Ok(())
}

fn size(octets: usize) -> Result<(), String> {
    if octets <= HANDED_OVER {
        return Ok(());
    }
    Err(format!("a plugin hands over at most {HANDED_OVER} octets at once, not {octets}"))
}
