//! `export!`: what makes a type a plugin.

mod hooks;

#[cfg(test)]
pub(crate) use hooks::NAMES;
pub use hooks::{Has, Lacks, contains};

use serde::de::DeserializeOwned;

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
            $( $crate::__hook!($plugin, $direction::$hook); )+
            $crate::__all_named!($plugin, [$(concat!(stringify!($direction), "::", stringify!($hook))),+]);
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
        type __Glue = $crate::glue::Glue<$plugin>;
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::init::export!(__Glue with_types_in $crate::bindings::init);
    };
}

/// Compiles for a type that can be made from a configuration.
#[doc(hidden)]
pub const fn is_made_of_its_configuration<P: DeserializeOwned + 'static>() {}
