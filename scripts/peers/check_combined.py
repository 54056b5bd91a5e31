"""Cubes that our verbs make: what is written after groupby, resample, rolling, reduce, concat and join opens the same with every engine of
xarray, with ncdump and with CDO, and the CF checker finds nothing new; values against xarray and CDO."""
import numpy as np
import pandas as pd
import xarray as xr
from judge import DATA, REAL, WORK, cf_findings, check, run, tool

CODER = xr.coders.CFDatetimeCoder(use_cftime=True)
source = DATA / "climate.nc"


def engines(path):
    """netcdf4 and h5netcdf see the same."""
    with xr.open_dataset(path, engine="netcdf4", decode_times=CODER) as a, xr.open_dataset(path, engine="h5netcdf", decode_times=CODER) as b:
        if not a.load().identical(b.load()):
            return "netcdf4 and h5netcdf see different things"
    return None


def near(path, want, name="tas", rtol=1e-5):
    """Our file holds xarray's values, along dims of the same names."""
    with xr.open_dataset(path, decode_times=CODER) as got:
        got = got[name].load()
    want = want.transpose(*got.dims)
    if got.shape != want.shape:
        return f"shape {got.shape}, not {want.shape}"
    # Means of f32 are formed in f32 by xarray.
    if not np.allclose(got.values, want.values, rtol=rtol, atol=2e-4, equal_nan=True):
        return f"values, by up to {np.nanmax(np.abs(got.values - want.values))}"
    for d in set(got.dims) & set(got.coords) & set(want.coords):
        if got[d].dtype.kind in "if" and not np.array_equal(got[d], want[d]):
            return f"labels of {d}"
    return None


# What the checker says of results that CF allows, or that no file of xarray has otherwise.
KNOWN = (
    # CF 1.8, 7.3.4: a cell method may name a standard name whose coordinate has gone; the checker asks for the coordinate.
    "does not match a dimension, area or auxiliary coordinate",
    # A scalar coordinate has bounds with one dimension.
    "should have at least two dimensions to enclose the base case",
    # Labels of groups (month, year) are i64 as in xarray; CF 1.9 has them.
    "failed because the datatype is int64",
    "is highly recommended for variable",
)


def cf(path):
    known = cf_findings(source)
    new = [m for m in cf_findings(path) if m not in known and not any(k in m for k in KNOWN)]
    return "; ".join(new) or None


def listed(path):
    """ncdump and cdo open a file; CDO knows no dims but those of space and time, so groups are seen by ncdump only."""
    head = tool("ncdump", "-h", path)
    if head is not None and " tas(" not in head:
        return "ncdump -h does not show the variable"
    if head is not None and ("month = " in head or "year = " in head):
        return None
    said = tool("cdo", "-s", "sinfon", path)
    return None if said is None or "tas" in said else said.strip()[:300]


def years(ds):
    """The lengths of months as weights, as `cdo yearmonmean` takes them."""
    days = ds.time.dt.days_in_month.where(ds.tas.notnull())
    return (ds.tas * days).groupby("time.year").sum() / days.groupby("time.year").sum()


tas = xr.open_dataset(source, decode_times=CODER).load()
weights = np.cos(np.deg2rad(tas.lat))
climatology = tas.tas.groupby("time.month").mean()
MADE = {
    "groupby": (["groupby", source, "--by", "time.month", "--op", "mean"], climatology),
    "anomaly": (["groupby", source, "--by", "time.month", "--transform", "anomaly"], (tas.tas.groupby("time.month") - climatology).drop_vars("month")),
    "resample": (["resample", source, "--dim", "time", "--freq", "1YS", "--op", "mean"], tas.tas.resample(time="1YS").mean()),
    "rolling": (["rolling", source, "--dim", "time", "--window", "12", "--op", "mean"], tas.tas.rolling(time=12).mean()),
    "reduce": (["reduce", source, "--op", "mean", "--dim", "time"], tas.tas.mean("time")),
    "weighted": (["reduce", source, "--op", "mean", "--dim", "lat,lon", "--weights", "cos(lat)"], tas.tas.weighted(weights).mean(["lat", "lon"])),
    "days": (["groupby", source, "--by", "time.year", "--op", "mean", "--weights", "days"], years(tas)),
}
for name, (command, want) in MADE.items():
    path = WORK / f"{name}.nc"
    if check(f"{name}: {command[0]}", lambda: run(*command, "-o", path) and None):
        check(f"{name}: xarray has the same values and labels", near, path, want)
        check(f"{name}: both engines open it the same", engines, path)
        check(f"{name}: ncdump and cdo open it", listed, path)
        check(f"{name}: the CF checker finds nothing new", cf, path)

