//! What each function of a script uses: calls, facts, variables, conditions.

use std::collections::{BTreeMap, BTreeSet};

use ::rhai::{AST, ASTNode, BinaryExpr, Expr, FnCallExpr, Position, Stmt, Token};

use super::expressions::{self, Argument, Call, Chain, Comparison, Style};

/// What calls a closure with each element of a list.
const OVER_LISTS: [&str; 8] = ["some", "all", "filter", "find", "find_map", "for_each", "index_of", "map"];

/// A function, or the top level (without a name).
#[derive(Debug, Default)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) parameters: Vec<String>,
    pub(super) position: Position,
    body: (Position, Position),
    pub(super) calls: Vec<Call>,
    /// Methods, each with the chain that it is called on.
    pub(super) methods: Vec<(Chain, Call)>,
    /// What is chained to each `accept()`.
    pub(super) chained: Vec<Vec<Call>>,
    pub(super) comparisons: Vec<Comparison>,
    /// What must be true or false.
    pub(super) conditions: Vec<(Argument, Position)>,
    /// What `switch` looks at.
    pub(super) switched: Vec<Switch>,
    /// What is looked for in lists that stand there.
    pub(super) choices: Vec<Choice>,
    pub(super) chains: Vec<Chain>,
    pub(super) assigned: Vec<Chain>,
    /// Variables that the body makes: a parameter of the same name is hidden from then on.
    pub(super) variables: Vec<Variable>,
    /// Names that are used as values: functions may be meant.
    pub(super) mentions: Vec<String>,
    /// The parameters of the closures in the body, which hide what has their name there.
    closures: BTreeSet<String>,
    /// Names for each element of a list: of loops, and of closures that are called for each. `None` for what else a closure is given.
    elements: Vec<(String, Option<Chain>)>,
    /// The lists for whose elements closures are called.
    called_for_each: Vec<(String, Chain)>,
    /// How many variables each closure takes from around it, which come before its parameters.
    captures: BTreeMap<String, usize>,
}

/// A `switch`.
#[derive(Debug)]
pub(super) struct Switch {
    pub(super) on: Argument,
    pub(super) position: Position,
}

/// `fact in ["a", "b"]`.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) of: Chain,
    pub(super) among: Vec<Argument>,
}

/// A variable that a body makes.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) position: Position,
    /// Its first value; `None` for that of a loop.
    pub(super) initial: Option<Argument>,
}

/// All functions of a script, the top level first.
pub(super) fn collect(ast: &AST, source: &str) -> Vec<Function> {
    let mut functions = vec![Function::default()];
    let named = ast.iter_fn_def().filter(|definition| !definition.name.starts_with("anon$"));
    functions.extend(named.map(|definition| {
        let body = (definition.body.start_position(), definition.body.end_position());
        let position = name_position(source, &definition.name, body.0);
        let parameters = definition.params.iter().map(ToString::to_string).collect();
        Function { name: definition.name.to_string(), parameters, position, body, ..Function::default() }
    }));
    functions.sort_by_key(|function| function.body.0);
    ast.walk(&mut |path: &[ASTNode]| {
        if let (Some(first), Some(last)) = (path.first(), path.last()) {
            innermost(&mut functions, first.position()).record(*last);
        }
        true
    });
    for closure in ast.iter_fn_def().filter(|definition| definition.name.starts_with("anon$")) {
        let around = innermost(&mut functions, closure.body.start_position());
        let captured = around.captures.get(closure.name.as_str()).copied().unwrap_or(0);
        let parameters = closure.params.iter().skip(captured).map(ToString::to_string);
        let of = around.called_for_each.iter().find(|(name, _)| *name == closure.name.as_str());
        // The first is the element; behind it may be its number.
        let lists = std::iter::once(of.map(|(_, list)| list.clone())).chain(std::iter::repeat(None));
        around.elements.extend(parameters.clone().zip(lists));
        around.closures.extend(parameters);
    }
    functions
}

impl Function {
    /// Whether this is the function whose body begins there.
    pub(super) fn begins_at(&self, position: Position) -> bool {
        !self.name.is_empty() && self.body.0 == position
    }

