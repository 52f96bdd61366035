//! F002, F006 and F007: where the ways through a function end.
//!
//! The value of a function is that of its last statement. A verdict that stands anywhere else
//! without `return` is thrown away, and what follows decides: a door left open.

use ::rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

use super::File;
use super::hooks::Found;
use super::usage::Function;
use crate::decider::Role;
use crate::diagnostic::Diagnostic;
use crate::spoken::Word;

/// Functions that tell the operator something, and have no value.
const SILENT: [&str; 4] = ["log", "alarm", "print", "debug"];

/// How a statement ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Never: the function is left.
    Leaves,
    /// With a value.
    Value,
    /// Without one, on some way at least.
    Nothing,
}

/// What becomes of the value of what stands somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// It is the function's.
    Result,
    /// It is thrown away.
    None,
}

/// A body and its statements.
struct Body {
    /// Where it begins and ends; one that is a bare expression has no end.
    span: (Position, Position),
    named: bool,
    statements: Vec<Stmt>,
}

/// What the walk through one body brings to light.
struct Walk<'a> {
    file: &'a File<'a>,
    findings: Vec<Diagnostic>,
    /// Whether the function is left without a value somewhere.
    leaves_empty: bool,
    /// The calls whose value is the function's, by name and number of arguments.
    tails: Vec<(String, usize)>,
}

/// What became of a body.
struct Walked {
    /// Where it begins; `None` for the body of a closure.
    start: Option<Position>,
    is_silent: bool,
    tails: Vec<(String, usize)>,
}

/// F002 and F007 of all functions, F006 of the hooks of a policy and of what they leave the verdict to.
pub(super) fn check(file: &File<'_>, ast: &AST, hooks: &[Found]) -> Vec<Diagnostic> {
    let (mut findings, mut walked) = (Vec::new(), Vec::new());
    for body in bodies(ast) {
        let mut walk = Walk { file, findings: Vec::new(), leaves_empty: false, tails: Vec::new() };
        let end = walk.block(&body.statements, Use::Result);
        findings.extend(walk.findings);
        walked.push(Walked {
            start: body.named.then_some(body.span.0),
            is_silent: end == End::Nothing || walk.leaves_empty,
            tails: walk.tails,
        });
    }
    if matches!(file.role, Role::Policy(_)) {
        findings.extend(silent(file, &walked, hooks));
    }
    findings
}

/// F006: legal, and perhaps not what the author expects. A helper is meant to answer where a hook's
/// last word is to call it, and where it answers on some way at least.
fn silent(file: &File<'_>, walked: &[Walked], hooks: &[Found]) -> Vec<Diagnostic> {
    let mut open: Vec<&Function> =
        hooks.iter().filter_map(|(_, index, _)| file.functions.get(*index)).collect();
    let is_hook = |function: &Function| {
        hooks
            .iter()
            .any(|(_, index, _)| file.functions.get(*index).is_some_and(|hook| std::ptr::eq(hook, function)))
    };
    let (mut seen, mut findings) = (Vec::new(), Vec::new());
    while let Some(function) = open.pop() {
        if seen.iter().any(|one| std::ptr::eq(*one, function)) {
            continue;
        }
        seen.push(function);
        let body = walked.iter().find(|one| one.start.is_some_and(|start| function.begins_at(start)));
        let Some(body) = body else { continue };
        if body.is_silent && (is_hook(function) || function.speaks()) {
            let help = if is_hook(function) {
                "then the same holds as without this function: end with a verdict instead"
            } else {
                "a hook leaves its verdict to it: end with one on every way"
            };
            let message = format!("`{}` may end without a verdict", function.name);
            let finding = file.warning("F006", function.position, &function.name, message);
            findings.push(finding.helped(help));
        }
        open.extend(body.tails.iter().filter_map(|(name, arity)| file.function(name, *arity)));
    }
    findings
}

/// All bodies, those of closures too.
fn bodies(ast: &AST) -> Vec<Body> {
    let mut bodies: Vec<Body> = ast
        .iter_fn_def()
        .map(|definition| Body {
            span: (definition.body.start_position(), definition.body.end_position()),
            named: !definition.name.starts_with("anon$"),
            statements: Vec::new(),
        })
        .collect();
    // Closures stand inside the functions around them: the last that begins before a statement,
    // and has not ended there, is the nearest.
    bodies.sort_by_key(|body| body.span.0);
    ast.walk(&mut |path: &[ASTNode]| {
        if let [ASTNode::Stmt(statement)] = path
            && let Some(body) = bodies.iter_mut().rfind(|body| body.has(statement.position()))
        {
            body.statements.push((*statement).clone());
        }
        true
    });
    bodies
}

