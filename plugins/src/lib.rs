//! What runs Waxseal's policies and filters.
//!
//! This crate knows no socket, session or spool, so a policy cannot reach them. The relay fills
//! [`facts`], asks a [hook](hooks) of the current [`bundle`], and gets a [`decision`].
//!
//! # Layout, in the order of a question
//!
//! - [`facts`]: what a hook is told
//! - [`hooks`]: the points at which scripts and plugins are asked
//! - [`verdicts`]: what they answer, one type a hook
//! - [`content`]: where a message lies while filters look at it
//! - [`join`]: how several answers become one
//! - [`decision`]: the answer with its place, its row and its trace
//! - [`table`]: the domain table, which chooses the policy
//! - [`decider`]: who is asked: a script or a plugin
//! - [`spoken`]: from what they say to the hook's own verdict
//! - [`rhai`]: the host of scripts, its linter
//! - [`wasm`]: the host of plugins
//! - `state`: what both remember, count and look up; [`outside`]: the relay, as far as they reach it
//! - [`bundle`]: everything that is reloaded together
//! - [`terms`], [`names`], [`failure`]: what the relay itself holds, whatever is answered
//! - [`at_mail`]: what the rows that are asked at MAIL FROM come to
//! - [`conversation`]: a whole delivery or reception, hook after hook, without a network
//! - [`reload`]: watching the files, and swapping the bundle
//! - `trial`: asking all hooks on facts as they are met every day
//! - [`testing`]: the policies' own tests
//! - [`explain`]: what would happen to mail, and which line decides
//! - [`diagnostic`]: what is wrong in a file, said to people
//! - [`editor`]: what an editor asks about a text: completion, explanations, where things are

pub mod at_mail;
pub mod bundle;
pub mod content;
pub mod conversation;
pub mod decider;
pub mod decision;
pub mod diagnostic;
pub mod editor;
pub mod explain;
pub mod facts;
pub mod failure;
pub mod hooks;
pub mod join;
pub mod names;
pub mod outside;
pub mod place;
#[cfg(test)]
mod reference;
pub mod reload;
pub mod rhai;
pub mod spoken;
mod state;
pub mod suggest;
pub mod table;
pub mod terms;
pub mod testing;
mod trial;
pub mod verdicts;
pub mod wasm;
