//! The contract of facts is written twice: in Rust (which scripts read through), and in WIT (which
//! plugins read through). They never drift apart. What people read is made of the former.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use waxseal_plugins::facts::{
    Certificate, Client, Facts, Handshake, Hello, Host, Kind, Mail, Message, Part, Recipient, Report, Row,
};
use waxseal_plugins::hooks::{Direction, HookName};
use wit_parser::{Resolve, Type, TypeDefKind, TypeId, WorldItem};

/// A type of facts, as Rust has it: its word, and name and kind of each fact.
type Listed = (&'static str, Vec<(&'static str, Kind)>);

fn rust_facts() -> Vec<Listed> {
    fn of<T: Facts>() -> Listed {
        (T::WORD, T::FACTS.iter().map(|fact| (fact.name, fact.kind)).collect())
    }
    vec![
        of::<Client>(),
        of::<Host>(),
        of::<Hello>(),
        of::<Handshake>(),
        of::<Certificate>(),
        of::<Mail>(),
        of::<Recipient>(),
        of::<Message>(),
        of::<Part>(),
        of::<Report>(),
        of::<Row>(),
    ]
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn contract() -> Resolve {
    let mut resolve = Resolve::default();
    resolve.push_dir(repository().join("sdk/wit")).unwrap();
    resolve
}

/// The WIT type of a getter, in words.
fn wit_kind(resolve: &Resolve, kind: Type) -> String {
    match kind {
        Type::Bool => "bool".into(),
        Type::S64 => "s64".into(),
        Type::U16 => "u16".into(),
        Type::String => "string".into(),
        Type::Id(id) => wit_named(resolve, id),
        other => format!("{other:?}"),
    }
}

fn wit_named(resolve: &Resolve, id: TypeId) -> String {
    match &resolve.types[id].kind {
        TypeDefKind::List(item) => format!("list<{}>", wit_kind(resolve, *item)),
        TypeDefKind::Handle(wit_parser::Handle::Own(id)) => resolve.types[*id].name.clone().unwrap(),
        other => format!("{other:?}"),
    }
}

fn expected_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Flag => "bool",
        Kind::Number => "s64",
        Kind::Text | Kind::Parameters => "string",
        Kind::Texts => "list<string>",
        Kind::Version => "u16",
        Kind::Fields => "fields",
        Kind::Parts => "list<part>",
        Kind::Body => "body",
        Kind::Row => "row",
        Kind::Certificate => "certificate",
    }
}

#[test]
fn wit_lists_exactly_the_facts_of_rust() {
    let resolve = contract();
    let (_, facts) = resolve.interfaces.iter().find(|(_, one)| one.name.as_deref() == Some("facts")).unwrap();
    let mut wit: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    // What is used of other interfaces is described there.
    let own = |id: TypeId| matches!(resolve.types[id].kind, TypeDefKind::Resource);
    for (name, _) in facts.types.iter().filter(|(_, id)| own(**id)) {
        wit.insert(name.clone(), Vec::new());
    }
    for function in facts.functions.values() {
        let (resource, getter) = function.name.trim_start_matches("[method]").split_once('.').unwrap();
        let kind = wit_kind(&resolve, function.result.unwrap());
        wit.get_mut(resource).unwrap().push((getter.to_owned(), kind));
    }
    for (word, listed) in rust_facts() {
        let rust: Vec<_> = listed
            .iter()
            .map(|(name, kind)| (name.replace('_', "-"), expected_kind(*kind).to_owned()))
            .collect();
        assert_eq!(
            wit.remove(word).unwrap_or_default(),
            rust,
            "facts of `{word}`: WIT on the left, Rust on the right"
        );
    }
    assert!(wit.is_empty(), "WIT has facts that Rust has not: {wit:?}");
}

#[test]
fn wit_has_an_interface_and_a_world_for_each_hook() {
    let resolve = contract();
    let mut expected: Vec<String> = Vec::new();
    for direction in [Direction::Incoming, Direction::Outgoing] {
        let hooks = HookName::ALL.into_iter().filter(|hook| hook.is_of(direction));
        expected.extend(hooks.map(|hook| format!("{direction}-{hook}")));
    }
    for name in &expected {
        let (id, interface) = resolve
            .interfaces
            .iter()
            .find(|(_, one)| one.name.as_ref() == Some(name))
            .unwrap_or_else(|| panic!("no interface {name}"));
        assert_eq!(interface.functions.len(), 1, "{name}: one function, for ever");
        let (_, world) = resolve.worlds.iter().find(|(_, one)| one.name == format!("{name}-hook")).unwrap();
        let exported = world
            .exports
            .values()
            .any(|item| matches!(item, WorldItem::Interface { id: one, .. } if *one == id));
        assert!(exported, "the world of {name} exports it");
    }
    let hooks = resolve
        .interfaces
        .iter()
        .filter_map(|(_, one)| one.name.as_deref())
        .filter(|name| name.starts_with("incoming-") || name.starts_with("outgoing-"))
        .count();
    assert_eq!(hooks, expected.len(), "WIT has a hook that Rust has not");
}
