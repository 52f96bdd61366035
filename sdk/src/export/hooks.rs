//! The hooks that a plugin names, against those that it has.

use std::marker::PhantomData;

use crate::{incoming, outgoing};

macro_rules! hooks {
    ($dollar:tt: $($direction:ident :: $hook:ident $module:ident $has:ident;)+) => {
        /// Checks that the plugin has a hook, and on wasm32 exports it.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __hook {
            $(
                ($dollar plugin:ty, $direction::$hook) => {
                    const _: fn() = {
                        fn has<P: $dollar crate::$direction::$hook>() {}
                        has::<$dollar plugin>
                    };
                    #[cfg(target_arch = "wasm32")]
                    $dollar crate::bindings::$module::export!(__Glue with_types_in $dollar crate::bindings::$module);
                };
            )+
            ($dollar plugin:ty, $dollar direction:ident::$dollar hook:ident) => {
                compile_error!(concat!(
                    "there is no hook `", stringify!($dollar direction), "::", stringify!($dollar hook), "`; the hooks are:"
                    $(, " ", stringify!($direction), "::", stringify!($hook))+
                ));
            };
        }

        /// Checks that each hook of the plugin is named.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __all_named {
            ($dollar plugin:ty, [$dollar ($dollar named:expr),+]) => {
                use $dollar crate::export::Lacks as _;
                const NAMED: &[&str] = &[$dollar ($dollar named),+];
                $( assert!(
                    !$dollar crate::export::Has::<$dollar plugin>::$has
                        || $dollar crate::export::contains(NAMED, concat!(stringify!($direction), "::", stringify!($hook))),
                    concat!(
                        "the plugin has the hook `", stringify!($direction), "::", stringify!($hook),
                        "`, but `export!` does not name it: it would never be asked"
                    )
                ); )+
            };
        }

        /// The hooks, by the names of their modules.
        #[cfg(test)]
        pub(crate) const NAMES: &[&str] = &[$(stringify!($module)),+];

        $(
            impl<P: $direction::$hook> Has<P> {
                #[doc(hidden)]
                pub const $has: bool = true;
            }
        )+

        /// What holds of a hook that a type does not have.
        #[doc(hidden)]
        pub trait Lacks {
            $( #[doc(hidden)] const $has: bool = false; )+
        }
    };
}

hooks! { $:
    incoming::Connect incoming_connect INCOMING_CONNECT;
    incoming::Ehlo incoming_ehlo INCOMING_EHLO;
    incoming::Offer incoming_offer INCOMING_OFFER;
    incoming::Start incoming_start INCOMING_START;
    incoming::Cipher incoming_cipher INCOMING_CIPHER;
    incoming::Certificate incoming_certificate INCOMING_CERTIFICATE;
    incoming::Mail incoming_mail INCOMING_MAIL;
    incoming::Rcpt incoming_rcpt INCOMING_RCPT;
    incoming::Message incoming_message INCOMING_MESSAGE;
    outgoing::Route outgoing_route OUTGOING_ROUTE;
    outgoing::Offer outgoing_offer OUTGOING_OFFER;
    outgoing::Start outgoing_start OUTGOING_START;
    outgoing::Cipher outgoing_cipher OUTGOING_CIPHER;
    outgoing::Certificate outgoing_certificate OUTGOING_CERTIFICATE;
    outgoing::Mail outgoing_mail OUTGOING_MAIL;
    outgoing::Delivered outgoing_delivered OUTGOING_DELIVERED;
    outgoing::Deferred outgoing_deferred OUTGOING_DEFERRED;
    outgoing::Failed outgoing_failed OUTGOING_FAILED;
}

/// Says at compile time which hooks a type has: a constant here, where the bound holds, hides that
/// of [`Lacks`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Has<P>(PhantomData<P>);

impl<P> Lacks for Has<P> {}

/// Whether a list has a text.
#[doc(hidden)]
#[must_use]
pub const fn contains(list: &[&str], text: &str) -> bool {
    let mut rest = list;
    while let [first, after @ ..] = rest {
        if is_equal(first.as_bytes(), text.as_bytes()) {
            return true;
        }
        rest = after;
    }
    false
}

const fn is_equal(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, one_after @ ..], [b, other_after @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_after, other_after);
    }
    one.is_empty() && other.is_empty()
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn a_list_contains_its_texts_and_no_others() {
        let list = ["incoming::Mail", "outgoing::Mail"];
        assert!(list.iter().all(|text| contains(&list, text)));
        assert!(!contains(&list, "outgoing::Mai"));
        assert!(!contains(&list, "outgoing::Mails"));
        assert!(!contains(&[], ""));
    }
}
