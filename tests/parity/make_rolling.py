"""Makes rolling.json: what xarray computes over windows of data/climate.nc and of small cubes that are built here.

Run from the root of the project: python tests/parity/make_rolling.py > tests/parity/rolling.json
"""

import json
import sys

import numpy as np
import xarray as xr

tas = xr.open_dataset("data/climate.nc").tas
holes = tas.astype("f8").copy(deep=True)
flat = holes.values.ravel()
flat[::7] = np.nan
holes = tas.copy(data=flat.reshape(tas.shape))
numbers = xr.DataArray((np.arange(120) * 37 % 101 - 50).astype("i2").reshape(5, 4, 6), dims=("time", "lat", "lon"))
OPS = ["mean", "sum", "min", "max", "std", "var", "count", "median"]
PLANS = [
    ("tas", "time", 12, False, None),
    ("tas", "time", 5, True, 2),
    ("tas", "lon", 4, True, None),
    ("tas", "lat", 3, False, 1),
    ("tas", "time", 1, False, None),
    ("tas", "time", 120, False, None),
    ("holes", "time", 12, True, 7),
    ("holes", "time", 6, False, None),
    ("numbers", "time", 3, False, None),
    ("numbers", "lon", 4, True, 2),
]
out = []
for data, dim, window, center, least in PLANS:
    array = {"tas": tas, "holes": holes, "numbers": numbers}[data]
    for op in OPS:
        rolling = array.astype("f8").rolling({dim: window}, center=center, min_periods=least)
        got = getattr(array.rolling({dim: window}, center=center, min_periods=least), op)()
        # Its running sums lose digits; whole windows do not.
        windows = rolling.construct("window")
        exact = getattr(windows, op)("window")
        exact = exact.where(windows.count("window") >= (window if least is None else least))
        xr.testing.assert_allclose(got.astype("f8"), exact, rtol=1e-2, atol=0.1)
        values = exact.values.ravel()
        step = max(1, len(values) // 40) | 1
        out.append(
            {"data": data, "dim": dim, "window": window, "center": center, "min_count": least, "op": op}
            | {"dtype": str(got.dtype), "step": step, "values": [repr(float(x)) for x in values[::step]]}
        )
json.dump({"cases": out}, sys.stdout, separators=(",", ":"))
print()
