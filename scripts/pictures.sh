#!/bin/sh
# Makes the pictures of docs/plot.md and README.md in docs/img, from the files in data/.
set -eu
cd "$(dirname -- "$0")/.."
bin=${HPDA_BIN:-target/release/hpda-data}
plot() { "$bin" plot --overwrite "$@"; }

plot data/climate.nc -o docs/img/map.svg
plot data/passengers.csv --kind bar --x Sex --y Survived --by Pclass --size 640x380 -o docs/img/survived.svg
plot data/passengers.csv --kind hist --x Fare --log x --size 640x380 -o docs/img/fares.svg
plot data/passengers.csv --with 'Family = SibSp + Parch + 1' --kind hist --x Family --by Fare --size 640x380 -o docs/img/families.svg
