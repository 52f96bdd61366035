# `just` lists what there is; `just check` is exactly what CI runs.

_:
    @just --list

# Format, lint, document, test
check:
    .ci/run

# The tests
test:
    cargo test --workspace --locked

# The demo, as the README starts it
try:
    cargo run --release -- demo

# The workloads, Waxseal beside Postfix
bench *arguments:
    scripts/bench.sh {{arguments}}

# Advisories, licences and sources of the dependencies; needs cargo-deny
deny:
    cargo deny check
