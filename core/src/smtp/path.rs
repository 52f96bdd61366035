//! What stands between angle brackets, RFC 5321 section 4.1.2.

use super::address::{ForwardPath, InvalidMailbox, Mailbox, ReversePath};

/// Splits `FROM:<path> parameters` into the path without its brackets, and the parameters. A space
/// after the colon is no SMTP, but common, and harmless.
pub(super) fn split<'a>(argument: &'a str, keyword: &str) -> Result<(&'a str, &'a str), &'static str> {
    let (given, rest) = argument.split_at_checked(keyword.len()).ok_or("it is missing")?;
    if !given.eq_ignore_ascii_case(keyword) {
        return Err("it is missing");
    }
    let path = rest.trim_start_matches(' ').strip_prefix('<').ok_or("it lacks its angle brackets")?;
    let end = closing_bracket(path).ok_or("it lacks its angle brackets")?;
    let (path, rest) = path.split_at_checked(end).ok_or("it lacks its angle brackets")?;
    let parameters = rest.strip_prefix('>').unwrap_or_default();
    if parameters.is_empty() || parameters.starts_with(' ') {
        Ok((path, parameters.trim_start_matches(' ')))
    } else {
        Err("a space must follow it")
    }
}

/// A reverse-path without its brackets.
pub(super) fn reverse(path: &str) -> Result<ReversePath, &'static str> {
    if path.is_empty() { Ok(ReversePath::Null) } else { mailbox(path).map(ReversePath::Mailbox) }
}

/// A forward-path without its brackets.
pub(super) fn forward(path: &str) -> Result<ForwardPath, &'static str> {
    if path.eq_ignore_ascii_case("postmaster") {
        Ok(ForwardPath::Postmaster)
    } else {
        mailbox(path).map(ForwardPath::Mailbox)
    }
}

/// A mailbox, perhaps behind a source route, which is accepted and ignored (RFC 5321 section
/// 4.1.1.3, appendix C).
fn mailbox(path: &str) -> Result<Mailbox, &'static str> {
    let mailbox = match path.strip_prefix('@') {
        Some(route) => route.split_once(':').ok_or("its source route has no end")?.1,
        None => path,
    };
    Mailbox::parse(mailbox).map_err(|InvalidMailbox { problem, .. }| problem)
}

/// Where the path's `>` is: the first that is not quoted.
fn closing_bracket(path: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    path.char_indices().find_map(|(at, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return Some(at),
            _ => {}
        }
        None
    })
}
