//! The site's lists: files `lists/NAME.txt` beside its policies. The site grants them: `grant = ["lists"]`.

use crate::relay::lists;

/// Whether a text is in a list: an IP address by its network, an address of mail also by its domain, a domain
/// also by one above it that stands with a dot before it.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// testing::list("blocked", ["spam.example"]);
/// assert!(lists::contains("blocked", "spam.example").unwrap());
/// assert!(lists::contains("unknown", "spam.example").is_err());
/// ```
///
/// # Errors
/// There is no such list, or it could never be read.
pub fn contains(list: &str, text: &str) -> Result<bool, String> {
    lists::contains(list, text)
}
