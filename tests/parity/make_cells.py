"""Makes cells.json: what xarray gives for expressions and conditions over data/climate.nc and a small cube that is built here.

Run from the root of the project: python tests/parity/make_cells.py > tests/parity/cells.json
"""

import json
import sys

import numpy as np
import xarray as xr

climate = xr.open_dataset("data/climate.nc")
small = xr.Dataset(
    {
        "a": (("x", "y"), np.array([[1, 2, 3], [4, 5, 6]], "i2")),
        "b": (("y", "z"), np.array([[0.5, -1.5], [2.5, np.nan], [4.5, 5.5]])),
        "c": (("y",), np.array([10, 20, 30], "i8")),
    },
    coords={"x": [10, 20], "y": [1.0, 2.0, 3.0], "z": ["p", "q"]},
)
tas, lat, lon = climate.tas, climate.lat, climate.lon
a, b, c = small.a, small.b, small.c
# What is typed, the variable that is looked at, what xarray has for it.
CASES = [
    (climate, "with", "r = tas - 273.15", "r", tas - 273.15),
    (climate, "with", "r = tas - mean(tas, 'time')", "r", tas - tas.mean("time")),
    (climate, "with", "r = (tas - mean(tas,'time')) / std(tas,'time')", "r", (tas - tas.mean("time")) / tas.std("time")),
    (climate, "with", "r = tas * cos(lat * 0.017453292519943295)", "r", tas * np.cos(lat * 0.017453292519943295)),
    (climate, "with", "r = lat + lon", "r", lat + lon),
    (climate, "with", "r = if(tas > 280, 1, 0)", "r", xr.where(tas > 280, 1, 0)),
    (climate, "with", "r = tas > 280", "r", tas > 280),
    (climate, "with", "r = not (tas > 280)", "r", ~(tas > 280)),
    (climate, "with", "r = tas != 280", "r", tas != 280),
    (climate, "with", "r = is_missing(tas)", "r", tas.isnull()),
    (climate, "with", "r = time.month", "r", tas.time.dt.month),
    (climate, "with", "r = max(tas) - min(tas, 'lat', 'lon')", "r", tas.max() - tas.min(["lat", "lon"])),
    (small, "with", "r = a * b", "r", a * b),
    (small, "with", "r = b - a", "r", b - a),
    (small, "with", "r = a + c", "r", a + c),
    (small, "with", "r = a / 2", "r", a / 2),
    (small, "with", "r = fill(b, 0) + x", "r", b.fillna(0) + small.x),
    (small, "with", "r = abs(b) + sum(a, 'x')", "r", abs(b) + a.sum("x")),
    (climate, "with", "r = diff(tas, 'time')", "r", tas - tas.shift(time=1)),
    (climate, "with", "r = tas - shift(tas, 'time', 12)", "r", tas - tas.shift(time=12)),
    (climate, "with", "r = diff(tas, 'lat', -1)", "r", tas - tas.shift(lat=-1)),
    (climate, "with", "r = cumsum(tas, 'time')", "r", tas.astype("f8").cumsum("time").astype("f4")),
    (climate, "with", "r = rank(tas, 'time') / count(tas, 'time')", "r", tas.rank("time", pct=True)),
    (small, "with", "r = cumsum(a, 'y') + cumprod(b, 'y')", "r", a.cumsum("y") + b.cumprod("y")),
    (small, "with", "r = diff(c, 'y')", "r", c - c.shift(y=1)),
    (climate, "where", "lat > 0", "tas", tas.sel(lat=slice(0, None))),
    (climate, "where", "lat > 0 and lon < 100", "tas", tas.sel(lat=slice(0, None), lon=slice(None, 100))),
    (climate, "where", "time.month == 7", "tas", tas[tas.time.dt.month == 7]),
    (climate, "where", "time.month in [1, 12] and lat < -20", "tas", tas[tas.time.dt.month.isin([1, 12])].sel(lat=slice(None, -20))),
    (climate, "where", "lat > 100", "tas", tas.isel(lat=slice(0, 0))),
    (climate, "where", "tas > 280", "tas", tas.where(tas > 280)),
    (climate, "where", "tas > mean(tas, 'time') and lon == 10", "tas", tas.where(tas > tas.mean("time")).sel(lon=[10])),
    (climate, "where", "lat > 60 or lon > 300", "tas", tas.where((lat > 60) | (lon > 300)).transpose("time", "lat", "lon")),
    (climate, "where", "not (tas < 280)", "tas", tas.where(~(tas < 280))),
    (small, "where", "a > 2", "a", a.where(a > 2)),
    (small, "where", "a > 2", "b", b),
    (small, "where", "c >= 20", "b", b.where(c >= 20)),
    (small, "where", "z == 'q'", "b", b.sel(z=["q"])),
]
out = []
for ds, how, text, name, got in CASES:
    values = got.values.ravel()
    step = max(1, len(values) // 40) | 1
    out.append(
        {"data": "climate" if ds is climate else "small", "how": how, "text": text, "name": name, "dtype": str(got.dtype)}
        | {"dims": list(got.dims), "shape": list(got.shape), "step": step, "values": [repr(float(x)) for x in values[::step]]}
    )
json.dump({"cases": out}, sys.stdout, separators=(",", ":"))
print()
