//! The `waxseal` command.

fn main() -> std::process::ExitCode {
    waxseal::cli::main()
}
