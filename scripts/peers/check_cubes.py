"""Cubes: xarray, ncdump, CDO and a CF checker open what we write; values, times and attributes are what xarray sees in the source;
npy and raw are what numpy has."""
import io

import numpy as np
import pandas as pd
import xarray as xr
from judge import DATA, REAL, WORK, cf_findings, check, convert, opens, run

# Attributes and encodings that another layout of the same values may change.
PACKING = ("dtype", "scale_factor", "add_offset", "_FillValue", "missing_value", "units", "calendar")


def same(a, b, packing=True):
    """None where two opened datasets hold the same; the first difference otherwise."""
    if set(a.variables) != set(b.variables):
        return f"variables {sorted(map(str, set(a.variables) ^ set(b.variables)))} are in one only"
    if set(a.coords) != set(b.coords):
        return f"coordinates {sorted(map(str, set(a.coords) ^ set(b.coords)))} are in one only"
    if dict(a.sizes) != dict(b.sizes):
        return f"sizes {dict(a.sizes)} and {dict(b.sizes)}"
    if a.attrs != b.attrs:
        return f"attributes {sorted(k for k in set(a.attrs) | set(b.attrs) if a.attrs.get(k) != b.attrs.get(k))}"
    for name in a.variables:
        x, y = a[name], b[name]
        if x.dims != y.dims or x.dtype != y.dtype:
            return f"{name}: {x.dims} {x.dtype} and {y.dims} {y.dtype}"
        if not np.array_equal(x.values, y.values, equal_nan=x.dtype.kind == "f"):
            return f"{name}: values"
        for k in set(x.attrs) | set(y.attrs):
            if not np.array_equal(x.attrs.get(k), y.attrs.get(k)):
                return f"{name}: attribute {k} {x.attrs.get(k)!r} and {y.attrs.get(k)!r}"
        if packing:
            for k in PACKING:
                p, q = x.encoding.get(k), y.encoding.get(k)
                if str(p) != str(q):
                    return f"{name}: encoding {k} {p!r} and {q!r}"
    return None


def compare(a, b, **how):
    with xr.open_dataset(a) as x, xr.open_dataset(b) as y:
        return same(x.load(), y.load(), **how)


def cf(source, path):
    new = [m for m in cf_findings(path) if m not in cf_findings(source)]
    return "; ".join(new) or None


def summary(source):
    ours = pd.read_csv(io.StringIO(run("summary", source, "--to", "csv")[0])).set_index("variable")
    wrong = []
    with xr.open_dataset(source) as ds:
        x = ds["tas"].values.astype("f8")
    want = {"count": np.isfinite(x).sum(), "missing": np.isnan(x).sum(), "mean": np.nanmean(x), "std": np.nanstd(x), "min": np.nanmin(x), "max": np.nanmax(x)}
    for k, v in want.items():
        if not np.isclose(float(ours.loc["tas"][k]), v, rtol=1e-6):
            wrong.append(f"{k}: {ours.loc['tas'][k]} and not {v}")
    return "; ".join(wrong) or None


def matrix(source, target):
    convert(source, target)
    a, b = np.load(source), np.load(target)
    return a.dtype == b.dtype and np.array_equal(a, b)


def values_of(path, source, name="tas"):
    """An npy file holds xarray's values."""
    with xr.open_dataset(source) as ds:
        ours, theirs = np.load(path), ds[name].values
    return ours.dtype == theirs.dtype and np.array_equal(ours, theirs, equal_nan=True)


def written_nothing(args, path):
    """The command is refused, and no file is there, not even a temporary one."""
    before = set(path.parent.iterdir())
    run(*args, code=2)
    return set(path.parent.iterdir()) == before


