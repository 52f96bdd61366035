//! What policies and filters have besides facts: memory, rates, counters, lists and names.
//!
//! Who uses none of it pays nothing for it: a script's text says what it needs, and only then a call
//! carries a [`Call`] as its tag, in which these functions find what the script reaches.

mod memory;
mod names;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::rhai::{
    AST, ASTNode, Dynamic, Engine, EvalAltResult, Expr, FnCallExpr, NativeCallContext, Position, Stmt,
};

use super::patterns;
use crate::state::{Lookups, Rate, Reach};

/// What a native comes to.
type Native<T> = Result<T, Box<EvalAltResult>>;

/// The functions by what they need.
const OF_MEMORY: [&str; 7] =
    ["count", "allows", "recall", "remember", "remember_first", "remember_sum", "forget"];
const OF_LISTS: [&str; 1] = ["in_list"];
const OF_NAMES: [&str; 6] = ["dns_addresses", "dns_mx", "dns_txt", "dns_names", "dnsbl", "reverse_name"];

/// All of them, by name.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    OF_MEMORY.into_iter().chain(OF_LISTS).chain(OF_NAMES)
}

/// Registers them.
pub(super) fn register(engine: &mut Engine) {
    memory::register(engine);
    names::register(engine);
    engine.register_fn("in_list", |ctx: NativeCallContext, list: &str, text: &str| -> Native<bool> {
        Ok(call(&ctx)?.reach.is_in_list(list, text)?)
    });
}

/// What a script needs besides facts, as its text says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Needs {
    pub(super) memory: bool,
    pub(super) lists: bool,
    /// It may wait for names.
    pub(super) names: bool,
}

impl Needs {
    pub(super) fn of(ast: &AST) -> Self {
        let mut needs = Self::default();
        for_each_name(ast, |name| {
            needs.memory |= OF_MEMORY.contains(&name);
            needs.lists |= OF_LISTS.contains(&name);
            needs.names |= OF_NAMES.contains(&name);
        });
        needs
    }

    pub(super) const fn nothing(self) -> bool {
        !(self.memory || self.lists || self.names)
    }
}

/// What a script names by a text, as a list, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) position: Position,
}

/// What a script names in calls of a function, as its first argument.
pub(super) fn named(ast: &AST, function: &str) -> Vec<Named> {
    let mut named = Vec::new();
    for_each_call(ast, |call, position| {
        if let (true, Some(Expr::StringConstant(name, _))) = (call.name == function, call.args.first()) {
            named.push(Named { name: name.to_string(), position });
        }
    });
    named
}

/// Each function that is called, or named as a text that may be called: more is asked for than is
/// needed, but never less.
fn for_each_name(ast: &AST, mut see: impl FnMut(&str)) {
    ast.walk(&mut |path: &[ASTNode]| {
        match path.last() {
            Some(
                ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
                | ASTNode::Stmt(Stmt::FnCall(call, _)),
            ) => see(&call.name),
            Some(ASTNode::Expr(Expr::StringConstant(text, _))) => see(text),
            Some(ASTNode::Expr(Expr::Variable(variable, ..))) => see(&variable.1),
            _ => {}
        }
        true
    });
}

fn for_each_call(ast: &AST, mut see: impl FnMut(&FnCallExpr, Position)) {
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(
            ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))
            | ASTNode::Stmt(Stmt::FnCall(call, position)),
        ) = path.last()
        {
            see(call, *position);
        }
        true
    });
}

/// A call of a script that reaches something.
struct Call {
    reach: Arc<Reach>,
    lookups: Mutex<Lookups>,
}

/// The tag of a call that begins.
pub(super) fn begin(reach: Arc<Reach>) -> Dynamic {
    Dynamic::from(Arc::new(Call { reach, lookups: Mutex::default() }))
}

/// The call in progress.
fn call(ctx: &NativeCallContext<'_>) -> Native<Arc<Call>> {
    let call = ctx.tag().and_then(|tag| tag.read_lock::<Arc<Call>>().map(|call| Arc::clone(&call)));
    call.ok_or_else(|| format!("`{}` is for hooks that are asked", ctx.fn_name()).into())
}

impl Call {
    fn lookups(&self) -> MutexGuard<'_, Lookups> {
        self.lookups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is wrong with what a native is given, where it stands in the script; `None` where it is right.
pub(super) fn wrong_text(function: &str, place: usize, text: &str) -> Option<String> {
    match (function, place) {
        ("allows", 0) => text.parse::<Rate>().err().map(|bad| bad.to_string()),
        ("remember" | "remember_first" | "remember_sum", 2) => memory::span(text).err(),
        ("count", 0) => crate::state::wrong_counter(text),
        ("matches", 1) => patterns::wrong(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
