"""Windows, running totals, shifts."""
import numpy as np
import pandas as pd

from make_calls import ODD

NUMBERS = ["i", "n", "x"]
AGGS = ["count", "sum", "mean", "var", "std", "sem", "min", "max", "median", "skew", "kurt", "first", "last"]
FLOATS = {"i": "float64", "n": "float64"}
HOLES = "`reindex` and `shift` of integers"


def over(windows, agg, ddof=1):
    """pandas takes what leaves a window from running moments and so loses digits; its own moments of each window do not."""
    if agg.startswith("q"):
        return windows.quantile(float(agg[1:]))
    if agg in ("var", "std", "sem", "skew", "kurt"):
        return windows.apply(lambda w: getattr(pd.Series(w), agg)(), raw=True)
    if agg == "count":
        counts = getattr(windows, agg)()
        return counts.astype({c: "Int64" for c in NUMBERS if c in counts})
    return getattr(windows, agg)()


def cases(area):
    def rolling(df, window, agg, min_periods=None, center=False, on=None):
        if agg == "count" and min_periods is None:
            min_periods = 0 if isinstance(window, str) else None
        return over(df.rolling(window, min_periods=min_periods, center=center, on=on), agg) if on is None else \
            over(df.rolling(window, min_periods=min_periods, on=on), agg).drop(columns=on)

    for agg in [*AGGS, "q0.25"]:
        sets = [{"window": 3, "agg": agg}]
        if agg in ("sum", "median", "max", "var"):
            sets += [{"window": 4, "agg": agg, "min_periods": 1}, {"window": 3, "agg": agg, "center": True}, {"window": 5, "agg": agg, "min_periods": 2, "center": True}]
        fine = {"missing": "mixed", "labels": "labels"} | ({"empty": "none"} if agg not in ("first", "last") else {"empty": "none"})
        area.verb("rolling", lambda df, **o: rolling(df.astype(FLOATS), **o) if len(df) else df.astype({c: "float64" for c in NUMBERS} if o["agg"] != "count" else {c: "Int64" for c in NUMBERS}), *sets, columns=NUMBERS, on=fine,
                  fails=lambda o: o | {"window": 2, "min_periods": 3}, word="3")
        area.verb("expanding", lambda df, agg, min_periods=1: over(df.astype(FLOATS).expanding(min_periods), agg) if len(df) else df.astype({c: "float64" for c in NUMBERS} if agg != "count" else {c: "Int64" for c in NUMBERS}),
                  {"agg": agg}, *([{"agg": agg, "min_periods": 3}] if agg in ("sum", "std") else []), columns=NUMBERS, on=fine)
    timed = area.inputs["mixed"].assign(d=pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02 06:00", "2024-01-04", "2024-01-04 01:00", "2024-01-09", "2024-01-09 23:59:59", "2024-01-10"], format="ISO8601").astype("datetime64[us]"))
    area.table("timed", timed)
    area.table("timed_labels", timed.set_axis(area.inputs["labels"].index))
    area.table("timed_none", timed.head(0))
    for agg in ("sum", "count", "mean", "max", "median", "std"):
        area.verb("rolling", lambda df, **o: rolling(df.astype({"i": "float64"}), **o) if len(df) else df.drop(columns="d").astype("float64" if o["agg"] != "count" else "Int64"), *({"window": w, "agg": agg, "on": "d"} for w in ("2D", "36h")), columns=["i", "x", "d"],
                  on={"missing": "timed", "empty": "timed_none", "labels": "timed_labels"}, fails={"on": "y"}, word='"y"')
    for decay in ({"com": 2.0}, {"span": 5.0}, {"halflife": 1.5}, {"alpha": 0.3}):
        for stat in ("mean", "sum", "var", "std"):
            for more in ({}, {"adjust": False}, {"ignore_na": True}, {"min_periods": 3}):
                if stat == "sum" and "adjust" in more or more and "com" not in decay:
                    continue
                area.verb("ewm", lambda df, stat, **o: getattr(df.astype("float64").ewm(**o), stat)(), decay | more | {"stat": stat}, columns=["i", "x"],
                          fails={next(iter(decay)): -1.0}, word="-1")
    for verb in ("cumsum", "cumprod", "cummin", "cummax"):
        area.verb(verb, lambda df, verb=verb: getattr(df, verb)(), columns=NUMBERS, fail_columns=["f", "g", "d"] if verb == "cumprod" else None, word="g")
    for by in (1, -2, 0, 100):
        area.verb("shift", lambda df, periods: df.shift(periods), {"periods": by}, columns=["g", "i", "n", "x", "d"])
        area.verb("diff", lambda df, periods: df.astype({"i": "Int64"} if periods == 0 and "g" not in df else {}).diff(periods), {"periods": by}, columns=["i", "n", "x", "d"], fail_columns=["i", "g"], fails={}, word="str")
        area.verb("pct_change", lambda df, periods: df.pct_change(periods), {"periods": by}, columns=["n", "x"], fail_columns=["g"], fails={}, word="str")
    for mark, on in ODD.items():
        for verb in ("cumsum", "cumprod", "cummin", "cummax"):
            area.verb(verb, lambda df, verb=verb: getattr(df, verb)(), on=on, mark=mark)
        for verb in ("shift", "diff"):
            area.verb(verb, lambda df, periods, verb=verb: getattr(df, verb)(periods), {"periods": 1}, on=on, mark=mark)
        area.verb("rolling", lambda df, window, agg: df.astype("float64").rolling(window).mean(), {"window": 2, "agg": "mean"}, on=on, mark=mark)
        area.verb("expanding", lambda df, agg: df.astype("float64").expanding().max(), {"agg": "max"}, on=on, mark=mark)
        area.verb("ewm", lambda df, com, stat: df.astype("float64").ewm(com=com).mean(), {"com": 2.0, "stat": "mean"}, on=on, mark=mark)
