mod cli;
mod damaged;
mod faults;
mod fuzzed;
#[cfg(feature = "zarr")]
mod zarr;
