"""Zarr stores that we write, judged by xarray and zarr-python: the same cube as the source, the same codecs, readable chunks."""
import warnings

import numpy as np
import xarray as xr
import zarr
from judge import DATA, ROOT, WORK, check, convert

warnings.simplefilter("ignore")
STORES = ROOT / "tests/files/data/zarr"
# Dims without a name, which xarray calls None; booleans whose fill value xarray takes for missing; bytes and halves, which are
# text and f32 here.
ODD = ("nameless", "flag", "bytes", "half", "fixed")


def tree(path):
    engine = "zarr" if path.is_dir() else "netcdf4"
    return xr.open_datatree(path, engine=engine, decode_timedelta=False)


def identical(source, target, leave_out=()):
    a, b = tree(source), tree(target)
    for node in a.subtree:
        x, y = node.to_dataset(inherit=False), b[node.path].to_dataset(inherit=False)
        x, y = x.drop_vars(leave_out, errors="ignore"), y.drop_vars(leave_out, errors="ignore")
        xr.testing.assert_identical(x.load(), y.load())


def copied(source, name, *options):
    target = WORK / f"{name}.zarr"
    convert(source, target, *options)
    identical(source, target, ODD)
    # Every chunk of every array as zarr-python reads it, without what xarray makes of it.
    for _, array in zarr.open_group(target, mode="r").members(max_depth=None):
        if isinstance(array, zarr.Array):
            array[...]


for name in ("climate", "climate_packed"):
    check(f"{name}.nc to zarr is the same cube", copied, DATA / f"{name}.nc", name)
for name in ("xarray2", "xarray3", "plain3"):
    check(f"{name}.zarr to zarr is the same cube", copied, STORES / f"{name}.zarr", name)
for name in ("codecs2", "codecs3"):
    check(f"{name}.zarr to zarr is the same cube", copied, STORES / f"{name}.zarr", name)
for text in ("none", "zstd:9", "gzip:1", "blosc:5", "blosc-zstd:3", "blosc-zlib:1"):
    options = ("--compress", text, "--chunks", "time=50,lat=5")
    check(f"--compress {text} is read by zarr-python", copied, DATA / "climate.nc", text.replace(":", "_"), *options)
check("--shards is read by zarr-python", copied, DATA / "climate.nc", "shards", "--chunks", "time=10,lat=6", "--shards", "time=60,lat=12")


def back():
    """NetCDF to Zarr to NetCDF is the first file, in values and attributes."""
    target = WORK / "back.nc"
    convert(WORK / "climate.zarr", target)
    identical(DATA / "climate.nc", target)


check("zarr to NetCDF gives the file back", back)


def codecs():
    array = zarr.open_array(WORK / "shards.zarr/tas", mode="r")
    assert array.chunks == (10, 6, 18) and array.shards == (60, 12, 18), (array.chunks, array.shards)
    names = [type(c).__name__ for c in zarr.open_array(WORK / "blosc_5.zarr/tas", mode="r").compressors]
    assert names == ["BloscCodec"], names


check("chunks, shards and codecs are as asked", codecs)


def table():
    """A table becomes a cube in a store, and a store becomes a matrix."""
    csv = WORK / "t.csv"
    csv.write_text("y,x,v\n1,1,1.5\n1,2,2.5\n2,1,3.5\n")
    convert(csv, WORK / "t.zarr", "--index", "y,x")
    ds = xr.open_zarr(WORK / "t.zarr")
    np.testing.assert_array_equal(ds["v"].values, [[1.5, 2.5], [3.5, np.nan]])
    convert(WORK / "t.zarr", WORK / "t.npy", "--var", "v", "--allow-loss")
    np.testing.assert_array_equal(np.load(WORK / "t.npy"), ds["v"].values)


check("a table becomes a store, and the store an array", table)

