//! The names of the contract in `sdk/wit`: package, version, interfaces.

use crate::hooks::{Direction, HookName};

/// The package.
pub const PACKAGE: &str = "waxseal:policy";

/// The version of the package that this relay speaks.
pub const VERSION: &str = "0.1.0";

/// The full name of an interface.
pub(super) fn interface(name: &str) -> String {
    format!("{PACKAGE}/{name}@{VERSION}")
}

/// The name of a hook's interface, as in `incoming-offer`.
pub(super) fn hook_interface(direction: Direction, hook: HookName) -> String {
    format!("{direction}-{hook}")
}

/// All hooks there are, with their interfaces' names.
pub(super) fn hooks() -> impl Iterator<Item = (Direction, HookName, String)> {
    [Direction::Incoming, Direction::Outgoing].into_iter().flat_map(|direction| {
        let hooks = HookName::ALL.into_iter();
        let hooks = hooks.filter(move |hook| hook.is_of(direction));
        hooks.map(move |hook| (direction, hook, hook_interface(direction, hook)))
    })
}

/// A name taken apart: `waxseal:policy/facts@0.1.0` is `facts` of version 0.1.0. `None` for what is of
/// another package.
pub(super) fn parse(name: &str) -> Option<(&str, &str)> {
    let rest = name.strip_prefix(PACKAGE)?.strip_prefix('/')?;
    Some(rest.split_once('@').unwrap_or((rest, "")))
}

/// Whether a plugin built for that version is served: versions of one track (0.1.x) know each other's
/// interfaces, and what one has more is missed only by who uses it.
pub(super) fn is_served(version: &str) -> bool {
    let track = |version: &str| version.rsplit_once('.').map(|(track, _)| track.to_owned());
    track(version) == track(VERSION)
}