    /// Whether a variable, the parameter of a closure, or another value hides what a parameter of this name
    /// was given.
    pub(super) fn hides(&self, name: &str) -> bool {
        self.closures.contains(name) || self.makes(name) || self.changed(name).is_some()
    }

    /// Whether the body makes a variable of this name.
    pub(super) fn makes(&self, name: &str) -> bool {
        self.variables.iter().any(|variable| variable.name == name)
    }

    /// Where a variable is first given another value, if it is.
    pub(super) fn changed(&self, name: &str) -> Option<Position> {
        self.assigned
            .iter()
            .find(|chain| chain.variable == name && chain.is_variable())
            .map(|chain| chain.position)
    }

    /// What a variable is a short name for, as `row` is after `let row = host.row;`: one that is made
    /// once, and never given another value.
    pub(super) fn alias(&self, name: &str) -> Option<&Chain> {
        let mut made = self.variables.iter().filter(|variable| variable.name == name);
        let (Some(variable), None) = (made.next(), made.next()) else { return None };
        let changes = self.assigned.iter().any(|chain| chain.variable == name && chain.properties.is_empty());
        let is_other = self.closures.contains(name) || self.parameters.iter().any(|one| one == name);
        match &variable.initial {
            Some(Argument::Chain(chain)) if !changes && !is_other => Some(chain),
            _ => None,
        }
    }

    /// The lists of which a name is always an element; none where it is something else somewhere.
    pub(super) fn lists_of(&self, name: &str) -> Vec<&Chain> {
        let is_other = self.parameters.iter().any(|one| one == name) || self.changed(name).is_some();
        let made = self.variables.iter().any(|one| one.name == name && one.initial.is_some());
        let of = self.elements.iter().filter(|(element, _)| element == name).map(|(_, list)| list.as_ref());
        if is_other || made { vec![] } else { of.collect::<Option<_>>().unwrap_or_default() }
    }

    fn record(&mut self, node: ASTNode) {
        match node {
            ASTNode::Expr(expression) => self.expression(expression),
            ASTNode::Stmt(statement) => self.statement(statement),
            _ => (),
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::FnCall(call, position) => self.call(call, *position, Style::Function),
            Expr::MethodCall(call, position) => self.call(call, *position, Style::Method),
            Expr::Variable(variable, ..) => self.mentions.push(variable.1.to_string()),
            Expr::And(sides, _) | Expr::Or(sides, _) => {
                sides.iter().for_each(|side| self.condition(side));
            }
            Expr::Dot(pair, ..) => {
                self.chains.extend(Chain::of(expression));
                self.methods.extend(expressions::method(expression));
                self.choices.extend(choice(pair));
                self.called_for_each.extend(called_for_each(expression));
                if matches!(&pair.lhs, Expr::FnCall(call, _) if call.name == "accept") {
                    self.chained.push(expressions::chained(&pair.rhs));
                }
            }
            Expr::Index(..) => self.chains.extend(Chain::of(expression)),
            _ => (),
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::FnCall(call, position) => self.call(call, *position, Style::Function),
            Stmt::If(flow, _) => self.condition(&flow.expr),
            // `while true` is a loop that is left from within.
            Stmt::While(flow, _) if !matches!(flow.expr, Expr::Unit(_) | Expr::BoolConstant(true, _)) => {
                self.condition(&flow.expr);
            }
            Stmt::Assignment(assignment) => self.assigned.extend(Chain::of(&assignment.1.lhs)),
            Stmt::Switch(switch, position) => {
                self.switched.push(Switch { on: Argument::of(&switch.0), position: *position });
            }
            Stmt::Var(variable, ..) => {
                let (name, initial) = (&variable.0, Some(Argument::of(&variable.1)));
                self.variables.push(Variable { name: name.name.to_string(), position: name.pos, initial });
            }
            Stmt::For(parts, _) => {
                let counter = parts.1.as_ref();
                let list = match Argument::of(&parts.2.expr) {
                    Argument::Chain(list) => Some(list),
                    _ => None,
                };
                self.elements.push((parts.0.name.to_string(), list));
                self.elements.extend(counter.map(|counter| (counter.name.to_string(), None)));
                self.variables.extend([Some(&parts.0), counter].into_iter().flatten().map(|name| Variable {
                    name: name.name.to_string(),
                    position: name.pos,
                    initial: None,
                }));
            }
            _ => (),
        }
    }

