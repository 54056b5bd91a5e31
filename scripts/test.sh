#!/bin/sh
# Passes all tests: unit, integration and documentation tests. Arguments go to `cargo test`.
set -eu
. "$(dirname -- "$0")/tools.sh"

# The real files of the lessons, where they are at hand.
if [ -z "${HPDA_REAL_DATA:-}" ] && [ -d "$root/../shared/data" ]; then
  HPDA_REAL_DATA=$root/../shared/data
  export HPDA_REAL_DATA
fi
exec cargo test "$@"
