//! What scripts change of a message, as in `accept().tag("spam", "7.5").add_header("X-Spam", "yes")`.

use ::rhai::{Engine, NativeCallContext};
use bytes::Bytes;

use super::{Said, volatile};
use crate::spoken::{Setter, Spoken};
use crate::verdicts::{Edit, Header};

/// Registers them.
pub(super) fn register(engine: &mut Engine) {
    two(engine, Setter::AddHeader, |name, value| Edit::AddHeader(Header::new(name, value)));
    two(engine, Setter::ReplaceHeader, |name, value| Edit::ReplaceHeader {
        occurrence: 1,
        header: Header::new(name, value),
    });
    one(engine, Setter::RemoveHeader, |name| Edit::RemoveHeader { name: name.to_owned(), occurrence: None });
    one(engine, Setter::AddRecipient, |address| Edit::AddRecipient(address.to_owned()));
    one(engine, Setter::RemoveRecipient, |address| Edit::RemoveRecipient(address.to_owned()));
    one(engine, Setter::ReplaceBody, |text| Edit::ReplaceBody(canonical(text)));
    two(engine, Setter::ReplacePart, |part, text| replaced(part, None, text));
    one(engine, Setter::RemovePart, |part| Edit::RemovePart { part: part.to_owned() });
    one(engine, Setter::AppendText, |plain| Edit::AppendText { plain: plain.to_owned(), html: None });
    two(engine, Setter::AppendText, |plain, html| Edit::AppendText {
        plain: plain.to_owned(),
        html: Some(html.to_owned()),
    });
    two(engine, Setter::Tag, |name, value| Edit::Tag { name: name.to_owned(), value: value.to_owned() });
    register_three(engine);
}

fn register_three(engine: &mut Engine) {
    let insert = |ctx: NativeCallContext, spoken: Spoken, position: i64, name: &str, value: &str| {
        let position = usize::try_from(position)
            .map_err(|_| format!("`{position}` is no number of a header: 0 is on top"))?;
        let header = Header::new(name, value);
        chain(&ctx, spoken, Setter::InsertHeader, Edit::InsertHeader { position, header })
    };
    volatile(Setter::InsertHeader.word()).register_into_engine(engine, insert);
    let replace = |ctx: NativeCallContext, spoken: Spoken, part: &str, text: &str, content_type: &str| {
        chain(&ctx, spoken, Setter::ReplacePart, replaced(part, Some(content_type), text))
    };
    volatile(Setter::ReplacePart.word()).register_into_engine(engine, replace);
}

fn replaced(part: &str, content_type: Option<&str>, text: &str) -> Edit {
    Edit::ReplacePart {
        part: part.to_owned(),
        content_type: content_type.map(str::to_owned),
        text: text.to_owned(),
    }
}

fn one(engine: &mut Engine, setter: Setter, edit: fn(&str) -> Edit) {
    let chained =
        move |ctx: NativeCallContext, spoken: Spoken, value: &str| chain(&ctx, spoken, setter, edit(value));
    volatile(setter.word()).register_into_engine(engine, chained);
}

fn two(engine: &mut Engine, setter: Setter, edit: fn(&str, &str) -> Edit) {
    let chained = move |ctx: NativeCallContext, spoken: Spoken, one: &str, two: &str| {
        chain(&ctx, spoken, setter, edit(one, two))
    };
    volatile(setter.word()).register_into_engine(engine, chained);
}

fn chain(ctx: &NativeCallContext, mut spoken: Spoken, setter: Setter, edit: Edit) -> Said {
    edit.put(&mut spoken.edits)?;
    spoken.set.push((setter, ctx.call_position()));
    Ok(spoken)
}

/// Lines as mail has them (RFC 5321 section 2.3.8), the last one ended.
fn canonical(text: &str) -> Bytes {
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).replace('\r', " "));
    let mut lines: Vec<String> = lines.collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.into_iter().flat_map(|line| [line, "\r\n".to_owned()]).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_canonical_lines() {
        assert_eq!(canonical("a\nb\r\nc"), "a\r\nb\r\nc\r\n");
        assert_eq!(canonical("a\n"), "a\r\n");
        assert_eq!(canonical("a\rb\n\n"), "a b\r\n\r\n");
        assert_eq!(canonical(""), "");
    }
}