impl Body {
    fn has(&self, position: Position) -> bool {
        let (start, end) = self.span;
        if end.is_none() { position == start } else { start <= position && position <= end }
    }
}

impl Walk<'_> {
    fn block(&mut self, statements: &[Stmt], used: Use) -> End {
        let mut end = End::Nothing;
        for (index, statement) in statements.iter().enumerate() {
            end = self.statement(statement, if index + 1 == statements.len() { used } else { Use::None });
            if let (End::Leaves, Some(next)) = (end, statements.get(index + 1)) {
                let message = "this is never reached: the function is left before".to_owned();
                let finding = self.file.warning("F002", next.position(), "", message);
                self.findings.push(finding.spanning_word());
                break;
            }
        }
        end
    }

    /// How a statement ends, and what becomes of its value.
    fn statement(&mut self, statement: &Stmt, used: Use) -> End {
        match statement {
            Stmt::Expr(expression) => self.expression(expression, used),
            Stmt::FnCall(call, position) => self.call(call, *position, used),
            Stmt::Block(block) => self.block(block.statements(), used),
            Stmt::If(branches, _) => {
                let then = self.block(branches.body.statements(), used);
                then.or(self.block(branches.branch.statements(), used))
            }
            Stmt::Switch(switch, _) => {
                let cases = switch.1.expressions.iter().map(|case| self.expression(&case.rhs, used));
                let end = cases.reduce(End::or).unwrap_or(End::Nothing);
                if switch.1.def_case.is_some() { end } else { End::Nothing }
            }
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => self.nothing_of(flow.body.statements()),
            Stmt::For(parts, _) => self.nothing_of(parts.2.body.statements()),
            Stmt::TryCatch(flow, _) => {
                let tried = self.block(flow.body.statements(), used);
                // The value of `catch` is nobody's.
                tried.or(self.block(flow.branch.statements(), Use::None))
            }
            Stmt::Return(value, ..) => {
                self.leaves_empty |= value.is_none();
                if let Some(value) = value {
                    self.expression(value, Use::Result);
                }
                End::Leaves
            }
            _ => End::Nothing,
        }
    }

    fn nothing_of(&mut self, statements: &[Stmt]) -> End {
        self.block(statements, Use::None);
        End::Nothing
    }

    fn expression(&mut self, expression: &Expr, used: Use) -> End {
        match expression {
            Expr::Stmt(block) => self.block(block.statements(), used),
            Expr::FnCall(call, position) => self.call(call, *position, used),
            // What is chained to a verdict makes no less of it.
            Expr::Dot(pair, ..) if matches!(pair.lhs, Expr::FnCall(..) | Expr::Dot(..)) => {
                self.expression(&pair.lhs, used)
            }
            Expr::Unit(_) => End::Nothing,
            _ => End::Value,
        }
    }

    fn call(&mut self, call: &FnCallExpr, position: Position, used: Use) -> End {
        if SILENT.contains(&call.name.as_str()) {
            return End::Nothing;
        }
        if used == Use::None && self.speaks(call) {
            let message = format!("the verdict of `{}` is thrown away: what follows decides", call.name);
            let finding = self.file.error("F007", position, &call.name, message);
            self.findings.push(finding.helped(format!("write `return {}(..)`, or `else`", call.name)));
        }
        if used == Use::Result {
            self.tails.push((call.name.to_string(), call.args.len()));
        }
        End::Value
    }

    /// Whether a function makes verdicts: by its name, or as the script's own does.
    fn speaks(&self, call: &FnCallExpr) -> bool {
        let own = self.file.function(&call.name, call.args.len());
        Word::from_word(&call.name).is_some() || own.is_some_and(Function::speaks)
    }
}

impl Function {
    /// Whether it makes a verdict somewhere.
    fn speaks(&self) -> bool {
        self.calls.iter().any(|call| Word::from_word(&call.name).is_some())
    }
}

impl End {
    /// One way or the other.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Nothing) => Self::Nothing,
            (Self::Leaves, Self::Leaves) => Self::Leaves,
            _ => Self::Value,
        }
    }
}
