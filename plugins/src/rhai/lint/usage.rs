//! What each function of a script uses: calls, facts, assignments.

use ::rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt, Token};

/// A function, or the top level (without a name).
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) parameters: Vec<String>,
    pub(super) position: Position,
    body: (Position, Position),
    pub(super) calls: Vec<Call>,
    pub(super) comparisons: Vec<[Argument; 2]>,
    /// What `switch` looks at.
    pub(super) switched: Vec<Argument>,
    pub(super) chains: Vec<Chain>,
    pub(super) assigned: Vec<Chain>,
    /// Variables that the body makes: a parameter of the same name is hidden from then on.
    pub(super) declared: Vec<String>,
    /// Names that are used as values: functions may be meant.
    pub(super) mentions: Vec<String>,
}

/// A call, `name(a, b)` or `x.name(a)`.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) style: Style,
    /// Those in brackets.
    pub(super) arguments: Vec<Argument>,
    pub(super) position: Position,
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Function,
    Method,
}

/// An argument, or a side of a comparison, as far as it can be known without running.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    Chain(Chain),
    Literal(Literal),
    List(Vec<Self>),
    Computed,
}

/// A value that stands in the script.
#[derive(Clone, Debug)]
pub(super) enum Literal {
    Flag,
    Number,
    Text(String),
}

/// A variable and the properties read behind it: `host.row.pattern`.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub(super) variable: String,
    pub(super) position: Position,
    pub(super) properties: Vec<(String, Position)>,
    reach: Reach,
}

/// How much of an expression a chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// All of it.
    Whole,
    /// What stands before an index or a method call.
    Beginning,
}

/// All functions of a script, the top level first.
pub(super) fn collect(ast: &AST, source: &str) -> Vec<Function> {
    let mut functions = vec![Function::new(String::new(), Vec::new(), Position::NONE, Default::default())];
    let named = ast.iter_fn_def().filter(|definition| !definition.name.starts_with("anon$"));
    functions.extend(named.map(|definition| {
        let body = (definition.body.start_position(), definition.body.end_position());
        let parameters = definition.params.iter().map(ToString::to_string).collect();
        Function::new(
            definition.name.to_string(),
            parameters,
            name_position(source, &definition.name, body.0),
            body,
        )
    }));
    functions.sort_by_key(|function| function.body.0);
    ast.walk(&mut |path: &[ASTNode]| {
        if let (Some(first), Some(last)) = (path.first(), path.last()) {
            innermost(&mut functions, first.position()).record(*last);
        }
        true
    });
    functions
}

impl Function {
    fn new(name: String, parameters: Vec<String>, position: Position, body: (Position, Position)) -> Self {
        Self {
            name,
            parameters,
            position,
            body,
            calls: Vec::new(),
            comparisons: Vec::new(),
            switched: Vec::new(),
            chains: Vec::new(),
            assigned: Vec::new(),
            declared: Vec::new(),
            mentions: Vec::new(),
        }
    }

    /// Whether this is the function whose body begins there.
    pub(super) fn begins_at(&self, position: Position) -> bool {
        !self.name.is_empty() && self.body.0 == position
    }

    fn record(&mut self, node: ASTNode) {
        match node {
            ASTNode::Expr(Expr::FnCall(call, position)) | ASTNode::Stmt(Stmt::FnCall(call, position)) => {
                self.call(call, *position, Style::Function);
            }
            ASTNode::Expr(Expr::MethodCall(call, position)) => self.call(call, *position, Style::Method),
            ASTNode::Expr(Expr::Variable(variable, ..)) => self.mentions.push(variable.1.to_string()),
            ASTNode::Expr(dot @ (Expr::Dot(..) | Expr::Index(..))) => self.chains.extend(chain(dot)),
            ASTNode::Stmt(Stmt::Assignment(assignment)) => self.assigned.extend(chain(&assignment.1.lhs)),
            ASTNode::Stmt(Stmt::Switch(switch, _)) => self.switched.push(argument(&switch.0)),
            ASTNode::Stmt(Stmt::Var(variable, ..)) => self.declared.push(variable.0.name.to_string()),
            ASTNode::Stmt(Stmt::For(parts, _)) => self.declared.push(parts.0.name.to_string()),
            _ => (),
        }
    }

    fn call(&mut self, call: &FnCallExpr, position: Position, style: Style) {
        if let [one, other] = call.args.as_slice()
            && call.op_token.as_ref().is_some_and(is_comparison)
        {
            self.comparisons.push([argument(one), argument(other)]);
        }
        // Operators are calls to the engine; a name behind `::` is a module's.
        if call.op_token.is_some() || !call.namespace.is_empty() {
            return;
        }
        if let ("Fn", Some(Expr::StringConstant(name, _))) = (call.name.as_str(), call.args.first()) {
            self.mentions.push(name.to_string());
        }
        let arguments = call.args.iter().map(argument).collect();
        self.calls.push(Call { name: call.name.to_string(), style, arguments, position });
    }
}

fn is_comparison(operator: &Token) -> bool {
    matches!(
        operator,
        Token::EqualsTo
            | Token::NotEqualsTo
            | Token::LessThan
            | Token::LessThanEqualsTo
            | Token::GreaterThan
            | Token::GreaterThanEqualsTo
    )
}

fn argument(expression: &Expr) -> Argument {
    match expression {
        Expr::BoolConstant(..) => Argument::Literal(Literal::Flag),
        Expr::IntegerConstant(..) | Expr::FloatConstant(..) => Argument::Literal(Literal::Number),
        Expr::StringConstant(text, _) => Argument::Literal(Literal::Text(text.to_string())),
        Expr::Array(items, _) => Argument::List(items.iter().map(argument).collect()),
        other => match chain(other) {
            Some(chain) if chain.reach == Reach::Whole => Argument::Chain(chain),
            _ => Argument::Computed,
        },
    }
}

/// The chain of names with which an expression begins, if it begins with a variable.
fn chain(expression: &Expr) -> Option<Chain> {
    match expression {
        Expr::Variable(variable, _, position) if variable.2.is_empty() => Some(Chain {
            variable: variable.1.to_string(),
            position: *position,
            properties: Vec::new(),
            reach: Reach::Whole,
        }),
        Expr::Dot(pair, ..) => {
            let mut chain = chain(&pair.lhs)?;
            if chain.reach == Reach::Whole {
                chain.reach = follow(&pair.rhs, &mut chain.properties);
            }
            Some(chain)
        }
        Expr::Index(pair, ..) => Some(Chain { reach: Reach::Beginning, ..chain(&pair.lhs)? }),
        _ => None,
    }
}

/// Adds the properties behind a dot, up to the first call or index.
fn follow(expression: &Expr, properties: &mut Vec<(String, Position)>) -> Reach {
    match expression {
        Expr::Property(property, position) => {
            properties.push((property.2.to_string(), *position));
            Reach::Whole
        }
        Expr::Dot(pair, ..) => match follow(&pair.lhs, properties) {
            Reach::Whole => follow(&pair.rhs, properties),
            Reach::Beginning => Reach::Beginning,
        },
        Expr::Index(pair, ..) => {
            follow(&pair.lhs, properties);
            Reach::Beginning
        }
        _ => Reach::Beginning,
    }
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
