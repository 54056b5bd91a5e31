"""Makes resample.json: the bins that pandas (and xarray, for other calendars) makes of times, as microseconds and counts.

python tests/parity/make_resample.py > tests/parity/resample.json
"""

import json
import sys

import numpy as np
import pandas as pd
import xarray as xr

cases = []
axes = {
    "days": pd.date_range("2000-01-15", periods=80, freq="D"),
    "hours": pd.date_range("1999-12-30 05:30", periods=60, freq="7h"),
    "months": pd.date_range("1850-01-16 12:00", periods=40, freq="MS") + pd.Timedelta("15D12h"),
    "month_ends": pd.date_range("2003-02-28", periods=30, freq="ME"),
    "one": pd.DatetimeIndex(["2001-07-04 10:11:12"]),
    "gap": pd.DatetimeIndex(["2000-02-29", "2000-03-01", "2004-02-29 23:59:59"]),
    "sundays": pd.date_range("2024-01-07", periods=12, freq="W"),
}
freqs = ["1D", "3D", "6h", "90min", "45s", "W", "2W", "W-WED", "MS", "2MS", "ME", "3ME", "QS", "QS-DEC", "QE", "QE-NOV", "2QE", "YS", "YS-JUL", "YE", "YE-JUN", "10YS", "2YE"]
for name, index in axes.items():
    for freq in freqs:
        if freq in ("45s", "90min") and name not in ("one", "hours"):
            continue
        for options in [{}, {"closed": "right"}, {"closed": "left"}, {"label": "right"}, {"label": "left"}, {"origin": "epoch"}, {"origin": "start"}]:
            if options and name in ("gap", "month_ends", "sundays"):
                continue
            if "origin" in options and not freq[-1] in "Dhns":
                continue
            counts = pd.Series(1, index=index).resample(freq, **options).sum()
            if len(counts) > 4000:
                continue
            pick = np.linspace(0, len(counts) - 1, min(len(counts), 3)).astype(int)
            cases.append({
                "axis": name, "freq": freq, **options, "n": len(counts),
                "at": pick.tolist(),
                "labels": [int(counts.index[i].as_unit("us").asm8.astype("int64")) for i in pick],
                "counts": [int(counts.iloc[i]) for i in pick],
            })
other = []
for calendar in ["noleap", "360_day", "julian", "all_leap"]:
    time = xr.date_range("1850-01-10", periods=50, freq="11D", calendar=calendar, use_cftime=True)
    da = xr.DataArray(np.ones(50), dims="time", coords={"time": time})
    for freq in ["MS", "ME", "QS-DEC", "QE", "YS", "YE", "2MS"]:
        r = da.resample(time=freq).sum()
        c = da.resample(time=freq).count()
        other.append({"calendar": calendar, "freq": freq, "labels": [f"{t.year:04}-{t.month:02}-{t.day:02}" for t in r.time.values], "counts": [int(x) for x in c.values]})
json.dump(
    {"axes": {k: [int(x) for x in v.as_unit("us").asi8] for k, v in axes.items()}, "cases": cases, "calendars": other},
    sys.stdout, separators=(",", ":"))
print()
