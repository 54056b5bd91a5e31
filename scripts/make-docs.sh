#!/bin/sh
# Makes docs/examples.md and its pictures out of the programs in examples/, what the commands in README.md and the guides print, docs/formats.md,
# and the pictures of docs/plot.md. All but the last are what tests compare.
set -eu
. "$(dirname -- "$0")/tools.sh"

TRYCMD=overwrite HPDA_OVERWRITE=1 cargo test --test all -- lessons:: golden formats
cargo build --release --quiet --bin hpda-data
sh scripts/pictures.sh