    fn condition(&mut self, expression: &Expr) {
        self.conditions.push((Argument::of(expression), expression.start_position()));
    }

    fn call(&mut self, call: &FnCallExpr, position: Position, style: Style) {
        self.comparisons.extend(Comparison::of(call, position));
        match (&call.op_token, call.name.as_str(), call.args.as_slice()) {
            (Some(Token::Bang), _, [operand]) => self.condition(operand),
            // `"mx" in host.row.names` is parsed as `contains(host.row.names, "mx")`.
            (_, "contains", [list, value]) if style == Style::Function => {
                let value = Argument::of(value);
                match (Argument::of(list), value) {
                    (Argument::Chain(chain), value) => {
                        let (name, arguments) = (call.name.to_string(), vec![value]);
                        let style = Style::Method;
                        self.methods.push((chain, Call { name, style, arguments, closure: None, position }));
                    }
                    (Argument::List(among), Argument::Chain(of)) => self.choices.push(Choice { of, among }),
                    _ => {}
                }
            }
            _ => (),
        }
        // Operators are calls to the engine; a name behind `::` is a module's.
        if call.op_token.is_some() || !call.namespace.is_empty() {
            return;
        }
        match (call.name.as_str(), call.args.first()) {
            ("Fn", Some(Expr::StringConstant(name, _))) => self.mentions.push(name.to_string()),
            ("curry", Some(first)) => {
                let captured = |name| (name, call.args.len() - 1);
                self.captures.extend(expressions::closure(first).map(captured));
            }
            _ => (),
        }
        self.calls.push(Call::new(call, position, style));
    }
}

/// `["a", "b"].contains(fact)`.
fn choice(pair: &BinaryExpr) -> Option<Choice> {
    let (Argument::List(among), Expr::MethodCall(call, _)) = (Argument::of(&pair.lhs), &pair.rhs) else {
        return None;
    };
    match (call.name.as_str(), call.args.first().map(Argument::of)) {
        ("contains", Some(Argument::Chain(of))) => Some(Choice { of, among }),
        _ => None,
    }
}

/// The closure that is called for each element of a list, as in `message.parts.some(|part| part.sealed)`.
fn called_for_each(expression: &Expr) -> Option<(String, Chain)> {
    let (list, call) = expressions::method(expression)?;
    OVER_LISTS.contains(&call.name.as_str()).then_some((call.closure?, list))
}

/// The function around a position: closures belong to the function in which they are written.
fn innermost(functions: &mut [Function], position: Position) -> &mut Function {
    let around = |function: &Function| function.body.0 <= position && position <= function.body.1;
    let index = functions.iter().rposition(|function| !function.name.is_empty() && around(function));
    #[expect(clippy::indexing_slicing, reason = "the top level is always there, at index 0")]
    &mut functions[index.unwrap_or(0)]
}

/// Where the name of a function stands: the last `fn name` before its body.
fn name_position(source: &str, name: &str, body: Position) -> Position {
    let (Some(last), Some(column)) = (body.line(), body.position()) else { return body };
    let before: Vec<String> = (source.lines().take(last).enumerate())
        .map(
            |(index, line)| {
                if index + 1 == last { line.chars().take(column).collect() } else { line.to_owned() }
            },
        )
        .collect();
    let found = before.iter().enumerate().rev().find_map(|(index, line)| {
        let start = line.rfind("fn ")? + "fn ".len();
        let rest = line.get(start..)?;
        let start = start + (rest.len() - rest.trim_start().len());
        line.get(start..)?
            .starts_with(name)
            .then(|| (index + 1, line.get(..start).map_or(0, |text| text.chars().count()) + 1))
    });
    let (line, column) = found.unwrap_or((last, column));
    u16::try_from(line)
        .ok()
        .zip(u16::try_from(column).ok())
        .map_or(body, |(line, column)| Position::new(line, column))
}
