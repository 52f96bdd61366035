//! Where the parser found blocks, rows and clauses.
//!
//! Only the parser knows whether `names` begins a clause or is a variable; its places are looked up
//! among the pieces of the text.

use rhai::{AST, ASTNode, CustomExpr, Expr, Position};

use crate::table::clause::Clause;
use crate::table::grammar::Block;

/// A block: where its word and its rows stand.
#[derive(Clone, Debug)]
pub(super) struct BlockAt {
    pub(super) word: Position,
    pub(super) rows: Vec<RowAt>,
}

/// A row: where its parts begin.
#[derive(Clone, Debug)]
pub(super) struct RowAt {
    pub(super) pattern: Position,
    pub(super) policy: Position,
    pub(super) clauses: Vec<(Clause, Position)>,
}

/// All blocks, in the order of the file.
pub(super) fn blocks(ast: &AST) -> Vec<BlockAt> {
    let mut blocks = Vec::new();
    ast.walk(&mut |path| {
        if let Some(ASTNode::Expr(Expr::Custom(block, position))) = path.last() {
            blocks.extend(at(block, *position));
        }
        true
    });
    blocks.sort_by_key(|block| block.word);
    blocks.dedup_by_key(|block| block.word);
    blocks
}

fn at(custom: &CustomExpr, word: Position) -> Option<BlockAt> {
    let block = custom.state.read_lock::<Block>()?;
    let row = |shape: &crate::table::grammar::Shape| {
        let clauses = shape.clauses.iter().map(|(clause, index)| {
            let word = custom.inputs.get(*index)?;
            Some((*clause, word.position()))
        });
        Some(RowAt {
            pattern: leftmost(custom.inputs.get(shape.pattern)?),
            policy: custom.inputs.get(shape.policy)?.position(),
            clauses: clauses.collect::<Option<_>>()?,
        })
    };
    Some(BlockAt { word, rows: block.shapes.iter().map(row).collect::<Option<_>>()? })
}

/// Where an expression begins: of `"a" + ".b"` the parser itself says where the `+` is.
fn leftmost(expression: &Expr) -> Position {
    match expression {
        Expr::FnCall(call, position) if call.op_token.is_some() => {
            call.args.first().map_or(*position, leftmost)
        }
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => leftmost(&pair.lhs),
        Expr::And(sides, position) | Expr::Or(sides, position) | Expr::Coalesce(sides, position) => {
            sides.first().map_or(*position, leftmost)
        }
        other => other.start_position(),
    }
}
