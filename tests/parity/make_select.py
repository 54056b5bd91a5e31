"""Makes select.json: what xarray selects from data/climate.nc and from a small cube that is built here.

Run from the root of the project, with the folder that holds the real files in `tas/`:
python tests/parity/make_select.py FOLDER > tests/parity/select.json
"""

import glob
import json
import sys

import numpy as np
import xarray as xr

climate = xr.open_dataset("data/climate.nc", decode_times=xr.coders.CFDatetimeCoder(use_cftime=True))
small = xr.Dataset(
    {"v": (("lat", "level", "site"), np.arange(6 * 4 * 3, dtype="f4").reshape(6, 4, 3)), "n": (("level",), np.array([5, 7, 9, 11], "i2"))},
    coords={
        "lat": np.array([75.0, 45.0, 15.0, -15.0, -45.0, -75.0]),
        "level": np.array([1000, 850, 500, 200], "i4"),
        "site": ["north", "mid", "south"],
        "depth": ("level", np.array([0.5, 1.5, 2.5, 3.5])),
    },
)
S = slice
# What is typed, what xarray is asked, by label (with a method and a tolerance) or by position.
CASES = [
    (climate, "sel", "time=1851", {"time": "1851"}, {}),
    (climate, "sel", "time=1850-03", {"time": "1850-03"}, {}),
    (climate, "sel", "time=1850-11:1851-02", {"time": S("1850-11", "1851-02")}, {}),
    (climate, "sel", "time=:1850-02,lat=-40:40", {"time": S(None, "1850-02"), "lat": S(-40, 40)}, {}),
    (climate, "sel", "time=1859-10:", {"time": S("1859-10", None)}, {}),
    (climate, "sel", "time=1850-01:1859-12:12", {"time": S("1850-01", "1859-12", 12)}, {}),
    (climate, "sel", "time=1990", {"time": "1990"}, {}),
    (climate, "sel", "time=1990:1991", {"time": S("1990", "1991")}, {}),
    (climate, "sel", "lat=7.5", {"lat": 7.5}, {}),
    (climate, "sel", "lat=[7.5,-52.5],lon=[30]", {"lat": [7.5, -52.5], "lon": [30]}, {}),
    (climate, "sel", "lat=8", {"lat": 8}, {}),
    (climate, "sel", "lat=8,lon=33", {"lat": 8, "lon": 33}, {"method": "nearest"}),
    (climate, "sel", "lat=8", {"lat": 8}, {"method": "pad"}),
    (climate, "sel", "lat=8", {"lat": 8}, {"method": "backfill"}),
    (climate, "sel", "lat=[8,-50]", {"lat": [8, -50]}, {"method": "nearest", "tolerance": 3}),
    (climate, "sel", "lat=12", {"lat": 12}, {"method": "nearest", "tolerance": 3}),
    (climate, "sel", "latitude=7.5", {"lat": 7.5}, {}),
    (climate, "isel", "time=-1,lat=0:10:2", {"time": -1, "lat": S(0, 10, 2)}, {}),
    (climate, "isel", "time=::-30,lon=[0,5,-1],lat=2", {"time": S(None, None, -30), "lon": [0, 5, -1], "lat": 2}, {}),
    (climate, "isel", "time=5:2", {"time": S(5, 2)}, {}),
    (climate, "isel", "time=120", {"time": 120}, {}),
    (climate, "isel", "time=-200:-118", {"time": S(-200, -118)}, {}),
    (small, "sel", "lat=50:-20", {"lat": S(50, -20)}, {}),
    (small, "sel", "lat=-20:50", {"lat": S(-20, 50)}, {}),
    (small, "sel", "lat=75:-75:2", {"lat": S(75, -75, 2)}, {}),
    (small, "sel", "lat=-45:45:-1", {"lat": S(-45, 45, -1)}, {}),
    (small, "sel", "lat=10", {"lat": 10}, {"method": "nearest"}),
    (small, "sel", "lat=10", {"lat": 10}, {"method": "pad"}),
    (small, "sel", "lat=10", {"lat": 10}, {"method": "backfill"}),
    (small, "sel", "lat=80", {"lat": 80}, {"method": "pad"}),
    (small, "sel", "lat=80", {"lat": 80}, {"method": "backfill"}),
    (small, "sel", "level=850:200", {"level": S(850, 200)}, {}),
    (small, "sel", "level=[500,1000]", {"level": [500, 1000]}, {}),
    (small, "sel", "level=600", {"level": 600}, {"method": "nearest"}),
    (small, "sel", "level=600", {"level": 600}, {}),
    (small, "sel", "site=mid", {"site": "mid"}, {}),
    (small, "sel", "site=[south,north]", {"site": ["south", "north"]}, {}),
    (small, "sel", "site=mid:south", {"site": S("mid", "south")}, {}),
    (small, "sel", "site=east", {"site": "east"}, {}),
    (small, "isel", "lat=::-1,level=1:3", {"lat": S(None, None, -1), "level": S(1, 3)}, {}),
    (small, "isel", "lat=[]", {"lat": []}, {}),
]


def label(x):
    if isinstance(x, bytes | str):
        return str(x)
    if hasattr(x, "isoformat"):
        return x.isoformat()
    return repr(float(x))


out = []
for ds, how, text, asked, options in CASES:
    case = {"data": "climate" if ds is climate else "small", "how": how, "text": text, **options}
    try:
        got = ds.sel(asked, **options) if how == "sel" else ds.isel(asked)
    except (KeyError, IndexError):
        case["fails"] = True
    else:
        var = got["tas" if ds is climate else "v"]
        values = var.values.ravel()
        step = max(1, len(values) // 24)
        case |= {
            "dims": list(var.dims),
            "shape": list(var.shape),
            "coords": {n: [label(x) for x in np.atleast_1d(c.values)[:30]] for n, c in got.coords.items()},
            "step": step,
            "values": [repr(float(x)) for x in values[::step]],
        }
    out.append(case)
tas = xr.open_mfdataset(sorted(glob.glob(sys.argv[1] + "/tas/tas18*.nc")), data_vars="minimal", coords="minimal", compat="override").tas
point = tas.sel(lon=18.07, lat=59.33, method="nearest")
real = {
    "lat": label(point.lat.values),
    "lon": label(point.lon.values),
    "values": [repr(float(x)) for x in point.values],
    "west": label(tas.sel(lon=-74 % 360, method="nearest").lon.values),
    "slice": list(tas.sel(time=S("1849-12", "1850-06"), lat=S(30, 60), lon=S(0, 40, 3)).shape),
    "rolling": [repr(float(x)) for x in point.rolling(time=12).mean().values],
}
json.dump({"cases": out, "real": real}, sys.stdout, separators=(",", ":"))
print()
