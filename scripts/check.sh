#!/bin/sh
# What must be clean before a change lands, besides the tests: format, lints, documentation, dependencies.
set -eu
. "$(dirname -- "$0")/tools.sh"

cargo fmt --check
cargo clippy --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items
if ! have cargo-deny; then
  say "installing cargo-deny"
  cargo install --quiet --locked cargo-deny
fi
# The list of advisories lives in a git repository: where that cannot be fetched, the other checks still hold.
cargo deny --all-features check bans licenses sources
cargo deny check advisories 2>/dev/null || say "the advisories could not be fetched or hold something: not checked here"
