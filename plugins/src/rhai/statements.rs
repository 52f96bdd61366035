//! Where the statements of a script's functions begin, by its tokens.

use ::rhai::{Engine, Position, Token};

/// What a brace has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    /// A block of statements.
    Block,
    /// A map, an index, an argument list: what stands in it begins no statement.
    Other,
    /// The block of an interpolation in a text.
    Text,
}

/// Lines and columns at which statements may begin, in their order. That of a `switch` looks like a
/// block, and is for the compiler to tell.
pub(super) fn starts(engine: &Engine, source: &str) -> Vec<(usize, usize)> {
    let sources = [source];
    let (tokens, control) = engine.lex(&sources);
    let (mut opened, mut found) = (Vec::new(), Vec::new());
    let mut before = Token::EOF;
    for (token, position) in tokens {
        if matches!(token, Token::EOF | Token::LexError(_)) {
            break;
        }
        if opened.last() == Some(&Opened::Block) && begins(&before, &token) && !opened.contains(&Opened::Text)
        {
            found.extend(place(position));
        }
        match &token {
            Token::LeftBrace if matches!(before, Token::InterpolatedString(_)) => opened.push(Opened::Text),
            Token::LeftBrace => opened.push(Opened::Block),
            Token::MapStart | Token::LeftParen | Token::LeftBracket | Token::QuestionBracket => {
                opened.push(Opened::Other);
            }
            Token::RightBrace | Token::RightParen | Token::RightBracket => {
                let closed = opened.pop();
                // What follows is text again: the parser tells the lexer so, and so do we.
                control.borrow_mut().is_within_text |= closed == Some(Opened::Text);
            }
            _ => {}
        }
        before = token;
    }
    found
}

/// Whether a statement may begin with a token, after another.
fn begins(before: &Token, token: &Token) -> bool {
    let is_word = matches!(
        token,
        Token::Identifier(_)
            | Token::Let
            | Token::Const
            | Token::If
            | Token::Switch
            | Token::For
            | Token::Loop
            | Token::While
            | Token::Do
            | Token::Return
            | Token::Throw
            | Token::Try
            | Token::Break
            | Token::Continue
    );
    match before {
        Token::LeftBrace | Token::SemiColon => !matches!(token, Token::RightBrace | Token::SemiColon),
        // Behind a block that was a statement; what goes on with it begins with no such word.
        Token::RightBrace => is_word,
        _ => false,
    }
}

fn place(position: Position) -> Option<(usize, usize)> {
    position.line().zip(position.position())
}
