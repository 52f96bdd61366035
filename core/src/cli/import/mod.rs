//! `waxseal import`: a domain table made of what another mail server has.

mod postfix;

use clap::Subcommand;

use super::Outcome;

/// Make a domain table of what another mail server has
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    of: Of,
}

#[derive(Debug, Subcommand)]
enum Of {
    /// Of an smtp_tls_policy_maps of Postfix, as text
    Postfix(postfix::Arguments),
}

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        match self.of {
            Of::Postfix(arguments) => arguments.run(),
        }
    }
}
