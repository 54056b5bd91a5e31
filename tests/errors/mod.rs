mod cli;
mod damaged;
mod faults;
mod fuzzed;
#[cfg(unix)]
mod pipes;
mod shrunk;
#[cfg(feature = "zarr")]
mod zarr;