halves = [WORK / "early.nc", WORK / "late.nc"]
for path, part in zip(halves, ("0:60", "60:120")):
    run("select", source, "--isel", f"time={part}", "-o", path)
joined = WORK / "joined.nc"
if check("concat: two halves", lambda: run("concat", *halves, "--dim", "time", "-o", joined) and None):
    check("concat: the whole", near, joined, tas.tas)
    check("concat: both engines open it the same", engines, joined)
    check("concat: ncdump and cdo open it", listed, joined)
    check("concat: the CF checker finds nothing new", cf, joined)
for join in ("left", "right", "override", "inner", "outer"):
    shifted, path = [WORK / f"{join}_{i}.nc" for i in (0, 1)], WORK / f"{join}.nc"
    run("select", halves[0], "--isel", "lat=0:8", "-o", shifted[0])
    run("select", halves[1], "--isel", "lat=" + ("4:12" if join == "override" else "2:9"), "-o", shifted[1])

    def as_xarray():
        parts = [xr.open_dataset(p, decode_times=CODER)[["tas"]] for p in shifted]
        return xr.concat(parts, "time", join=join, data_vars="minimal", coords="minimal", compat="override").tas

    if check(f"concat --join {join}", lambda: run("concat", *shifted, "--dim", "time", "--join", join, "-o", path) and None):
        check(f"concat --join {join}: as xarray", lambda: near(path, as_xarray()))
        check(f"concat --join {join}: both engines open it the same", engines, path)

stations = pd.DataFrame({"time": ["1850-03-11", "1855-07-30", "1859-12-01"], "lat": [59.3, -33.9, 7.0], "lon": [18.1, 151.2, -74.0]})
stations.to_csv(WORK / "stations.csv", index=False)


def points():
    run("join", WORK / "stations.csv", source, "--point", "time,lat,lon", "--method", "nearest", "-o", WORK / "points.csv")
    import cftime

    at = {"time": [cftime.DatetimeNoLeap(*map(int, t.split("-"))) for t in stations.time], "lat": stations.lat, "lon": stations.lon % 360}
    want = tas.tas.sel({k: xr.DataArray(list(v), dims="row") for k, v in at.items()}, method="nearest").values
    return np.allclose(pd.read_csv(WORK / "points.csv").tas, want, rtol=1e-6, equal_nan=True)


check("join --point: xarray's pointwise selection", points)


def cdo(operator, path, name="tas"):
    """Values of CDO's result; None where it is not installed."""
    out = WORK / f"cdo_{operator}.nc"
    if tool("cdo", "-s", "-O", "-b", "F64", operator, path, out) is None:
        return None
    with xr.open_dataset(out, decode_times=CODER) as ds:
        return ds[name].values.squeeze()


def against(operator, path, *command, rtol=1e-6):
    theirs = cdo(operator, path)
    if theirs is None:
        return None
    run(*command, "-o", WORK / f"ours_{operator}.nc", "--overwrite")
    with xr.open_dataset(WORK / f"ours_{operator}.nc", decode_times=CODER) as ds:
        ours = ds.tas.transpose(*[d for d in ("time", "month", "year") if d in ds.tas.dims], ...).values.squeeze()
    if ours.shape != theirs.shape:
        return f"shape {ours.shape}, not {theirs.shape}"
    bad = ~np.isclose(ours, theirs, rtol=rtol, equal_nan=True)
    return f"{bad.sum()} values, by up to {np.nanmax(np.abs(ours - theirs))}" if bad.any() else None


inputs = {"climate": source}
if REAL is not None and (REAL / "tas").is_dir():
    whole = WORK / "tas.nc"
    run("convert", *sorted((REAL / "tas").glob("tas18*.nc")), whole)
    inputs["tas"] = whole
for name, path in inputs.items():
    mean = ("reduce", path, "--op", "mean", "--dim", "lat,lon", "--weights", "area")
    check(f"{name}: fldmean", against, "fldmean", path, *mean)
    check(f"{name}: yearmonmean", against, "yearmonmean", path, "groupby", path, "--by", "time.year", "--op", "mean", "--weights", "days")
    check(f"{name}: ymonmean", against, "ymonmean", path, "groupby", path, "--by", "time.month", "--op", "mean")
