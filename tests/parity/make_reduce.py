"""Makes reduce.json: what xarray finds over dimensions and groups of data/climate.nc and of small made arrays.

Run at the root of the project: python tests/parity/make_reduce.py > tests/parity/reduce.json
"""

import json
import sys

import numpy as np
import xarray as xr

ds = xr.open_dataset("data/climate.nc", decode_times=xr.coders.CFDatetimeCoder(use_cftime=True))
tas = ds.tas
rng = np.random.default_rng(7)


def texts(a):
    flat = np.asarray(a).ravel()
    step = max(1, len(flat) // 6)
    return {"n": int(flat.size), "step": step, "values": [repr(x.item()) for x in flat[::step]]}


def plain(op, da, dims):
    dims = dims or list(da.dims)
    if op == "median":
        return da.median(dims)
    if op.startswith("q"):
        # f32 stays f32 here (docs/differences.md); xarray answers in f64.
        return da.quantile(float(op[1:]), dims).astype(da.dtype if da.dtype.kind == "f" else "f8")
    if op == "sem":
        return (da.std(dims) / np.sqrt(da.count(dims))).astype(da.std(dims).dtype)
    if op == "first":
        return da.bfill(dims[0]).isel({dims[0]: 0})
    return getattr(da, op)(dims)


OPS = ["count", "sum", "mean", "std", "var", "sem", "min", "max", "median", "q0.9", "prod", "any", "all"]
cases = []
# With holes: every seventh cell, and one column that is missing whole.
holes = tas.copy(data=tas.values.copy())
holes.values.ravel()[::7] = np.nan
holes.values[:, 3, 4] = np.nan
numbers = xr.DataArray(rng.integers(-9, 10, (5, 4, 6)).astype("int16"), dims=("time", "lat", "lon"))
for name, da in [("tas", tas), ("holes", holes), ("numbers", numbers)]:
    for dims in [[], ["time"], ["lat", "lon"], ["time", "lon"], ["lat"], ["lon"]]:
        for op in OPS:
            # A product of many temperatures overflows; NaN counts as true in xarray, and is skipped here.
            if op in ("prod", "any", "all") and name != "numbers":
                continue
            out = plain(op, da, dims)
            cases.append({"data": name, "op": op, "dims": dims, "dtype": str(out.dtype), "out_dims": list(out.dims), **texts(out.values)})
    for dim in ["time", "lat", "lon"]:
        for op in ["argmin", "argmax"]:
            try:
                out = getattr(da, op)(dim)
            except ValueError:
                # A cell without values has no position: xarray refuses all of it.
                continue
            cases.append({"data": name, "op": op, "dims": [dim], "dtype": str(out.dtype), "out_dims": list(out.dims), **texts(out.values)})
groups = []
for name, da in [("tas", tas), ("holes", holes)]:
    for part in ["month", "year", "season", "dayofyear"]:
        for op in ["mean", "sum", "std", "min", "max", "count", "median", "first", "last"]:
            out = getattr(da.groupby(f"time.{part}"), op)()
            if part == "season":
                out = out.sel(season=["DJF", "MAM", "JJA", "SON"])
            groups.append({"data": name, "op": op, "key": f"time.{part}", "dtype": str(out.dtype), "out_dims": list(out.dims),
                           "labels": [str(x) for x in out[part].values][:12], **texts(out.transpose(part, "lat", "lon").values)})
weighted = []
w = np.cos(np.deg2rad(ds.lat))
for name, da in [("tas", tas), ("holes", holes)]:
    for dims in [["lat", "lon"], ["lat"], ["time", "lat"]]:
        for op in ["mean", "sum", "std", "var"]:
            out = getattr(da.weighted(w), op)(dims)
            weighted.append({"data": name, "op": op, "dims": dims, "dtype": str(out.dtype), "out_dims": list(out.dims), **texts(out.values)})
json.dump({"numbers": numbers.values.ravel().tolist(), "plain": cases, "groups": groups, "weighted": weighted}, sys.stdout, separators=(",", ":"))
print()
