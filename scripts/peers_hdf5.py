"""Judges HDF5 and npz: h5py, xarray and numpy read what we write, and what our summary says of theirs. Part of `make check-peers`.

HPDA_BIN is the binary, HPDA_WORK a folder for files. Prints `ok` or `FAIL` per finding, and exits 1 if anything failed.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import h5py
import netCDF4
import numpy as np
import xarray as xr

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = os.environ.get("HPDA_BIN", str(ROOT / "target/release/hpda-data"))
WORK = pathlib.Path(os.environ.get("HPDA_WORK") or tempfile.mkdtemp())
failed = []


def judge(what, good):
    print("ok  " if good else "FAIL", what)
    if not good:
        failed.append(what)


def ours(*args):
    done = subprocess.run([BIN, *map(str, args)], capture_output=True, text=True)
    if done.returncode:
        print(done.stderr)
    return done


def equal(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind in "OSU" or b.dtype.kind in "OSU":
        text = lambda v: [x.decode() if isinstance(x, bytes) else x for x in v.ravel()]
        return a.shape == b.shape and text(a) == text(b)
    return a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


# NetCDF to HDF5: the same for xarray by either engine, scales attached for h5py.
for name in ["climate.nc", "climate_packed.nc"]:
    source, target = ROOT / "data" / name, WORK / f"{name}.h5"
    ours("convert", source, target, "--overwrite")
    with xr.open_dataset(source, engine="netcdf4") as a:
        for engine in ["h5netcdf", "netcdf4"]:
            try:
                with xr.open_dataset(target, engine=engine) as b:
                    judge(f"{name} to h5, xarray by {engine}", a.identical(b))
            except (ImportError, ValueError) as e:
                print("note:", engine, e)
    with h5py.File(target) as f:
        scales = [d[0].name for d in f["tas"].dims]
        judge(f"{name} to h5, scales attached", scales == ["/time", "/lat", "/lon"] and all(f[s].is_scale for s in scales))
        judge(f"{name} to h5, attributes are texts", isinstance(f["tas"].attrs["units"], str))

# HDF5 to HDF5: every dataset as h5py reads it.
source, target = ROOT / "tests/files/data/hdf5/types.h5", WORK / "types.h5"
ours("convert", source, target, "--overwrite", "--compress", "zlib:5")
with h5py.File(source) as a, h5py.File(target) as b:
    for name in a:
        if name == "three_bytes":
            continue
        x, y = a[name], b[name]
        values = y[()]
        if name == "space_padded":
            judge("types.h5 space_padded", equal(np.char.strip(x[()]), values))
        elif name in ("bits", "vectors", "le_f2", "be_f2") or x.dtype.kind in "OS":
            judge(f"types.h5 {name}", equal(x[()], values))
        else:
            judge(f"types.h5 {name}", equal(x[()], values) and (x.dtype.newbyteorder("=") == y.dtype.newbyteorder("=") or name == "state"))

# What is easily lost: attributes of several dims, truth values, enumerations, fill values, by h5py and netCDF4.
source = ROOT / "tests/files/data/losses/kinds.h5"
ours("convert", source, WORK / "kinds.h5", "--overwrite")
ours("convert", source, WORK / "kinds.nc", "--overwrite")
with h5py.File(source) as a, h5py.File(WORK / "kinds.h5") as b:
    for name in a["half"].attrs:
        x, y = a["half"].attrs[name], b["half"].attrs[name]
        judge(f"kinds.h5 attribute {name}", equal(x, y) and np.asarray(x).dtype == np.asarray(y).dtype)
    judge("kinds.h5 booleans", b["flags"].dtype == bool and equal(a["flags"][()], b["flags"][()]))
    enums = [h5py.check_enum_dtype(f["state"].dtype) for f in (a, b)]
    judge("kinds.h5 enumeration", enums[0] == enums[1] and equal(a["state"][()], b["state"][()]))
    judge("kinds.h5 byte order of an enumeration", a["state"].dtype.str == b["state"].dtype.str)
    for name in ["gaps", "bright"]:
        judge(f"kinds.h5 fill value of {name}", a[name].fillvalue == b[name].fillvalue and equal(a[name][()], b[name][()]))
with netCDF4.Dataset(WORK / "kinds.nc") as f:
    judge("kinds.nc enumeration", f["state"].datatype.enum_dict == enums[0] and equal(f["state"][:], [0, -2, 1]))
ours("convert", ROOT / "tests/files/data/losses/enum.nc", WORK / "enum.nc", "--overwrite")
ours("convert", WORK / "enum.nc", WORK / "enum.h5", "--overwrite")
for name in ["enum.nc", "enum.h5"]:
    with netCDF4.Dataset(ROOT / "tests/files/data/losses/enum.nc") as a, netCDF4.Dataset(WORK / name) as b:
        for variable in ["clouds", "other"]:
            x, y = a[variable], b[variable]
            same = x.datatype.enum_dict == y.datatype.enum_dict and x.datatype.dtype == y.datatype.dtype
            judge(f"{name} {variable}", same and np.ma.allequal(x[:], y[:]) and equal(np.ma.getmaskarray(x[:]), np.ma.getmaskarray(y[:])))

# npz both ways.
for archive in ["stored", "deflated"]:
    source = ROOT / f"tests/files/data/npz/{archive}.npz"
    for compress in ["none", "zlib:6"]:
        target = WORK / f"{archive}.npz"
        ours("convert", source, target, "--overwrite", "--compress", compress)
        with np.load(source) as a, np.load(target) as b:
            judge(f"{archive}.npz, {compress}: names", sorted(a.files) == sorted(b.files))
            for key in a.files:
                same = equal(a[key].astype("M8[us]"), b[key]) if a[key].dtype.kind == "M" else equal(a[key], b[key])
                if a[key].dtype == "f2":
                    same = equal(a[key].astype("f4"), b[key])
                judge(f"{archive}.npz, {compress}: {key}", same or a[key].dtype.kind == "M" and np.isnat(b[key]).any())

# What summary says of a deflated dataset of many chunks.
rng = np.random.default_rng(5)
x = rng.normal(size=(200, 300))
with h5py.File(WORK / "big.h5", "w") as f:
    f.create_dataset("x", data=x, chunks=(64, 64), compression="gzip", shuffle=True)
said = json.loads(ours("summary", WORK / "big.h5", "--json").stdout)
row = (said if isinstance(said, list) else said["variables"])[0]
judge("summary of chunks", all(abs(row[k] - v) <= 1e-12 * max(1, abs(v)) for k, v in [("mean", x.mean()), ("min", x.min()), ("max", x.max())]))

sys.exit(1 if failed else 0)
