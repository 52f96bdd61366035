//! What goes wrong when a plugin is asked, said to people.

use wasmtime::component::ResourceTableError;
use wasmtime::{Error, Trap, WasmBacktrace};

use super::engine::WASM_STACK;
use super::fuel::{FUEL, time};
use super::guest::{COPIED, Call, HANDLES};
use crate::place::Place;

/// How a call of a plugin failed: the label `reason` of `waxseal_plugin_failures_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It trapped: a panic, a wrong access to memory, a stack that overflowed.
    Trap,
    /// It ran too long.
    Time,
    /// The relay stopped it: it wanted more memory or handles than it may have, used a handle that it was
    /// not given, or its answer lies outside its memory.
    Stopped,
    /// What it returned makes no sense at this hook.
    BadVerdict,
    /// It said itself that it cannot decide.
    Error,
    /// There was no room for another instance.
    Room,
    /// It failed so often that it was not asked.
    Resting,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) kind: Kind,
    pub(super) message: String,
    /// Where the plugin says that it was, if it came so far.
    pub(super) place: Option<Place>,
}

impl Kind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Time => "time",
            Self::Stopped => "stopped",
            Self::BadVerdict => "bad_verdict",
            Self::Error => "error",
            Self::Room => "room",
            Self::Resting => "resting",
        }
    }

    /// Whether it speaks against the plugin itself, and not for its care or for a full house.
    pub(super) const fn is_fault(self) -> bool {
        matches!(self, Self::Trap | Self::Time | Self::Stopped | Self::BadVerdict)
    }
}

impl Failed {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None }
    }

    /// At a place in the plugin's source.
    pub(super) fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// What ended a call of this function. What the plugin said of its panic is the best there is.
    pub(super) fn of(error: &Error, function: &str, call: &Call) -> Self {
        let inside = || innermost(error).map(|name| format!(" in `{name}`")).unwrap_or_default();
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => {
                let bound = format!(
                    "its fuel is used up, {FUEL} instructions and some for each octet of a body that it reads: it must do less in a call"
                );
                Self::new(Kind::Time, format!("`{function}` runs too long{}: {bound}", inside()))
            }
            Some(Trap::Interrupt) => {
                let bound = format!(
                    "its time is over, {} ms: it must do less in a call",
                    time(call.read).as_millis()
                );
                Self::new(Kind::Time, format!("`{function}` runs too long{}: {bound}", inside()))
            }
            Some(trap) => match &call.panicked {
                Some(message) => Self::new(Kind::Trap, format!("`{function}` panicked: {message}")),
                None => {
                    Self::new(Kind::Trap, format!("`{function}` trapped{}: {trap}{}", inside(), help(*trap)))
                }
            },
            None => Self::new(
                Kind::Stopped,
                format!("`{function}` was stopped{}: {}", inside(), bound_met(error)),
            ),
        }
    }
}

/// What a trap says that is not said by its name.
fn help(trap: Trap) -> String {
    match trap {
        Trap::StackOverflow => format!(": its functions call each other too deeply for a stack of {} KiB", WASM_STACK >> 10),
        Trap::MemoryOutOfBounds => {
            ": it reads or writes what is not its own, or its functions call each other too deeply for the stack in its memory"
                .to_owned()
        }
        _ => String::new(),
    }
}

/// Which bound was met, and what goes below it.
fn bound_met(error: &Error) -> String {
    if let Some(ResourceTableError::Full) = error.downcast_ref::<ResourceTableError>() {
        return format!(
            "it holds more than {HANDLES} facts, parts and terms at once: it must drop those that it has read"
        );
    }
    let cause = error.root_cause().to_string();
    // The error of wasmtime has no type that can be named.
    if cause.contains("copied between the host and the guest") {
        return format!(
            "it hands over more than {COPIED} octets at once, which is the most: a longer text must be made shorter"
        );
    }
    cause
}

/// The innermost of the plugin's own functions that has a name.
fn innermost(error: &Error) -> Option<String> {
    let backtrace = error.downcast_ref::<WasmBacktrace>()?;
    let names = backtrace.frames().iter().filter_map(|frame| frame.func_name());
    let names = names.map(|name| format!("{:#}", rustc_demangle::demangle(name)));
    let own = |name: &String| {
        !["core::", "alloc::", "std::", "rust_", "__rust"].iter().any(|library| name.contains(library))
    };
    names.into_iter().find(own)
}
