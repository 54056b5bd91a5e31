//! The guides of `docs/`, so that they are at hand beside the reference and their code is tested.

macro_rules! guides {
    ($($name:ident $file:literal)*) => { $(#[doc = include_str!(concat!("../docs/", $file))] pub mod $name {})* };
}

guides! {
    start "start.md"
    tables "tables.md"
    cubes "cubes.md"
    larger_than_memory "larger-than-memory.md"
    expressions "expressions.md"
    missing "missing.md"
    errors "errors.md"
    performance "performance.md"
    benchmarks "benchmarks.md"
    formats "formats.md"
    plot "plot.md"
    reliability "reliability.md"
    pandas "pandas.md"
    xarray "xarray.md"
    dask "dask.md"
    cdo "cdo.md"
    differences "differences.md"
}
