cd /work/h/lead
. scripts/tools.sh
CARGO_PROFILE_RELEASE_INCREMENTAL=true cargo build --release --bin hpda-data
