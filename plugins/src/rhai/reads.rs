//! Which facts a script may read, so that what is costly is found out only where somebody wants it.

use std::collections::BTreeSet;

use ::rhai::{AST, ASTNode, Expr};

/// The names of all properties that stand in the script, whatever they are read of: a script cannot read a fact
/// that it does not name.
pub(super) fn of(ast: &AST) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Expr(Expr::Property(property, _))) = path.last() {
            names.insert(property.2.to_string());
        }
        true
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_is_found_wherever_it_stands() {
        let script = r#"
            fn has(m) { m.urls.len() > 0 }
            fn message(client, message) {
                let all = || message.text;
                for part in message.parts { if part.name.contains("exe") { return 1 } }
                if message.headers["subject"] == `${message.spf}` { has(message) } else { message?.dkim }
            }
        "#;
        let names = of(&crate::rhai::ENGINE.compile(script).unwrap());
        for name in ["urls", "text", "parts", "name", "headers", "spf", "dkim"] {
            assert!(names.contains(name), "{name}: {names:?}");
        }
        assert!(!names.contains("dmarc"));
    }
}