for stem in ("climate", "climate_packed"):
    source, copy, classic = DATA / f"{stem}.nc", WORK / f"{stem}.nc", WORK / f"{stem}.nc3"
    if check(f"{stem}: convert to nc", convert, source, copy):
        check(f"{stem}: xarray sees the same values, times, attributes and packing", compare, source, copy)
        check(f"{stem}: ncdump and cdo open the copy", opens, copy)
        check(f"{stem}: the CF checker finds nothing new", cf, source, copy)
        again = WORK / f"{stem}_again.nc"
        check(f"{stem}: written twice is the same bytes", lambda: convert(source, again) or again.read_bytes() == copy.read_bytes())
    if check(f"{stem}: convert to nc3", convert, source, classic):
        check(f"{stem}: xarray sees the same in the classic file", compare, source, classic)
        check(f"{stem}: ncdump and cdo open the classic file", opens, classic)
    check(f"{stem}: summary is what xarray says", summary, source)
if check("cube.nc3: convert to nc", convert, DATA / "cube.nc3", WORK / "cube.nc"):
    check("cube.nc3: xarray sees the same", compare, DATA / "cube.nc3", WORK / "cube.nc")

for name in ("matrix", "matrix_f"):
    check(f"{name}.npy: numpy reads the same in our copy", matrix, DATA / f"{name}.npy", WORK / f"{name}.npy")
for stem in ("climate", "climate_packed"):
    if check(f"npy: convert {stem} --var tas", convert, DATA / f"{stem}.nc", WORK / f"{stem}.npy", "--var", "tas"):
        check(f"npy: numpy has xarray's values of {stem}", values_of, WORK / f"{stem}.npy", DATA / f"{stem}.nc")
def left_behind():
    said = run("convert", DATA / "climate.nc", WORK / "tas2.npy", "--var", "tas")[1]
    return ", ".join(w for w in ("coordinates", "time", "attribute", "lat") if w not in said) or None


check("npy: what stays behind is listed", left_behind)
check("npy: --strict refuses and writes nothing",
      written_nothing, ("convert", DATA / "climate.nc", WORK / "no.npy", "--var", "tas", "--strict"), WORK / "no.npy")
if check("raw: convert", convert, DATA / "matrix.npy", WORK / "m.raw"):
    check("raw: numpy has the same doubles", lambda: np.array_equal(np.fromfile(WORK / "m.raw").reshape(48, 40), np.load(DATA / "matrix.npy")))
    check("raw: back to npy",
          lambda: run("convert", "--from", "raw", "--dtype", "f64", "--shape", "48,40", WORK / "m.raw", WORK / "m.npy")
          and np.array_equal(np.load(WORK / "m.npy"), np.load(DATA / "matrix.npy")))
check("cube to csv: pandas has xarray's values in long form", lambda: (
    run("convert", DATA / "cube.nc3", WORK / "cube.csv", "--var", "tas")
    and np.allclose(pd.read_csv(WORK / "cube.csv")["tas"].to_numpy(), xr.open_dataset(DATA / "cube.nc3", engine="netcdf4")["tas"].values.ravel(), rtol=1e-6)))

if REAL is not None and (REAL / "tas").is_dir():
    files = sorted((REAL / "tas").glob("tas18*.nc"))
    every = WORK / "all.nc"
    if check(f"tas: convert of {len(files)} files", convert, *files, every):
        def mfdataset():
            with xr.open_mfdataset(files, data_vars="minimal", coords="minimal", compat="override") as want, xr.open_dataset(every) as got:
                return same(want.load(), got.load(), packing=False)
        check("tas: the result is xarray's open_mfdataset", mfdataset)
        check("tas: ncdump and cdo open it", opens, every)
        check("tas: the CF checker finds nothing new", cf, files[0], every)
        if check("tas: convert to npy", convert, every, WORK / "alltas.npy", "--var", "tas"):
            check("tas: numpy has xarray's values", values_of, WORK / "alltas.npy", every)
        check("tas: --strict to npy refuses and writes nothing",
              written_nothing, ("convert", every, WORK / "no2.npy", "--var", "tas", "--strict"), WORK / "no2.npy")
        check("tas: info tells dims, units, calendar and chunks",
              lambda: all(w in run("info", files[0])[0] for w in ("time", "lat", "lon", "K", "calendar", "chunk")))
        check("tas: summary is what xarray says", summary, files[0])
