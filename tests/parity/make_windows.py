"""Makes windows.json: what xarray gives for weights, finer steps of time, windows over several dims, groups along several dims, and values at other
places, over small cubes that are built here.

Run from the root of the project: python tests/parity/make_windows.py > tests/parity/windows.json
"""

import json
import sys
import warnings

import numpy as np
import xarray as xr

warnings.simplefilter("ignore")
nan = np.nan
values = np.arange(48.0).reshape(6, 4, 2) * 7 % 11 - 4
values[1, 0, 0] = values[2, 0, 0] = values[4, 1, 1] = values[0, 2, 0] = values[5, 2, 1] = nan
values[:, 3, 0] = nan
t = np.array(["2001-01-28", "2001-01-29", "2001-02-01", "2001-02-02", "2001-02-03T12", "2001-02-07"], "datetime64[us]")
packed = (np.arange(48).reshape(6, 4, 2) * 5 % 13 - 6).astype("i2")
ds = xr.Dataset(
    {
        "f8": (("t", "y", "x"), values),
        "f4": (("t", "y", "x"), (values / 3).astype("f4")),
        "i2": (("t", "y", "x"), packed),
        # What an int16 with scale_factor 0.5, add_offset 10 and _FillValue -6 unpacks to.
        "pk": (("t", "y", "x"), np.where(packed == -6, nan, packed * 0.5 + 10)),
        "still": (("x",), np.array([1.5, -2.5])),
    },
    coords={
        "t": t,
        "y": [30.0, 20.0, 0.0, -10.0],
        "x": [5, 7],
        "k": ("t", [1, 2, 1, 2, 2, 1]),
        "band": ("y", ["n", "n", "s", "s"]),
        "plane": (("y", "x"), [[1.0, 2.0], [2.0, 1.0], [nan, 1.0], [2.0, 2.0]]),
    },
)
cube = ds.drop_vars(["k", "band", "plane"])
one = cube.isel(y=[1])
none = cube.isel(t=[])
side = cube.isel(x=[])
wy = xr.DataArray([1.0, 0.0, 2.5, 0.5], dims="y", coords={"y": ds.y})
wyx = xr.DataArray([[1.0, 2.0], [0.5, 0.0], [0.0, 3.0], [1.0, 1.0]], dims=("y", "x"))
floats = ["f8", "f4", "i2", "pk"]


def weighted(d, w):
    return d[floats].weighted(w)


def order(d, dims):
    return d.transpose(*[x for x in dims if x in d.dims])


def rolled(d, op, **keys):
    center = keys.pop("center", False)
    least = keys.pop("least", None)
    made = d.rolling(keys, center=center, min_periods=least)
    return made.reduce(op) if callable(op) else getattr(made, op)()


def apart(found, name):
    """Positions along each dim under names of their own."""
    return xr.Dataset({f"{name}_{d}": v for d, v in found.items()})


def spread(x, axis, **_):
    return np.nanmax(x, axis=axis) - np.nanmin(x, axis=axis)


def in_planes(d):
    """Each value less the mean of its group; groups along t and along the cells of y and x."""
    means = d.groupby(["k", "plane"]).mean()
    away = d.drop_vars("plane") - means.sel(k=d.k, plane=d.plane.fillna(1.0)).drop_vars("plane")
    return away.where(d.plane.notnull()).assign_coords(plane=d.plane)


