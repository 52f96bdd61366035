//! The row of the domain table that chose the policy.

use super::facts;

facts! {
    /// A row of the domain table: pattern, policy, terms.
    pub struct Row as "row" {
        /// The pattern as written, as in `*.bank.example`.
        pattern: Text,
        /// The policy's name: the stem of its file.
        policy: Text,
        /// The reason given by `because`.
        because: Text,
        /// The last day on which the row holds, UTC, as in `2027-06-30`; empty for ever.
        valid_until: Text,
        /// The least TLS version that may be negotiated.
        min_version: Version,
        /// The cipher suites that may be negotiated; empty for all.
        suites: Texts,
        /// The key exchange groups that may be negotiated; empty for all.
        groups: Texts,
        /// The names of which the peer's certificate must have one; empty for the usual ones.
        names: Texts,
        /// The pins of which the peer's chain must match one, as `sha256:...` of a public key.
        pins: Texts,
        /// The sets of roots that a chain may lead to; empty for the configured ones.
        roots: Texts,
        /// The names of the identity that we present; empty for the usual one.
        identity: Text,
        /// The policy's own parameters, from `with #{...}`.
        parameters: Parameters,
        /// Where the row stands, as in `domains.rhai:9:5`.
        place: Text,
    }
}
