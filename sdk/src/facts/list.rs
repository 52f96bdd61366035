//! The lists of facts are those of the contract: names, types and sentences.

use wit_parser::{FunctionKind, Handle, Resolve, Type, TypeDefKind};

/// A fact as a list has it: name, kind, and what it says.
pub(super) type Listed = (&'static str, &'static str, &'static str);

fn lists() -> Vec<(&'static str, &'static [Listed])> {
    vec![
        ("row", super::row::LIST),
        ("certificate", super::certificate::LIST),
        ("client", super::client::LIST),
        ("host", super::host::LIST),
        ("hello", super::hello::LIST),
        ("handshake", super::handshake::LIST),
        ("mail", super::mail::LIST),
        ("recipient", super::recipient::LIST),
        ("message", super::message::LIST),
        ("part", super::part::LIST),
        ("report", super::report::LIST),
    ]
}

/// The type of a getter, by the names of the lists.
fn kind(resolve: &Resolve, result: Type) -> String {
    match result {
        Type::Bool => "Flag".into(),
        Type::S64 => "Number".into(),
        Type::U16 => "Version".into(),
        Type::String => "Text".into(),
        Type::Id(id) => match &resolve.types[id].kind {
            TypeDefKind::List(Type::String) => "Texts".into(),
            TypeDefKind::List(item) if kind(resolve, *item) == "Part" => "Parts".into(),
            TypeDefKind::Handle(Handle::Own(id)) => match resolve.types[*id].name.as_deref() {
                Some("row") => "Row".into(),
                Some("certificate") => "Certificate".into(),
                Some("fields") => "Fields".into(),
                Some("body") => "Body".into(),
                Some("part") => "Part".into(),
                other => format!("{other:?}"),
            },
            other => format!("{other:?}"),
        },
        other => format!("{other:?}"),
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_lists_are_those_of_the_contract() {
    let resolve = crate::contract::resolved();
    let (_, facts) = resolve.interfaces.iter().find(|(_, one)| one.name.as_deref() == Some("facts")).unwrap();
    // What is used of other interfaces is described there.
    let own = |id| matches!(resolve.types[id].kind, TypeDefKind::Resource);
    let listed: Vec<_> =
        facts.types.iter().filter(|(_, id)| own(**id)).map(|(name, _)| name.as_str()).collect();
    assert_eq!(listed, lists().iter().map(|(resource, _)| *resource).collect::<Vec<_>>());

    for (resource, list) in lists() {
        let getters = facts.functions.values().filter(|function| match function.kind {
            FunctionKind::Method(id) => resolve.types[id].name.as_deref() == Some(resource),
            _ => false,
        });
        let getters: Vec<_> = getters
            .map(|function| {
                let kind = kind(&resolve, function.result.unwrap());
                let docs = words(function.docs.contents.as_deref().unwrap_or_default());
                (function.item_name().replace('-', "_"), kind, docs)
            })
            .collect();
        let list: Vec<_> = list
            .iter()
            .map(|&(name, kind, docs)| {
                // Parameters are a text of JSON there.
                let kind = if kind == "Parameters" { "Text" } else { kind };
                (name.to_owned(), kind.to_owned(), words(docs))
            })
            .collect();
        assert_eq!(list, getters, "facts of `{resource}`: the SDK on the left, WIT on the right");
    }
}
