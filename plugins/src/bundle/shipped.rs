//! The shipped policies, built into the program. A site's file takes the place of the shipped file
//! of the same path.

macro_rules! shipped {
    ($($path:literal),* $(,)?) => {
        /// All shipped files: the path in the policies' directory, and the text.
        pub const SHIPPED: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../../../policies/", $path)))),*];
    };
}

shipped!(
    "domains.rhai",
    "incoming/attempt.rhai",
    "incoming/require.rhai",
    "incoming/require_verified.rhai",
    "outgoing/attempt.rhai",
    "outgoing/prevent.rhai",
    "outgoing/require.rhai",
    "outgoing/require_verified.rhai",
    "tests/incoming.rhai",
    "tests/outgoing.rhai",
);

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_script_of_the_folder_is_shipped() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
        for part in ["", "incoming", "outgoing", "filters", "tests"] {
            let Ok(entries) = std::fs::read_dir(folder.join(part)) else { continue };
            for name in entries.map(|entry| entry.expect("entry").file_name()) {
                let name = name.to_string_lossy().into_owned();
                let path = if part.is_empty() { name.clone() } else { format!("{part}/{name}") };
                let shipped = SHIPPED.iter().any(|(shipped, _)| *shipped == path);
                assert_eq!(shipped, name.ends_with(".rhai"), "{path}");
            }
        }
    }
}