other = {"t": ds.t, "y": [25.0, 5.0], "x": [5.0, 5.5, 7.0]}
CASES = [
    # Weights
    *[(f"weighted {op} y", getattr(weighted(cube, wy), op)("y")) for op in ["mean", "sum", "std", "var", "sum_of_weights"]],
    *[(f"weighted {op} y,x plane", getattr(weighted(cube, wyx), op)(["y", "x"])) for op in ["mean", "sum", "std", "var", "sum_of_weights"]],
    ("weighted q0.3 y", weighted(cube, wy).quantile(0.3, dim="y").drop_vars("quantile")),
    ("weighted q0.75 y,x plane", weighted(cube, wyx).quantile(0.75, dim=["y", "x"]).drop_vars("quantile")),
    ("weighted median t,y", weighted(cube, wy).quantile(0.5, dim=["t", "y"]).drop_vars("quantile")),
    ("weighted sum t,y none", weighted(none, wy).sum(["t", "y"])),
    ("weighted std t,y none", weighted(none, wy).std(["t", "y"])),
    ("weighted q0.5 t,y none", weighted(none, wy).quantile(0.5, dim=["t", "y"]).drop_vars("quantile")),
    ("weighted sum_of_weights t,y none", weighted(none, wy).sum_of_weights(["t", "y"])),
    ("weighted var y one", weighted(one, wy.isel(y=[1]) + 2).var("y")),
    # Finer steps
    ("upsample asfreq 12h", cube[["f8", "i2"]].resample(t="12h").asfreq()),
    ("upsample ffill 12h", cube[["f8", "i2"]].resample(t="12h").ffill()),
    ("upsample ffill 12h 1D", cube[["f8", "i2"]].resample(t="12h").ffill(tolerance="1D")),
    ("upsample bfill 2D", cube[["f8", "i2"]].resample(t="2D").bfill()),
    ("upsample bfill 18h 36h", cube[["f8", "i2"]].resample(t="18h").bfill(tolerance="36h")),
    ("upsample nearest 1D", cube[["f8", "i2"]].resample(t="1D").nearest()),
    ("upsample nearest 12h 6h", cube[["f8", "i2"]].resample(t="12h").nearest(tolerance="6h")),
    ("upsample interpolate 1D", cube[["i2"]].resample(t="1D").interpolate("linear")),
    ("upsample interpolate 6h one", cube[["i2"]].isel(y=[2]).resample(t="6h").interpolate("linear")),
    *[(f"resample {op} 2D", getattr(cube[["f8", "f4", "pk"]].resample(t="2D"), op)()) for op in ["first", "last", "min", "sum", "median"]],
    # A bin without steps has no count in xarray, and here the count 0.
    ("resample count 4D", cube[floats].resample(t="4D").count()),
    *[(f"resample {op} 4D", getattr(cube[["i2"]].resample(t="4D"), op)()) for op in ["first", "last", "min", "sum", "median"]],
    ("resample first 1MS", cube[floats].resample(t="1MS").first()),
    # Windows
    *[(f"rolling {op} y 2 x 2", rolled(cube[["f8", "f4", "i2", "still"]], op, y=2, x=2)) for op in ["mean", "sum", "max", "std", "median"]],
    # Of a variable that lacks a dim, xarray wants as many values as all dims have.
    ("rolling count y 2 x 2", rolled(cube[floats], "count", y=2, x=2)),
    ("rolling mean y 3 x 2 center least 2", rolled(cube[floats], "mean", y=3, x=2, center=True, least=2)),
    ("rolling min t 3 y 2 center-t least 1", rolled(cube[floats], "min", t=3, y=2, center={"t": True, "y": False}, least=1)),
    ("rolling var t 2 y 2 x 2 least 3", rolled(cube[floats], "var", t=2, y=2, x=2, least=3)),
    ("rolling sum t 9 y 2 least 1", rolled(cube[floats], "sum", t=9, y=2, least=1)),
    ("rolling mean y 2 x 2 one", rolled(one[floats], "mean", y=2, x=2, least=1)),
    ("rolling sum y 2 x 2 none", rolled(none[floats], "sum", y=2, x=2)),
    ("rolling spread y 3 x 2 center least 3", rolled(cube[["f8", "i2", "pk"]], spread, y=3, x=2, center=True, least=3)),
    ("construct y 3 x 2 center", cube[["f8", "i2"]].rolling(y=3, x=2, center=True).construct(y="wy", x="wx")),
    ("construct t 4", cube[["f8", "i2"]].rolling(t=4).construct(t="wt")),
    ("construct t 3 stride 2", cube[floats].rolling(t=3).construct(t="wt", stride=2)),
    ("construct y 2 none", none[floats].rolling(y=2).construct(y="wy")),
    # Groups
    ("groupby mean k,band", order(ds[floats].groupby(["k", "band"]).mean(), ["k", "band", "x"])),
    ("groupby sum band,k", order(ds[floats].groupby(["band", "k"]).sum(), ["k", "band", "x"])),
    ("groupby count k,band", order(ds[floats].groupby(["k", "band"]).count(), ["k", "band", "x"])),
    ("groupby max t.month,band", order(ds[floats].drop_vars(["k", "plane"]).groupby(["t.month", "band"]).max(), ["month", "band", "x"])),
    ("groupby median k,band one", order(ds[floats].isel(y=[1]).groupby(["k", "band"]).median(), ["k", "band", "x"])),
    *[(f"groupby {op} k", order(getattr(ds[floats].groupby("k"), op)(), ["k", "y", "x"])) for op in ["first", "last"]],
    ("groupby first plane", order(ds[floats].groupby("plane").first(), ["t", "plane"])),
    ("groupby mean k,plane", order(ds[floats].groupby(["k", "plane"]).mean(), ["k", "plane"])),
    ("map range k", order(ds[floats].groupby("k").map(lambda g: g.max("t") - g.min("t")), ["k", "y", "x"])),
    ("map away k", order(ds[floats].groupby("k").map(lambda g: g - g.mean("t")), ["t", "y", "x"])),
    ("map shift band", order(ds[["f8", "f4"]].groupby("band").map(lambda g: g.shift(y=1)), ["t", "y", "x"])),
    ("transform anomaly k,band", order((lambda d, m: d - m.sel(k=d.k, band=d.band))(ds[floats], ds[floats].groupby(["k", "band"]).mean()), ["t", "y", "x"])),
    ("transform anomaly k,plane", order(in_planes(ds[floats]), ["t", "y", "x"])),
    ("map away k,plane", order(in_planes(ds[floats]), ["t", "y", "x"])),
    # Places
    ("interp y,x linear", cube[["i2", "pk"]].fillna(1.0).interp(y=[25.0, 5.0, 31.0], x=[5.0, 5.5, 7.0, 8.0])),
    ("interp y,x nearest", cube[["f8", "i2"]].interp(y=[26.0, 3.0, -11.0], x=[5.0, 5.5, 7.0], method="nearest")),
    ("interp t,y linear", cube[["i2"]].interp(t=np.array(["2001-01-28T12", "2001-02-06", "2001-03-01"], "datetime64[us]"), y=[-1.0, 21.0])),
    ("interp y,x linear plane", ds[["i2"]].drop_vars(["k", "band"]).interp(y=[25.0, 5.0], x=[5.5, 6.0])),
    ("interp y,x linear none", none[["i2"]].interp(y=[1.0], x=[6.0])),
    ("interp_like linear", cube[["i2"]].interp_like(xr.Dataset(coords=other))),
    ("interp_like nearest", cube[["f8", "i2"]].interp_like(xr.Dataset(coords=other), method="nearest")),
    ("polyval y", xr.polyval(cube.y, cube[["i2", "f4"]].isel(x=0, drop=True).fillna(1).polyfit("y", 2))),
    ("polyval t", xr.polyval(cube.t, cube[["f8"]].fillna(3).polyfit("t", 1))),
    ("trend y", cube[["f8", "i2"]].isel(y=[0, 1, 2]).polyfit("y", 1).sel(degree=1, drop=True).rename(f8_polyfit_coefficients="f8", i2_polyfit_coefficients="i2")),
    ("trend t day", (cube[["i2", "f4"]].isel(y=[0, 1, 2]).polyfit("t", 1).sel(degree=1, drop=True) * 86400e9).rename(i2_polyfit_coefficients="i2", f4_polyfit_coefficients="f4")),
    ("dot y", xr.Dataset({n: xr.dot(cube[n], wy, dim="y") for n in ["f8", "i2", "pk"]})),
    ("dot t,x self", xr.Dataset({n: xr.dot(cube[n].isel(y=[0, 2]), cube[n], dim=["t", "x"]) for n in ["f8", "pk"]})),
    *[(f"{op} y,x", apart(getattr(cube.i2, op)(["y", "x"]), "i2")) for op in ["argmin", "argmax"]],
    ("argmax t,y full", apart(cube.f8.fillna(-99).argmax(["t", "y"]), "f8")),
    ("argmin x,t pk", apart(cube.pk.argmin(["x", "t"]), "pk")),
    # Nothing is selected along another dim.
    ("upsample ffill 12h side", side[["f8", "i2"]].resample(t="12h").ffill()),
    ("upsample interpolate 1D side", side[["f8"]].resample(t="1D").interpolate("linear")),
    ("upsample asfreq 1D side", side[["f8"]].resample(t="1D").asfreq()),
    ("resample sum 1D side", side[["f8"]].resample(t="1D").sum()),
    ("construct t 3 side", side[["f8"]].rolling(t=3).construct(t="wt")),
    ("map away k side", order(ds[["f8"]].isel(x=[]).groupby("k").map(lambda g: g - g.mean("t")), ["t", "y", "x"])),
    ("map range k side", order(ds[["f8"]].isel(x=[]).groupby("k").map(lambda g: g.max("t") - g.min("t")), ["k", "y", "x"])),
    ("interp_like linear side", side[["i2"]].interp_like(xr.Dataset(coords={k: v for k, v in other.items() if k != "x"}))),
    ("dot y side", xr.Dataset({"f8": xr.dot(side["f8"], wy, dim="y")})),
]


def plain(v):
    if v.dtype.kind == "M":
        return [None if np.isnat(x) else str(x)[:19] for x in v.values.astype("datetime64[s]").ravel()]
    if v.dtype.kind in "OUT":
        return [None if x is None or x != x else str(x) for x in v.values.ravel()]
    return [None if x != x else x for x in v.values.ravel().tolist()]


def told(ds):
    return {n: {"dims": list(v.dims), "shape": list(v.shape), "dtype": str(v.dtype), "values": plain(v)} for n, v in ds.variables.items()}


json.dump(
    {"input": told(ds), "cases": [{"call": c, "want": told(w)} for c, w in CASES]},
    sys.stdout,
    separators=(",", ":"),
)
print()
