#!/bin/sh
# Passes all tests: unit, integration and documentation tests. Arguments go to `cargo test`.
set -eu
. "$(dirname -- "$0")/tools.sh"

# The real files of the lessons, where they are at hand.
if [ -z "${HPDA_REAL_DATA:-}" ] && [ -d "$root/../shared/data" ]; then
  HPDA_REAL_DATA=$root/../shared/data
  export HPDA_REAL_DATA
fi
[ $# -eq 0 ] || exec cargo test "$@"
# Each program in examples/ is a part of the one test program; linking them one by one as well would only take time and room.
cargo test --lib --bins --tests
cargo test --doc
