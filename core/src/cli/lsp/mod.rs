//! `waxseal lsp`: what an editor asks, answered over standard input and output.
//!
//! The protocol is that of language servers, 3.17. All that is said of a text is worked out in
//! [`waxseal_plugins::editor`]; here are files, messages, and positions as editors count them. One
//! message is answered after the other: none takes long, and what was typed last is what counts.

mod actions;
mod answers;
mod changes;
mod positions;
mod server;
mod shipped;
mod site;
mod uri;

use std::io::{self, BufRead, ErrorKind};

use lsp_server::Message;

use super::setting::Setting;
use super::{Outcome, output};
use server::Server;

/// Speaks with an editor until it says that it ends, or is gone.
pub(super) fn run(setting: &Setting) -> anyhow::Result<Outcome> {
    serve(setting, &mut io::stdin().lock(), &mut io::stdout().lock())
}

fn serve(
    setting: &Setting,
    input: &mut impl BufRead,
    output: &mut impl io::Write,
) -> anyhow::Result<Outcome> {
    let mut server = Server::new(setting.file().ok());
    loop {
        let message = match Message::read(input) {
            Ok(Some(message)) => message,
            Ok(None) => break,
            // What cannot be read is one message, and the next may be good.
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                output::complain(format_args!("waxseal lsp: a message is passed over: {error}"));
                continue;
            }
            // It ended in the midst of one.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error.into()),
        };
        for answer in server.take(message) {
            answer.write(output)?;
        }
        if let Some(outcome) = server.outcome() {
            return Ok(outcome);
        }
    }
    // The editor is gone without a word.
    Ok(Outcome::Problems)
}
