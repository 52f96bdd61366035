//! `waxseal admin`: the token of the admin side.

use std::io::ErrorKind;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde::Serialize;

use super::setting::Setting;
use super::{Outcome, output};
use crate::admin::access::{Token, rotate, text};

/// Look after the admin side: dashboard and API
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the token that opens dashboard and API
    Token(OfToken),
}

#[derive(Debug, clap::Args)]
struct OfToken {
    /// Make a new one first: the old one, and all who came in by it, are out at once
    #[arg(long)]
    rotate: bool,
}

#[derive(Serialize)]
struct Printed {
    token: String,
    file: String,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let Command::Token(OfToken { rotate: new }) = self.command;
        let config = setting.config()?;
        let Some(admin) = &config.admin else {
            bail!("there is no admin side: the configuration has no `address` under [admin]")
        };
        let path = Token::path(admin.token_file.as_deref(), &config.data_dir);
        if new {
            rotate(&path).with_context(|| format!("the token cannot be written to {}", path.display()))?;
        }
        let token = match text(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => bail!(
                "there is no token in {} yet: the relay makes it at its start, and `--rotate` makes it now",
                path.display()
            ),
            token => token.with_context(|| format!("the token in {} cannot be used", path.display()))?,
        };
        if setting.json {
            output::say_json(&Printed { token, file: path.display().to_string() })?;
        } else {
            output::say(token);
        }
        Ok(Outcome::Fine)
    }
}
