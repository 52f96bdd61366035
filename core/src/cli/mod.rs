//! The command line: one file a subcommand.

/// Runs the command that the arguments name. Exit codes: 0 fine, 1 found problems, 2 could not run.
pub fn main() -> std::process::ExitCode {
    todo!()
}
