mod cli;
mod damaged;
#[cfg(feature = "zarr")]
mod zarr;
