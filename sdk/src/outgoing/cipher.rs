//! The handshake is done: is what was negotiated good enough?

use crate::facts::{Handshake, Host};
use crate::verdict;

/// `accept`, `defer` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::Passage>;

/// The handshake is done: what was negotiated.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct PostQuantum;
///
/// impl outgoing::Cipher for PostQuantum {
///     fn cipher(&self, host: &Host, handshake: &Handshake) -> outgoing::cipher::Verdict {
///         if handshake.group() != "X25519MLKEM768" {
///             log!("{} negotiated {}", host.name(), handshake.group());
///         }
///         accept()
///     }
/// }
///
/// let handshake = testing::handshake().group("x25519");
/// assert_eq!(PostQuantum.cipher(&testing::encrypted_host(), &handshake), accept());
/// assert_eq!(testing::logged(), ["mx.example.org negotiated x25519"]);
/// ```
pub trait Cipher {
    /// Is what was negotiated good enough?
    fn cipher(&self, host: &Host, handshake: &Handshake) -> Verdict;
}
