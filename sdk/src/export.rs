//! `export!`: what makes a type a plugin.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::{incoming, outgoing};

/// Makes a type the plugin, and names the hooks that it has.
///
/// The relay asks these hooks and no others. Each is a trait that the type implements; one that is
/// implemented and not named would never be asked, and does not compile. The type is made from the
/// plugin's configuration, the `.toml` beside its `.wasm`, by [`serde::Deserialize`]; without one,
/// from an empty one. There is one value for each instance of the plugin.
///
/// ```
/// use serde::Deserialize;
/// use waxseal_sdk::prelude::*;
///
/// #[derive(Deserialize)]
/// struct Require;
///
/// impl outgoing::Offer for Require {
///     fn offer(&self, host: &Host) -> outgoing::offer::Verdict {
///         if host.offers_tls() { start_tls() } else { defer("4.7.4", "TLS is required, but was not offered") }
///     }
/// }
///
/// impl outgoing::Mail for Require {
///     fn mail(&self, host: &Host, _: &Mail) -> outgoing::mail::Verdict {
///         if host.encrypted() { accept() } else { defer("4.7.5", "TLS is required") }
///     }
/// }
///
/// export!(Require: outgoing::Offer, outgoing::Mail);
/// ```
///
/// A hook that is named must be implemented, and one that is implemented must be named:
///
/// ```compile_fail,E0277
/// # use serde::Deserialize;
/// # use waxseal_sdk::prelude::*;
/// # #[derive(Deserialize)]
/// # struct Require;
/// export!(Require: outgoing::Mail);
/// ```
///
/// ```compile_fail,E0080
/// # use serde::Deserialize;
/// # use waxseal_sdk::prelude::*;
/// # #[derive(Deserialize)]
/// # struct Require;
/// # impl outgoing::Offer for Require {
/// #     fn offer(&self, _: &Host) -> outgoing::offer::Verdict { start_tls() }
/// # }
/// # impl outgoing::Mail for Require {
/// #     fn mail(&self, _: &Host, _: &Mail) -> outgoing::mail::Verdict { accept() }
/// # }
/// export!(Require: outgoing::Offer);
/// ```
#[macro_export]
macro_rules! export {
    ($plugin:ty: $($direction:ident :: $hook:ident),+ $(,)?) => {
        const _: () = {
            let _ = $crate::export::is_made_of_its_configuration::<$plugin>;
            $( $crate::__hook!($plugin, $direction $hook); )+
            assert!(
                $crate::__implemented!($plugin) == [$(stringify!($hook)),+].len(),
                "the plugin has a hook that `export!` does not name (or names twice): it would never be asked"
            );
            $crate::__plugin!($plugin);
        };
    };
    ($($other:tt)*) => {
        compile_error!("name the plugin and its hooks, as in `export!(PinnedKey: outgoing::Certificate)`");
    };
}

/// On wasm32: keeps the plugin's value, and exports its beginning.
#[doc(hidden)]
#[macro_export]
macro_rules! __plugin {
    ($plugin:ty) => {
        #[cfg(target_arch = "wasm32")]
        impl $crate::glue::Plugin for $plugin {
            fn kept() -> &'static ::std::thread::LocalKey<$crate::glue::Kept<Self>> {
                ::std::thread_local!(static KEPT: $crate::glue::Kept<$plugin> = const { $crate::glue::Kept::new(None) });
                &KEPT
            }
        }
        #[cfg(target_arch = "wasm32")]
        type Glue = $crate::glue::Glue<$plugin>;
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::init::export!(Glue with_types_in $crate::bindings::init);
    };
}

macro_rules! hooks {
    ($dollar:tt: $($direction:ident $hook:ident $module:ident $has:ident;)+) => {
        /// Checks that the plugin has a hook, and on wasm32 exports it.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __hook {
            $(
                ($dollar plugin:ty, $direction $hook) => {
                    const _: fn() = {
                        fn has<P: $dollar crate::$direction::$hook>() {}
                        has::<$dollar plugin>
                    };
                    #[cfg(target_arch = "wasm32")]
                    $dollar crate::bindings::$module::export!(Glue with_types_in $dollar crate::bindings::$module);
                };
            )+
            ($dollar plugin:ty, $dollar direction:ident $dollar hook:ident) => {
                compile_error!(concat!(
                    "there is no hook `", stringify!($dollar direction), "::", stringify!($dollar hook), "`; the hooks are"
                    $(, " ", stringify!($direction), "::", stringify!($hook))+
                ));
            };
        }

        /// How many hooks a plugin has.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __implemented {
            ($dollar plugin:ty) => {{
                use $dollar crate::export::Lacks as _;
                0 $( + $dollar crate::export::Has::<$dollar plugin>::$has )+
            }};
        }

        $(
            impl<P: $direction::$hook> Has<P> {
                #[doc(hidden)]
                pub const $has: usize = 1;
            }
        )+

        /// What holds of a hook that a type does not have.
        #[doc(hidden)]
        pub trait Lacks {
            $( #[doc(hidden)] const $has: usize = 0; )+
        }
    };
}

hooks! { $:
    incoming Connect incoming_connect INCOMING_CONNECT;
    incoming Offer incoming_offer INCOMING_OFFER;
    incoming Start incoming_start INCOMING_START;
    incoming Cipher incoming_cipher INCOMING_CIPHER;
    incoming Certificate incoming_certificate INCOMING_CERTIFICATE;
    incoming Mail incoming_mail INCOMING_MAIL;
    incoming Rcpt incoming_rcpt INCOMING_RCPT;
    outgoing Offer outgoing_offer OUTGOING_OFFER;
    outgoing Start outgoing_start OUTGOING_START;
    outgoing Cipher outgoing_cipher OUTGOING_CIPHER;
    outgoing Certificate outgoing_certificate OUTGOING_CERTIFICATE;
    outgoing Mail outgoing_mail OUTGOING_MAIL;
}

/// Says at compile time which hooks a type has: a constant here, where the bound holds, hides that
/// of [`Lacks`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Has<P>(PhantomData<P>);

impl<P> Lacks for Has<P> {}

/// Compiles for a type that can be made from a configuration.
#[doc(hidden)]
pub const fn is_made_of_its_configuration<P: DeserializeOwned + 'static>() {}
