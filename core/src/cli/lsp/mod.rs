//! `waxseal lsp`: what an editor asks, answered over standard input and output.
//!
//! The protocol is that of language servers, 3.17. All that is said of a text is worked out in
//! [`waxseal_plugins::editor`]; here are files, messages, and positions as editors count them. One
//! message is answered after the other; what is found is worked out when none waits any more, so that
//! who types fast is not followed key by key.

mod actions;
mod answers;
mod changes;
mod positions;
mod server;
mod shipped;
mod site;
mod uri;

use std::io::{self, BufRead, ErrorKind, Write as _};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

use lsp_server::Message;

use super::setting::Setting;
use super::{Outcome, output};
use server::Server;

/// Messages that may wait.
const WAITING: usize = 64;

/// Speaks with an editor until it says that it ends, or is gone.
pub(super) fn run(setting: &Setting) -> anyhow::Result<Outcome> {
    let (sender, messages) = mpsc::sync_channel(WAITING);
    // It ends with the process: nobody can wake it from a reading.
    thread::spawn(move || read(&mut io::stdin().lock(), |message| sender.send(message).is_ok()));
    serve(Server::new(setting.file().ok()), &messages)
}

fn serve(mut server: Server, messages: &Receiver<Message>) -> anyhow::Result<Outcome> {
    while let Some(message) = next(&mut server, messages)? {
        say(&server.take(message))?;
        if let Some(outcome) = server.outcome() {
            return Ok(outcome);
        }
    }
    // The editor is gone without a word.
    Ok(Outcome::Problems)
}

/// The next message; where none waits, what was changed is looked at before.
fn next(server: &mut Server, messages: &Receiver<Message>) -> anyhow::Result<Option<Message>> {
    match messages.try_recv() {
        Ok(message) => return Ok(Some(message)),
        Err(TryRecvError::Disconnected) => return Ok(None),
        Err(TryRecvError::Empty) => say(&server.published())?,
    }
    Ok(messages.recv().ok())
}

fn say(messages: &[Message]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    messages.iter().try_for_each(|message| message.write(&mut output))?;
    output.flush()
}

/// Reads messages as long as somebody takes them.
fn read(input: &mut impl BufRead, take: impl Fn(Message) -> bool) {
    loop {
        let message = match Message::read(input) {
            Ok(Some(message)) => message,
            // What cannot be read is one message, and the next may be good.
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                output::complain(format_args!("waxseal lsp: a message is passed over: {error}"));
                continue;
            }
            // It is at its end, in the midst of a message or not.
            Ok(None) | Err(_) => return,
        };
        if !take(message) {
            return;
        }
    }
}
