mod chunks;
mod columnar;
mod csv;
mod ipc;
mod netcdf;
mod npy;
mod parquet;
mod raw;
