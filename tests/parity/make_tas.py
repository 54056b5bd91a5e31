"""Makes tas.json: what xarray reads from the real files tas1840.nc .. tas1850.nc, in numbers.

Run with the folder that holds `tas/`: python make_tas.py FOLDER > tas.json
"""

import glob
import json
import sys

import numpy as np
import xarray as xr

files = sorted(glob.glob(sys.argv[1] + "/tas/tas18*.nc"))
ds = xr.open_mfdataset(files, data_vars="minimal", coords="minimal", compat="override", decode_times=xr.coders.CFDatetimeCoder(time_unit="us"))
tas = ds.tas.values
rng = np.random.default_rng(1)
places = [[int(rng.integers(n)) for n in tas.shape] for _ in range(40)]
json.dump(
    {
        "dims": {k: int(v) for k, v in ds.sizes.items()},
        "coords": sorted(ds.coords),
        "vars": sorted(ds.data_vars),
        "time": [str(t)[:19] for t in ds.time.values.astype("datetime64[s]")],
        "time_bnds": ds.time_bnds.values.astype("datetime64[us]").astype("int64").ravel().tolist()[:8],
        "attrs": len(ds.attrs),
        "tas_attrs": {k: v for k, v in ds.tas.attrs.items() if isinstance(v, str)},
        "sum": repr(float(tas.astype("float64").sum())),
        "min": repr(float(tas.min())),
        "max": repr(float(tas.max())),
        "places": places,
        "values": [repr(float(tas[tuple(p)])) for p in places],
    },
    sys.stdout,
    separators=(",", ":"),
)
print()
