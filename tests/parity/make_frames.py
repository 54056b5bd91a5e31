"""Windows, running totals, ranks and filled gaps as pandas computes them: tests/parity/frames.json.

usage: make_frames.py     (pandas 3; run from the root of the repository)
"""
import json
import math

import numpy as np
import pandas as pd

rng = np.random.default_rng(4)


def series(n, missing=0.1):
    x = rng.normal(size=n) * 10.0 ** rng.integers(-3, 5, size=n)
    x = np.round(x, 6)
    x[rng.random(n) < missing] = np.nan
    return x


def plain(x):
    if x is None or x is pd.NaT or x is pd.NA or (isinstance(x, float) and math.isnan(x)):
        return None
    if isinstance(x, (np.bool_, bool)):
        return bool(x)
    if isinstance(x, (np.integer, int)):
        return int(x)
    if isinstance(x, (np.floating, float)):
        return float(x)
    return str(x)


def values(x):
    return [plain(v) for v in list(x)]


INPUTS = {
    "mixed": series(24),
    "short": np.array([1.5, np.nan]),
    "empty": np.array([], dtype=float),
    "missing": np.array([np.nan] * 5),
    "same": np.array([3.25] * 9),
    "far": 1e9 + np.round(rng.random(10), 6),
    "ties": np.array([2.0, 1.0, 2.0, np.nan, 3.0, 1.0, 2.0, -0.0, 0.0]),
}
INTEGERS = np.array([5, -3, 8, 8, 0, 2, 7, -1])
# Hours since 2020-01-01 of an uneven time axis, one time twice.
HOURS = [0, 1, 2, 2, 5, 9, 10, 24, 25, 26, 49, 80, 81, 81, 82, 120, 121, 150, 151, 160]
cases = []


def case(op, data, expected, **options):
    # Fifteen digits are enough to compare with.
    shown = [float(f"{v:.14e}") if isinstance(v, float) else v for v in values(expected)]
    cases.append({"op": op, "input": data, "options": options, "expected": shown})


AGGS = ["count", "sum", "mean", "var", "std", "sem", "min", "max", "median", "skew", "kurt", "first", "last"]


def over(windows, agg):
    """pandas takes what leaves a window from running moments and so loses digits; its own moments of each window do not."""
    if agg in ("var", "std", "sem", "skew", "kurt"):
        return windows.apply(lambda w: getattr(pd.Series(w), agg)(), raw=True)
    return getattr(windows, agg)()


WINDOWS = [(1, False, None), (3, False, None), (4, True, 1), (5, False, 2), (7, True, None)]
for name, x in INPUTS.items():
    s = pd.Series(x)
    for agg in AGGS:
        for window, center, least in (WINDOWS if name == "mixed" else WINDOWS[1:3]):
            if agg in ("first", "last") and len(x) == 0:
                continue
            r = s.rolling(window, min_periods=least, center=center)
            case("rolling", name, over(r, agg), agg=agg, window=str(window), center=center, min_count=least)
        if not (agg in ("first", "last") and len(x) == 0):
            case("expanding", name, over(s.expanding(min_periods=2), agg), agg=agg, min_count=2)
    for q in (0.0, 0.1, 0.9, 1.0):
        case("rolling", name, s.rolling(5, min_periods=1).quantile(q), agg=f"q{q}", window="5", center=False, min_count=1)
    case("expanding", name, s.expanding().quantile(0.25), agg="q0.25", min_count=1)
    for decay in ({"com": 2.0}, {"span": 5.0}, {"halflife": 1.5}, {"alpha": 0.3})[: 4 if name == "mixed" else 1]:
        for adjust in (True, False):
            for ignore in (True, False):
                if name in ("short", "empty", "missing", "same") and ignore != adjust:
                    continue
                for stat in ("mean", "sum", "var", "std"):
                    if stat == "sum" and not adjust:
                        continue
                    r = s.ewm(**decay, adjust=adjust, ignore_na=ignore, min_periods=2)
                    case("ewm", name, getattr(r, stat)(), stat=stat, decay=decay, adjust=adjust, ignore=ignore, min_count=2)
    for op in ("cumsum", "cumprod", "cummin", "cummax"):
        if op == "cumprod" and name in ("mixed", "far"):
            continue
        case(op, name, getattr(s, op)())
    for by in (1, -1, 3, 100, 0):
        case("shift", name, s.shift(by), by=by)
        case("diff", name, s.diff(by), by=by)
    case("pct_change", name, s.pct_change(), by=1)
    for method in ("average", "min", "max", "first", "dense"):
        for ascending in (True, False):
            for percent in (True, False):
                if name in ("short", "empty", "missing", "same", "far") and (percent or not ascending):
                    continue
                case("rank", name, s.rank(method=method, ascending=ascending, pct=percent), method=method, ascending=ascending, percent=percent)
    for limit in (None, 1, 2):
        case("ffill", name, s.ffill(limit=limit), limit=limit)
        case("bfill", name, s.bfill(limit=limit), limit=limit)
        if name != "missing" and len(x):
            case("interpolate", name, s.interpolate(limit=limit, limit_area="inside"), limit=limit)
    case("fillna", name, s.fillna(-1.5), value=-1.5)
    case("clip", name, s.clip(-1.0, 2.0), low=-1.0, high=2.0)
    case("dropna", name, s.dropna())
    case("isna", name, s.isna())

