//! The target that `HPDA_FUZZ` names, under libFuzzer.
#![no_main]

#[path = "../targets.rs"]
mod targets;

use std::sync::LazyLock;

static TARGET: LazyLock<targets::Target> = LazyLock::new(|| {
    let name = std::env::var("HPDA_FUZZ").unwrap_or_default();
    let known: Vec<&str> = targets::TARGETS.iter().map(|t| t.0).collect();
    match targets::TARGETS.iter().find(|t| t.0 == name) {
        Some((_, run)) => *run,
        None => panic!("HPDA_FUZZ names one of {known:?}"),
    }
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
