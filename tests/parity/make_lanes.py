"""Makes lanes.json: what xarray gives for verbs along a dimension and for other shapes and labels, over a small cube that is built here.

Run from the root of the project: python tests/parity/make_lanes.py > tests/parity/lanes.json
"""

import json
import sys

import numpy as np
import xarray as xr

nan = np.nan
values = np.arange(36.0).reshape(6, 3, 2) * 7 % 11 - 4
values[1, 0, 0] = values[2, 0, 0] = values[4, 1, 1] = values[0, 2, 0] = values[5, 2, 1] = nan
values[:, 1, 0] = nan
t = np.array(["2001-01-01", "2001-01-02", "2001-01-05", "2001-01-06", "2001-01-07T12", "2001-01-10"], "datetime64[us]")
ds = xr.Dataset(
    {
        "f8": (("t", "y", "x"), values),
        "f4": (("t", "y", "x"), (values / 3).astype("f4")),
        "i2": (("t", "y", "x"), (np.arange(36).reshape(6, 3, 2) * 5 % 13 - 6).astype("i2")),
        "flag": (("t",), np.array([True, False, True, True, False, True])),
        "still": (("x",), np.array([1.5, -2.5])),
    },
    coords={"t": t, "y": [30.0, 20.0, 0.0], "x": [5, 7], "name": ("y", ["c", "a", "b"])},
)
day = np.timedelta64(1, "D")
noon = np.array(["2001-01-01T12", "2001-01-05", "2001-01-09", "2001-02-01"], "datetime64[us]")
ascending = ds.sortby("y")
CASES = [
    ("shift t 1", ds.shift(t=1)),
    ("shift t -2", ds.shift(t=-2)),
    ("shift y 5", ds.shift(y=5)),
    ("cumsum t", ds.cumsum("t")),
    ("cumsum x", ds.cumsum("x")),
    ("cumprod t", ds[["f8", "i2"]].cumprod("t")),
    ("rank t", ds[["f8", "f4", "i2"]].rank("t")),
    ("rank y percent", ds[["f8", "i2"]].rank("y", pct=True)),
    ("ffill t", ds[["f8", "f4"]].ffill("t")),
    ("ffill t 1", ds[["f8", "f4"]].ffill("t", limit=1)),
    ("bfill t", ds[["f8", "f4"]].bfill("t")),
    ("bfill y 1", ds[["f8", "f4"]].bfill("y", limit=1)),
    ("interpolate t linear", ds[["f8", "f4"]].interpolate_na("t", use_coordinate=False)),
    ("interpolate t time", ds[["f8", "f4"]].interpolate_na("t")),
    ("interpolate t time 1", ds[["f8"]].interpolate_na("t", limit=1)),
    ("fillna -1", ds[["f8", "f4", "i2"]].fillna(-1)),
    ("dropna t any", ds[["f8"]].dropna("t", how="any")),
    ("dropna y all", ds[["f8"]].isel(t=[1, 2]).dropna("y", how="all")),
    ("dropna t any still", ds[["f8", "still"]].isel(y=[2]).dropna("t", how="any")),
    ("where drop", ds[["f8", "i2"]].where(ds.f8 > 4, drop=True)),
    ("differentiate y", ascending[["f8", "f4", "i2"]].differentiate("y")),
    ("differentiate t day", ds[["f8"]].differentiate("t", datetime_unit="D")),
    ("integrate y", ascending[["f8", "i2"]].integrate("y")),
    ("integrate t day", ds[["f8", "i2"]].integrate("t", datetime_unit="D")),
    ("cumulative_integrate y", ascending[["f8", "i2"]].cumulative_integrate("y")),
    # At a label beside a missing value, and of a spline with any missing value in the whole array, scipy gives NaN.
    ("interp y linear", ds[["f8", "i2", "still"]].interp(y=[1.0, 5.0, 19.0, 29.0, 31.0])),
    ("interp y linear labels", ds[["i2"]].interp(y=[0.0, 20.0, 30.0])),
    ("interp y nearest", ds[["f8", "i2"]].interp(y=[0.0, 5.0, 21.0, 29.0, 30.0, 31.0], method="nearest")),
    ("interp t linear", ds[["f8", "i2"]].interp(t=noon)),
    ("interp t cubic", ds[["i2"]].interp(t=noon, method="cubic")),
    ("reindex y", ds.reindex(y=[0.0, 5.0, 30.0])),
    ("reindex y nearest", ds[["f8", "i2"]].reindex(y=[1.0, 14.0, 30.0], method="nearest")),
    ("reindex y nearest 2", ds[["f8"]].reindex(y=[1.0, 14.0, 30.0], method="nearest", tolerance=2)),
    ("reindex t", ds[["f8", "flag"]].reindex(t=t[[5, 0]])),
    ("sortby y", ds.sortby("y")),
    ("sortby name", ds.sortby("name", ascending=False)),
    ("transpose x t y", ds.transpose("x", "t", "y")),
    ("stack y x", ds[["f8", "i2", "still"]].stack(z=("y", "x")).reset_index("z")),
    ("stack x t", ds[["f8", "flag"]].stack(z=("x", "t")).reset_index("z")),
    ("unstack", ds[["f8", "i2"]].stack(z=("y", "x")).unstack("z").transpose("t", "y", "x")),
    ("roll t 2", ds.roll(t=2)),
    ("roll t -1 labels", ds.roll(t=-1, roll_coords=True)),
    ("expand_dims m", ds[["f8", "still"]].expand_dims("m")),
    ("squeeze", ds.isel(x=[1]).squeeze()),
    ("thin t 4", ds.thin(t=4)),
    ("head t 2", ds.head(t=2)),
    ("tail t 2", ds.tail(t=2)),
    ("pad t 1 2", ds[["f8", "i2", "flag"]].pad(t=(1, 2))),
    ("swap_dims y name", ds.swap_dims(y="name")),
    ("set_coords still", ds.set_coords("still")),
    ("reset_coords", ds.reset_coords()),
    ("coarsen t 2 x 2", ds[["f8", "f4"]].coarsen(t=2, x=2).mean()),
    ("coarsen y 2 trim", ds[["f8", "i2"]].drop_vars("name").coarsen(y=2, boundary="trim").max()),
    ("coarsen t 4 pad", ds[["f8"]].drop_vars("t").coarsen(t=4, boundary="pad").sum()),
    ("idxmin t", ds[["f8", "i2"]].idxmin("t")),
    ("idxmax y", ds[["f8", "i2"]].idxmax("y")),
    ("operate sub mean", ds[["f8", "i2"]] - ds[["f8", "i2"]].mean("t")),
    ("operate sub part", ds[["f8"]] - ds[["f8"]].isel(y=[2, 0])),
    ("operate mul outer", (lambda p: p[0] * p[1])(xr.align(ds[["f8"]].isel(t=[0, 1, 2]), ds[["f8"]].isel(t=[2, 3]), join="outer"))),
    ("merge", xr.merge([ds[["f8"]].isel(t=[0, 1, 2]), ds[["f8", "f4"]].isel(t=[2, 3])], join="outer", compat="no_conflicts")),
    ("combine_first", ds[["f8"]].isel(t=[0, 1, 2]).combine_first(ds[["f8"]].isel(t=[1, 2, 3]) * 0 + 100)),
    ("concat outer", xr.concat([ds[["f8"]].drop_vars("name").isel(t=[0, 1], y=[0, 1]), ds[["f8"]].drop_vars("name").isel(t=[2], y=[2, 1])], "t", join="outer")),
    ("concat inner", xr.concat([ds[["f8"]].drop_vars("name").isel(t=[0, 1], y=[0, 1]), ds[["f8"]].drop_vars("name").isel(t=[2], y=[2, 1])], "t", join="inner")),
    ("groupby k,t.day", ds[["f8", "i2"]].assign_coords(k=("t", [1, 2, 1, 2, 2, 1]), h=ds.t.dt.dayofyear % 2).groupby(["k", "h"]).mean().transpose("k", "h", "y", "x")),
    ("groupby plane", ds[["f8"]].assign_coords(p=(("y", "x"), [[1.0, 2.0], [2.0, 1.0], [nan, 1.0]])).groupby("p").mean()),
    ("groupby bins y", ds[["f8", "i2"]].drop_vars("name").groupby_bins("y", [-1.0, 10.0, 25.0, 40.0]).max().transpose("t", "y_bins", "x")),
    ("transform rank", ds[["f8", "i2"]].assign_coords(k=("t", [1, 2, 1, 2, 2, 1])).groupby("k").map(lambda g: g.rank("t"))),
    ("transform cumsum", ds[["f8", "i2"]].assign_coords(k=("t", [1, 2, 1, 2, 2, 1])).groupby("k").cumsum().transpose("t", "y", "x")),
    ("transform plane", ds[["f8"]].assign_coords(p=(("y", "x"), [[1.0, 2.0], [2.0, 1.0], [1.0, 1.0]])).pipe(lambda d: d.groupby("p") - d.groupby("p").mean()).transpose("t", "y", "x").assign_coords(name=ds.name)),
    # Fewer values than coefficients have one of many answers in xarray, and none here.
    ("polyfit y 1", ds[["i2"]].polyfit("y", 1)),
    ("polyfit t 2", ds[["f8", "f4", "i2"]].assign_coords(t=[0.0, 1.0, 4.0, 5.0, 6.5, 9.0]).polyfit("t", 2)),
    ("detrend t", ds[["f8"]].fillna(3) - xr.polyval(ds.t, ds[["f8"]].fillna(3).polyfit("t", 1)).rename(f8_polyfit_coefficients="f8")),
    ("cov t", xr.Dataset({"r": xr.cov(ds.f8, ds.i2.astype("f8"), "t")})),
    ("corr t y", xr.Dataset({"r": xr.corr(ds.f8, ds.i2.astype("f8"), ["t", "y"])})),
    ("align outer", xr.align(ds[["f8"]].isel(y=[0, 1]), ds[["i2"]].isel(y=[1, 2]), join="outer")[0]),
    ("align inner", xr.align(ds[["f8"]].isel(y=[0, 1]), ds[["i2"]].isel(y=[1, 2]), join="inner")[0]),
]


def plain(v):
    if v.dtype.kind == "M":
        return [None if np.isnat(x) else str(x)[:19] for x in v.values.astype("datetime64[s]").ravel()]
    if v.dtype.kind == "O" and len(v) and hasattr(v.values.ravel()[0], "left"):
        return [f"({x.left}, {x.right}]" for x in v.values.ravel()]
    if v.dtype.kind in "OUT":
        return [None if x is None or x != x else str(x) for x in v.values.ravel()]
    return [None if x != x else x for x in v.values.ravel().tolist()]


def told(ds):
    ds = ds.drop_vars([n for n in ["stacked_y_x"] if n in ds.variables])
    return {n: {"dims": list(v.dims), "shape": list(v.shape), "dtype": str(v.dtype), "values": plain(v)} for n, v in ds.variables.items()}


json.dump({"input": told(ds), "cases": [{"call": c, "want": told(w)} for c, w in CASES]}, sys.stdout, separators=(",", ":"))
print()
