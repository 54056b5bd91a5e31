"""Makes points.json: rows of a table and what xarray selects for them, point by point, from data/climate.nc.

Run from the root of the project: python tests/parity/make_points.py > tests/parity/points.json
"""

import json
import sys

import cftime
import numpy as np
import xarray as xr

tas = xr.open_dataset("data/climate.nc", decode_times=xr.coders.CFDatetimeCoder(use_cftime=True)).tas
rng = np.random.default_rng(4)
n = 60
time = [(int(rng.integers(1850, 1860)), int(rng.integers(1, 13)), int(rng.integers(1, 29))) for _ in range(n)]
lat = np.round(rng.uniform(-90, 90, n), 2)
lon = np.round(rng.uniform(-180, 180, n), 2)
# xarray knows no seam: a circle is put on both sides.
wide = xr.concat([tas.assign_coords(lon=tas.lon - 360), tas, tas.assign_coords(lon=tas.lon + 360)], "lon")
at = {
    "time": xr.DataArray([cftime.DatetimeNoLeap(*t) for t in time], dims="row"),
    "lat": xr.DataArray(lat, dims="row"),
    "lon": xr.DataArray(lon, dims="row"),
}
got = wide.sel(at, method="nearest").values
json.dump(
    {"time": ["%04d-%02d-%02d" % t for t in time], "lat": lat.tolist(), "lon": lon.tolist(), "tas": [repr(float(x)) for x in got]},
    sys.stdout,
    separators=(",", ":"),
)
print()
