mod chunks;
mod columnar;
mod csv;
mod filters;
mod hdf5;
mod ipc;
mod json;
mod losses;
mod netcdf;
mod npy;
mod npz;
mod packed;
mod parquet;
mod raw;
mod recompress;
#[cfg(feature = "zarr")]
mod zarr;
#[cfg(feature = "zarr")]
mod zarr_write;
