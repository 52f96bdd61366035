//! `docs/reference/commands.md`: the command tree, as `--help` has it.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory};

use crate::reference::hold;

const OPENING: &str = "# Commands\n\n";

#[test]
fn the_page_of_commands_is_what_help_says() {
    let mut root = super::Arguments::command();
    root.build();
    let about = root.get_about().map(ToString::to_string).unwrap_or_default();
    let mut text = format!("{OPENING}`waxseal`: {about}. {}\n", super::EXIT_CODES);
    text.push_str("\nEvery command takes:\n\n");
    for arg in root.get_arguments().filter(|arg| arg.is_global_set()) {
        add_argument(&mut text, arg);
    }
    add_below(&mut text, &mut root);
    hold("commands.md", &text);
}

/// The commands below one, in their order; `help` is everywhere.
fn add_below(text: &mut String, command: &mut Command) {
    for below in
        command.get_subcommands_mut().filter(|below| below.get_name() != "help" && !below.is_hide_set())
    {
        if below.has_subcommands() {
            add_below(text, below);
        } else {
            add(text, below);
        }
    }
}

fn add(text: &mut String, command: &mut Command) {
    let usage = command.render_usage().to_string().trim_start_matches("Usage: ").to_owned();
    let name = command.get_bin_name().unwrap_or_default().to_owned();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let end = if about.ends_with('?') { "" } else { "." };
    write!(text, "\n## {name}\n\n{about}{end}\n\n```\n{usage}\n```\n").unwrap();
    let own = |arg: &&Arg| !arg.is_global_set() && arg.get_id() != "help" && !arg.is_hide_set();
    let arguments: Vec<_> = command.get_arguments().filter(own).collect();
    if !arguments.is_empty() {
        text.push('\n');
    }
    arguments.into_iter().for_each(|arg| add_argument(text, arg));
}

fn add_argument(text: &mut String, arg: &Arg) {
    let values: Vec<_> = arg.get_value_names().into_iter().flatten().map(ToString::to_string).collect();
    let takes = arg.get_action().takes_values();
    let value = if takes { values.join(" ") } else { String::new() };
    let written = match (arg.get_long(), arg.get_short()) {
        (Some(long), Some(short)) => format!("-{short}, --{long} {value}"),
        (Some(long), None) => format!("--{long} {value}"),
        (None, Some(short)) => format!("-{short} {value}"),
        (None, None) => value,
    };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let known: Vec<_> =
        arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    let known =
        if !takes || known.is_empty() { String::new() } else { format!("; one of {}", known.join(", ")) };
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let default = if !takes || defaults.is_empty() {
        String::new()
    } else {
        format!(" [default: {}]", defaults.join(" "))
    };
    writeln!(text, "- `{}`: {help}{known}{default}", written.trim_end()).unwrap();
}
