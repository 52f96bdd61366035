//! Expressions, as far as they can be known without running.

use ::rhai::{Expr, FnCallExpr, FnPtr, Position, Stmt, Token};

/// An argument, a condition, or a side of a comparison.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    Chain(Chain),
    Literal(Literal),
    List(Vec<Self>),
    Computed,
}

/// A value that stands in the script.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Flag(bool),
    Number(i64),
    Decimal(f64),
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

/// A call, `name(a, b)` or `x.name(a)`.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) style: Style,
    /// Those in brackets.
    pub(super) arguments: Vec<Argument>,
    /// The name that the engine gave the closure that comes first in the brackets.
    pub(super) closure: Option<String>,
    pub(super) position: Position,
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Function,
    Method,
}

/// Two sides and how they are compared.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    pub(super) operator: Token,
    pub(super) sides: [Argument; 2],
    /// Of the operator.
    pub(super) position: Position,
}

impl Call {
    pub(super) fn new(call: &FnCallExpr, position: Position, style: Style) -> Self {
        let arguments = call.args.iter().map(Argument::of).collect();
        let closure = call.args.first().and_then(closure);
        Self { name: call.name.to_string(), style, arguments, closure, position }
    }
}

impl Comparison {
    /// The comparison that a call of an operator is, if it is one.
    pub(super) fn of(call: &FnCallExpr, position: Position) -> Option<Self> {
        let operator = call.op_token.clone().filter(is_comparison)?;
        let [one, other] = call.args.as_slice() else { return None };
        Some(Self { operator, sides: [Argument::of(one), Argument::of(other)], position })
    }
}

impl Argument {
    pub(super) fn of(expression: &Expr) -> Self {
        match expression {
            Expr::BoolConstant(flag, _) => Self::Literal(Literal::Flag(*flag)),
            Expr::IntegerConstant(number, _) => Self::Literal(Literal::Number(*number)),
            Expr::FloatConstant(number, _) => Self::Literal(Literal::Decimal(**number)),
            Expr::StringConstant(text, _) => Self::Literal(Literal::Text(text.to_string())),
            Expr::Array(items, _) => Self::List(items.iter().map(Self::of).collect()),
            other => match Chain::of(other) {
                Some(chain) if chain.reach == Reach::Whole => Self::Chain(chain),
                _ => Self::Computed,
            },
        }
    }
}

impl Chain {
    /// A variable alone.
    pub(super) fn named(variable: &str) -> Self {
        let (variable, position) = (variable.to_owned(), Position::NONE);
        Self { variable, position, properties: Vec::new(), reach: Reach::Whole }
    }

    /// The chain of names with which an expression begins, if it begins with a variable.
    pub(super) fn of(expression: &Expr) -> Option<Self> {
        match expression {
            Expr::Variable(variable, _, position) if variable.2.is_empty() => Some(Self {
                variable: variable.1.to_string(),
                position: *position,
                properties: Vec::new(),
                reach: Reach::Whole,
            }),
            Expr::Dot(pair, ..) => {
                let mut chain = Self::of(&pair.lhs)?;
                if chain.reach == Reach::Whole {
                    chain.reach = follow(&pair.rhs, &mut chain.properties);
                }
                Some(chain)
            }
            Expr::Index(pair, ..) => Some(Self { reach: Reach::Beginning, ..Self::of(&pair.lhs)? }),
            _ => None,
        }
    }

    /// Whether it is a variable, and all of the expression.
    pub(super) fn is_variable(&self) -> bool {
        self.properties.is_empty() && self.reach == Reach::Whole
    }

    /// The same properties behind another chain, of which this one's variable is a short name.
    pub(super) fn behind(&self, other: &Self) -> Self {
        let properties = other.properties.iter().chain(&self.properties).cloned().collect();
        Self { variable: other.variable.clone(), properties, ..self.clone() }
    }

    /// As it stands in the file.
    pub(super) fn written(&self) -> String {
        let properties = self.properties.iter().map(|(property, _)| property.as_str());
        std::iter::once(self.variable.as_str()).chain(properties).collect::<Vec<_>>().join(".")
    }
}

/// The method that is called on a chain: `host.row.names` and `contains("mx")`.
pub(super) fn method(expression: &Expr) -> Option<(Chain, Call)> {
    let Expr::Dot(pair, ..) = expression else { return None };
    let chain = Chain::of(expression).filter(|chain| chain.reach == Reach::Beginning)?;
    matches!(pair.lhs, Expr::Variable(..)).then(|| Some((chain, first_method(&pair.rhs)?)))?
}

fn first_method(expression: &Expr) -> Option<Call> {
    match expression {
        Expr::MethodCall(call, position) => Some(Call::new(call, *position, Style::Method)),
        Expr::Dot(pair, ..) => match &pair.lhs {
            Expr::Property(..) => first_method(&pair.rhs),
            other => first_method(other),
        },
        _ => None,
    }
}

/// The name of a closure, with variables from around it or without.
pub(super) fn closure(expression: &Expr) -> Option<String> {
    match expression {
        Expr::DynamicConstant(value, _) => Some(value.read_lock::<FnPtr>()?.fn_name().to_owned()),
        Expr::FnCall(call, _) if call.name == "curry" => closure(call.args.first()?),
        // Variables are shared with it first.
        Expr::Stmt(block) => match block.statements().last()? {
            Stmt::Expr(last) => closure(last),
            _ => None,
        },
        _ => None,
    }
}

/// What is chained to a call: of `accept().suites([..]).groups([..])` the two behind it.
pub(super) fn chained(expression: &Expr) -> Vec<Call> {
    match expression {
        Expr::MethodCall(call, position) => vec![Call::new(call, *position, Style::Method)],
        Expr::Dot(pair, ..) => [chained(&pair.lhs), chained(&pair.rhs)].concat(),
        _ => Vec::new(),
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