integers = pd.Series(INTEGERS)
for op in ("cumsum", "cumprod", "cummin", "cummax"):
    case(op, "integers", getattr(integers, op)())
for agg in AGGS:
    case("rolling", "integers", over(integers.rolling(3), agg), agg=agg, window="3", center=False, min_count=None)

times = pd.to_datetime("2020-01-01") + pd.to_timedelta(HOURS, unit="h")
timed = pd.Series(series(len(HOURS)), index=times)
for agg in ("count", "sum", "mean", "std", "max", "median", "first"):
    for window in ("1h", "3h", "1D", "36h"):
        for center in (False, True):
            r = timed.rolling(window, center=center)
            if agg == "count":
                r = timed.rolling(window, center=center, min_periods=0)
            case("timed", "timed", over(r, agg), agg=agg, window=window, center=center, min_count=None)

# The daily lake in bins of time.
lake = pd.read_csv("data/lake.csv", parse_dates=["day"]).set_index("day")
bins = []
for freq in ("1D", "3D", "36h", "W", "W-WED", "2W", "MS", "ME", "QS", "QE", "QS-DEC", "YS", "YE", "10D"):
    for options in ({}, {"closed": "right"}, {"closed": "left"}, {"label": "right"}, {"label": "left"}, {"origin": "epoch"}, {"origin": "start"}):
        if options and freq not in ("3D", "W", "ME", "36h") or "origin" in options and freq in ("W", "ME"):
            continue
        r = lake.resample(freq, **options)
        table = pd.DataFrame({"sum": r["rain"].sum(), "count": r["level"].count(), "mean": r["level"].mean(), "max": r["rain"].max(), "median": r["level"].median(), "last": r["level"].last()})
        picked = list(range(len(table)))[:: max(1, len(table) // 12)]
        rows = [[str(table.index[i].isoformat())] + [plain(table.iloc[i][c]) for c in table.columns] for i in picked]
        bins.append({"freq": freq, "options": options, "n": len(table), "at": picked, "rows": rows})

inputs = {n: values(x) for n, x in INPUTS.items()} | {"integers": values(INTEGERS), "timed": values(timed)}


def row(case):
    return json.dumps(case, ensure_ascii=False)


with open("tests/parity/frames.json", "w") as f:
    f.write('{"pandas": "%s",\n"hours": %s,\n"inputs": %s,\n"bins": [\n%s\n],\n"cases": [\n'
            % (pd.__version__, json.dumps(HOURS), json.dumps(inputs), ",\n".join(json.dumps(b) for b in bins)))
    f.write(",\n".join(row(c) for c in cases))
    f.write("\n]}\n")
