//! Plugins that fail for one peer alone, which no check before the reload can know of: made of
//! WebAssembly text, so that each has one hook and one fault.

use crate::wat;

/// A plugin that has this hook, and `mail` where it is a policy. At the hook it runs this code, and
/// then traps, for a client of this address or for the hosts of this domain; else it has no opinion,
/// and accepts all mail.
///
/// `given` is what the hook is given, as in `"client, hello"`.
pub fn plugin(direction: &str, hook: &str, given: &str, peer: &str, failure: &str) -> Vec<u8> {
    let fails = format!("(if (call $is_unlucky (local.get $peer)) (then {failure} (unreachable)))");
    let mail = if direction == "incoming" { "client, mail" } else { "host, mail" };
    let mut hooks = vec![(hook, given, fails.as_str())];
    if !["connect", "mail", "rcpt"].contains(&hook) {
        hooks.push(("mail", mail, ""));
    }
    let mut lent: Vec<&str> = hooks.iter().flat_map(|(_, given, _)| given.split(", ")).collect();
    lent.sort_unstable();
    lent.dedup();
    let drops = lent.iter().map(|resource| import(&format!("[resource-drop]{resource}"), resource, ""));
    let functions = hooks.iter().map(|(hook, given, begin)| function(direction, hook, given, begin));
    let code: String = drops.chain([is_unlucky(direction, peer)]).chain(functions).collect();
    let worlds: Vec<String> = hooks.iter().map(|(hook, ..)| format!("{direction}-{hook}-hook")).collect();
    wat::component(&worlds.iter().map(String::as_str).collect::<Vec<_>>(), &code)
}

/// Imports a function of the facts that is given a handle, and more.
fn import(name: &str, called: &str, more: &str) -> String {
    format!("(import \"waxseal:policy/facts@0.1.0\" \"{name}\" (func ${called} (param i32{more})))\n")
}

/// The function of a hook. It gives back what it was lent, and answers: nothing, or to accept.
fn function(direction: &str, hook: &str, given: &str, begin: &str) -> String {
    let (mut parameters, mut back) = (String::new(), String::new());
    for (resource, name) in given.split(", ").zip(["$peer", "$subject"]) {
        parameters += &format!("(param {name} i32) ");
        back += &format!("(call ${resource} (local.get {name})) ");
    }
    let answer = if hook == "mail" { "(i32.const 1056)" } else { "(i32.const 1024)" };
    let name = format!("waxseal:policy/{direction}-{hook}@0.1.0#{hook}");
    format!("(func (export \"{name}\") {parameters}(result i32) {begin} {back}{answer})\n")
}

/// Whether a peer is the unlucky one; and at 1056 an `ok(some(accept))`.
fn is_unlucky(direction: &str, peer: &str) -> String {
    let fact = if direction == "incoming" { "[method]client.address" } else { "[method]host.domain" };
    let (import, length) = (import(fact, "fact", " i32"), peer.len());
    format!(
        r#"{import}
        (data (i32.const 1060) "\01")
        (data (i32.const 2048) "{peer}")
        (func $is_unlucky (param $peer i32) (result i32)
            (local $left i32)
            (call $fact (local.get $peer) (i32.const 3072))
            (if (i32.ne (i32.load (i32.const 3076)) (i32.const {length})) (then (return (i32.const 0))))
            (local.set $left (i32.const {length}))
            (loop $next
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (if (i32.ne
                    (i32.load8_u (i32.add (i32.load (i32.const 3072)) (local.get $left)))
                    (i32.load8_u (i32.add (i32.const 2048) (local.get $left))))
                    (then (return (i32.const 0))))
                (br_if $next (local.get $left)))
            (i32.const 1))
        "#
    )
}
