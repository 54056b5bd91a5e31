"""Makes calendars.json: what xarray makes of times in other calendars, on even steps, moved by offsets, and in ranges.

Run from the root of the project: python tests/parity/make_calendars.py > tests/parity/calendars.json
"""

import json
import sys
import warnings

import numpy as np
import pandas as pd
import xarray as xr

warnings.simplefilter("ignore")
nan = np.nan


def times(calendar, start, periods, freq, hours=0):
    made = xr.date_range(start, periods=periods, freq=freq, calendar=calendar, use_cftime=True)
    return made + pd.Timedelta(hours=hours)


def series(axis):
    n = len(axis)
    return xr.Dataset({"v": ("t", np.where(np.arange(n) % 5 == 3, nan, np.arange(n) * 0.5)), "n": ("t", np.arange(n))}, coords={"t": axis})


def text(x):
    if isinstance(x, np.datetime64):
        return str(x)[:19]
    return f"{x.year:04}-{x.month:02}-{x.day:02}T{x.hour:02}:{x.minute:02}:{x.second:02}"


def texts(axis):
    return [None if x != x else text(x) for x in axis]


# Times of every calendar: 2300, the year 1, the end of months, the 29th of February.
CALENDARS = ["standard", "proleptic_gregorian", "julian", "noleap", "all_leap", "360_day"]
CONVERT = []
for source in CALENDARS:
    for target in CALENDARS:
        if source == target or {source, target} == {"standard", "proleptic_gregorian"}:
            continue
        for start, periods, freq in [("2000-01-30", 70, "D"), ("2299-11-01", 5, "MS"), ("2003-12-30T18:00", 9, "6h"), ("0004-02-27", 5, "D")]:
            if start[:4] == "0004" and "standard" in (source, target):
                continue
            for align in ["date", "year"] if "360_day" in (source, target) else [None]:
                d = series(times(source, start, periods, freq))
                for fill in [False, True]:
                    made = d.convert_calendar(target, dim="t", align_on=align, use_cftime=True, missing=nan if fill else None)
                    CONVERT.append({
                        "from": source, "to": target, "start": start, "periods": periods, "freq": freq, "align": align, "fill": fill,
                        "t": texts(made.t.values)[:: 1 if len(made.t) < 20 else 9], "length": len(made.t),
                        "v": [None if x != x else x for x in made.v.values.tolist()][:: 1 if len(made.t) < 20 else 9],
                    })
# Dates that only the new calendar has, with a value of their own.
FILLED = []
for source, target, start, periods, freq, align in [("noleap", "standard", "2000-02-27", 5, "D", None), ("360_day", "noleap", "2001-01-29", 4, "D", "date"), ("360_day", "noleap", "2001-01-01", 100, "D", "year"), ("noleap", "360_day", "2001-01-27", 5, "D", "date")]:
    made = series(times(source, start, periods, freq)).convert_calendar(target, dim="t", align_on=align, use_cftime=True, missing=-7)
    FILLED.append({"from": source, "to": target, "start": start, "periods": periods, "freq": freq, "align": align, "t": texts(made.t.values), "v": [None if x != x else x for x in made.v.values.tolist()], "n": made.n.values.tolist()})
STEPS = []
RANGES = []
for calendar in CALENDARS:
    axis = times(calendar, "1999-12-30T10:07:30", 4, "29h")
    for start in ["0001-03-01T03:20", "2299-12-30T23:59:59"]:
        axis = xr.CFTimeIndex([*axis, *times(calendar, start, 2, "29h")])
    STEPS.append({"calendar": calendar, "times": texts(axis), **{
        f"{how} {freq}": texts(getattr(axis, how)(freq)) for how in ["floor", "ceil", "round"] for freq in ["1D", "6h", "15min", "7h"]
    }, **{f"offset {n}{w}": texts([x + xr.coding.cftime_offsets.to_offset(f"{n}{w}") for x in axis]) for n, w in [(1, "MS"), (2, "ME"), (3, "h"), (10, "D"), (1, "YS"), (1, "QE")]}})
    for start in ["0001-01-15", "1999-11-30T06:00", "2300-02-28"]:
        for freq in ["D", "5D", "6h", "MS", "2MS", "ME", "3ME", "QS-DEC", "2QE", "YS", "YE-JUN", "10YS"]:
            made = xr.date_range(start, periods=5, freq=freq, calendar=calendar, use_cftime=True)
            RANGES.append({"calendar": calendar, "start": start, "freq": freq, "times": texts(made[[0, 1, 4]])})



json.dump({"convert": CONVERT, "filled": FILLED, "steps": STEPS, "ranges": RANGES}, sys.stdout, separators=(",", ":"))
print()
