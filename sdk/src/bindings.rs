//! The WIT files as Rust, made by wit-bindgen. On wasm32 only.
//!
//! What every plugin imports comes once, from the world `imports`. Each hook is a module of its
//! own, so that a plugin exports the hooks that it names and no others: what the component says of
//! an export comes with the `export!` macro of its module.

wit_bindgen::generate!({ path: "wit", world: "imports", generate_all });

macro_rules! worlds {
    ($($module:ident = $world:literal;)*) => { $(
        #[expect(missing_docs, reason = "generated; the WIT file has the documentation")]
        pub mod $module {
            wit_bindgen::generate!({
                path: "wit",
                world: $world,
                with: {
                    "waxseal:policy/facts@0.1.0": crate::bindings::waxseal::policy::facts,
                    "waxseal:policy/verdicts@0.1.0": crate::bindings::waxseal::policy::verdicts,
                    "waxseal:policy/log@0.1.0": crate::bindings::waxseal::policy::log,
                    "waxseal:policy/trace@0.1.0": crate::bindings::waxseal::policy::trace,
                    "waxseal:policy/config@0.1.0": crate::bindings::waxseal::policy::config,
                    "waxseal:policy/kv@0.1.0": crate::bindings::waxseal::policy::kv,
                    "waxseal:policy/counters@0.1.0": crate::bindings::waxseal::policy::counters,
                    "waxseal:policy/clock@0.1.0": crate::bindings::waxseal::policy::clock,
                    "waxseal:policy/dns@0.1.0": crate::bindings::waxseal::policy::dns,
                    "waxseal:policy/rates@0.1.0": crate::bindings::waxseal::policy::rates,
                    "waxseal:policy/lists@0.1.0": crate::bindings::waxseal::policy::lists,
                },
                pub_export_macro: true,
            });
        }
    )* };
}

worlds! {
    init = "with-init";
    incoming_connect = "incoming-connect-hook";
    incoming_offer = "incoming-offer-hook";
    incoming_start = "incoming-start-hook";
    incoming_cipher = "incoming-cipher-hook";
    incoming_certificate = "incoming-certificate-hook";
    incoming_mail = "incoming-mail-hook";
    incoming_rcpt = "incoming-rcpt-hook";
    outgoing_offer = "outgoing-offer-hook";
    outgoing_start = "outgoing-start-hook";
    outgoing_cipher = "outgoing-cipher-hook";
    outgoing_certificate = "outgoing-certificate-hook";
    outgoing_mail = "outgoing-mail-hook";
}
