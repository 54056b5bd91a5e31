#!/bin/sh
# Builds the release binary and shows its main job on the project's own data: a summary and a conversion.
set -eu
. "$(dirname -- "$0")/tools.sh"

cargo build --release --quiet --bin hpda-data || cargo build --release --bin hpda-data
bin=target/release/hpda-data
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

show() {
  echo
  echo "\$ hpda-data $*"
  "$bin" "$@"
}
show summary data/passengers.csv
show convert data/passengers.csv "$out/passengers.parquet"
show info "$out/passengers.parquet"
show info data/climate.nc
echo
echo "The binary is $root/$bin"
