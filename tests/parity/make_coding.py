"""Makes coding.json: raw variables and what xarray and cftime make of them.

Run with a Python that has xarray, cftime and numpy: python make_coding.py > coding.json
Times are given as text, year-month-dayThour:minute:second.microsecond, because no other type has year 1 in every calendar.
"""

import json
import sys
import warnings

import cftime
import numpy as np
import xarray as xr

warnings.simplefilter("ignore")


def number(x):
    """A float as its shortest text, so that JSON keeps NaN and every bit."""
    return None if np.isnan(x) else repr(float(x))


def times():
    cases = []
    values = [0.0, 59.0, 60.25, 366.0, 36524.75, 146097.0, -400.5, 0.000011574074]
    for calendar in ["standard", "proleptic_gregorian", "julian", "noleap", "all_leap", "360_day"]:
        for units in [
            "days since 1850-01-01",
            "hours since 2000-02-28 06:30:00",
            "seconds since 1970-01-01T00:00:00Z",
            "days since 1-1-1 00:00:0.0",
            "days since 1582-10-10 12:00:00" if calendar != "standard" else "days since 1582-10-04 12:00:00",
            "milliseconds since 1999-12-30 23:59:59.5",
            "d since 1900-01-01 12:00:00 +01:30",
        ]:
            dates = cftime.num2date(values, units, calendar, only_use_cftime_datetimes=True)
            text = [f"{d.year}-{d.month:02}-{d.day:02}T{d.hour:02}:{d.minute:02}:{d.second:02}.{d.microsecond:06}" for d in dates]
            cases.append({"units": units, "calendar": calendar, "values": [number(v) for v in values], "dates": text})
    return cases


def numbers():
    cases = []
    raw = {
        "i1": [-128, -1, 0, 1, 127],
        "u1": [0, 1, 127, 128, 255],
        "i2": [-32768, -1, 0, 12345, 32767],
        "u2": [0, 1, 32768, 65535],
        "i4": [-2147483648, -1, 0, 16777217, 2147483647],
        "f4": [0.0, 1.5, -2.25, 1e20],
        "f8": [0.0, 0.1, -1e300, 1e20],
    }
    f4, f8 = np.float32, np.float64
    packings = [
        {"scale_factor": f4(0.01)},
        {"scale_factor": f8(0.01)},
        {"scale_factor": f4(0.01), "add_offset": f4(273.15)},
        {"scale_factor": f8(0.01), "add_offset": f8(273.15)},
        {"scale_factor": f4(0.5), "add_offset": f8(10)},
    ]
    for kind, values in raw.items():
        data = np.array(values, kind)
        for packing in packings:
            for fill in [None, data[0]]:
                for unsigned in [None, "true", "false"]:
                    if unsigned and (kind[0] == "f" or fill is not None and kind[0] == "u"):
                        continue
                    # xarray compares with the fill value after rounding to f32, and masks its neighbours too.
                    if unsigned and kind == "i4":
                        continue
                    if unsigned == "false" and kind != "u1":
                        continue
                    attrs = dict(packing)
                    if fill is not None:
                        attrs["_FillValue"] = fill
                    if unsigned:
                        attrs["_Unsigned"] = unsigned
                    var = xr.conventions.decode_cf_variable("v", xr.Variable("x", data, attrs))
                    cases.append(
                        {
                            "kind": kind,
                            "values": [repr(v.item()) for v in data],
                            "attrs": {k: [v.dtype.str[1:], repr(v.item())] if hasattr(v, "dtype") else ["str", v] for k, v in attrs.items()},
                            "dtype": {"float32": "f32", "float64": "f64"}[str(var.dtype)],
                            "decoded": [number(v) for v in var.values],
                        }
                    )
    return cases


json.dump({"times": times(), "numbers": numbers()}, sys.stdout, separators=(",", ":"))
print()
