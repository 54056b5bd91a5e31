"""Verbs of tables as pandas computes them: tests/parity/verbs.json.

usage: make_verbs.py     (pandas 3; run from the root of the repository)
"""
import json
import math

import numpy as np
import pandas as pd

CASES = {}


def plain(x):
    if x is None or x is pd.NaT or x is pd.NA or (isinstance(x, float) and math.isnan(x)):
        return None
    if isinstance(x, (np.bool_, bool)):
        return bool(x)
    if isinstance(x, (np.integer, int)):
        return int(x)
    if isinstance(x, (np.floating, float)):
        return float(x)
    if isinstance(x, pd.Timestamp):
        return x.isoformat()
    return str(x)


def labels(index):
    if isinstance(index, pd.MultiIndex):
        return [[plain(v) for v in t] for t in index]
    return [[plain(v)] for v in index]


def add(name, x):
    if isinstance(x, pd.Series):
        x = x.to_frame(x.name if x.name is not None else "0")
    assert name not in CASES, name
    CASES[name] = {
        "rows": labels(x.index),
        "row_names": list(x.index.names),
        "columns": labels(x.columns),
        "column_names": list(x.columns.names),
        "data": [[plain(v) for v in x.iloc[:, i]] for i in range(x.shape[1])],
    }


# The lesson's pages on shapes.
df = pd.DataFrame({
    "foo": ["one", "one", "one", "two", "two", "two"],
    "bar": ["A", "B", "C", "A", "B", "C"],
    "baz": [1, 2, 3, 4, 5, 6],
})
add("pivot", df.pivot(index="foo", columns="bar", values="baz"))
tuples = [(a, b) for a in ["bar", "baz", "foo", "qux"] for b in ["one", "two"]]
index = pd.MultiIndex.from_tuples(tuples, names=["first", "second"])
multi = pd.DataFrame(np.arange(16).reshape(8, 2) / 4, index=index, columns=["A", "B"])
stacked = multi[:4].stack()
add("stack", stacked)
add("unstack", stacked.unstack())
add("unstack_number", stacked.unstack(1))
add("unstack_name", stacked.unstack("second"))
add("unstack_0", stacked.unstack(0))
add("unstack_frame", multi.unstack(0))
table = pd.DataFrame({
    "A": ["one", "one", "two", "three"] * 6,
    "B": ["A", "B", "C"] * 8,
    "C": ["foo", "foo", "foo", "bar", "bar", "bar"] * 4,
    "D": [(i * 7 % 11) / 2 for i in range(24)],
})
add("pivot_table", pd.pivot_table(table, values="D", index=["A", "B"], columns=["C"]))
add("pivot_table_sum", pd.pivot_table(table, values="D", index="B", columns=["A", "C"], aggfunc="sum", fill_value=0))
add("pivot_table_margins", pd.pivot_table(table, values="D", index="A", columns="C", margins=True, fill_value=0.0))
days = pd.date_range("2023-11-25", periods=400, freq="D")
daily = pd.Series([math.sin(i / 9) * 5 + i % 7 for i in range(400)], index=days, name="x")
keys = [daily.index.year, daily.index.month]
standard = daily.groupby(keys).transform(lambda x: (x - x.mean()) / x.std())
add("standardised", standard[:70])
add("monthly", daily.groupby(keys).mean().rename_axis(["year", "month"]))

# Bins.
ages = pd.Series([22.0, 38.0, np.nan, 35.0, 0.42, 54.0, 2.0, 27.0, 80.0, 12.0], name="age")
add("cut_edges", pd.cut(ages, [0, 12, 30, 80]).astype(str).replace("nan", None))
add("cut_left", pd.cut(ages, [0, 12, 30, 80], right=False).astype(str).replace("nan", None))
add("cut_lowest", pd.cut(ages, [0.42, 12, 30.5], include_lowest=True).astype(str).replace("nan", None))
add("cut_equal", pd.cut(ages, 3).astype(str).replace("nan", None))
add("cut_equal_left", pd.cut(ages, 4, right=False).astype(str).replace("nan", None))
add("cut_tiny", pd.cut(ages / 100000, 3).astype(str).replace("nan", None))
add("qcut", pd.qcut(ages, 4).astype(str).replace("nan", None))
add("qcut_labels", pd.qcut(ages, [0, 0.5, 1], labels=["low", "high"]).astype(str).replace("nan", None))
counts, edges = np.histogram(ages.dropna(), 4)
add("histogram", pd.DataFrame({"from": edges[:-1], "to": edges[1:], "count": counts}))

# Categories against each other.
people = pd.DataFrame({
    "sex": ["m", "f", "m", "m", "f", None, "f", "m"],
    "class": [3, 1, 3, 2, 3, 1, 1, 1],
    "fare": [7.0, 80.0, 8.0, 13.0, np.nan, 26.0, 60.0, 50.0],
})
for name, how in {"counts": {}, "all": {"normalize": "all"}, "index": {"normalize": "index"}, "columns": {"normalize": "columns"}}.items():
    add(f"crosstab_{name}", pd.crosstab(people["sex"], people["class"], **how))
    margins = pd.crosstab(people["sex"], people["class"], margins=True, **how)
    add(f"crosstab_{name}_margins", margins)
add("dummies", pd.get_dummies(people))
add("dummies_options", pd.get_dummies(people, columns=["sex", "class"], drop_first=True, dummy_na=False, prefix_sep="="))
add("dummies_missing", pd.get_dummies(people[["sex"]], dummy_na=True))
wide = pd.DataFrame({"id": [1, 2, 3], "ht1": [2.8, 2.9, 2.2], "wt1": [10, 11, 12], "ht2": [3.4, 3.8, 2.9], "home": ["a", "b", "c"]})
add("wide_to_long", pd.wide_to_long(wide, ["ht"], "id", "age"))
dashed = pd.DataFrame({"k": ["x", "y"], "A-one": [1, 2], "A-two": [3, 4], "B-one": [5.0, 6.0], "B-two": [7.0, np.nan]})
add("wide_to_long_words", pd.wide_to_long(dashed, ["A", "B"], ["k"], "which", sep="-", suffix=r"\w+"))

# Tables put together.
a = pd.DataFrame({"x": [1, 2], "y": ["a", None]}, index=["p", "q"])
b = pd.DataFrame({"z": [0.5, 1.5], "x": [3, 4]}, index=["q", "r"])
add("concat", pd.concat([a, b]))
add("concat_inner", pd.concat([a, b], join="inner"))
add("concat_keys", pd.concat([a, b], keys=["one", "two"], names=["from", None]))
add("concat_anew", pd.concat([a, b], ignore_index=True))
add("concat_columns", pd.concat([a, b.rename(columns={"x": "w"})], axis=1))
add("concat_columns_inner", pd.concat([a, b], axis=1, join="inner", keys=["one", "two"]))
left = pd.DataFrame({"A": [1.0, np.nan, 3.0], "B": [400.0, 500.0, 600.0]}, index=[10, 20, 30])
right = pd.DataFrame({"B": [4.0, np.nan, 6.0], "C": [7.0, 8.0, 9.0]}, index=[20, 10, 40])
updated = left.copy()
updated.update(right)
add("update", updated)

# Inside groups.
groups = pd.DataFrame({
    "k": ["b", "a", "b", None, "a", "b", "a", "b"],
    "x": [1.5, np.nan, 2.5, 9.0, 4.0, np.nan, -1.0, 7.0],
    "n": [5, 3, 8, 1, 2, 2, 9, 4],
})
g = groups.groupby("k")
for by in [1, -2]:
    add(f"group_shift_{by}", g.shift(by))
add("group_diff", g.diff())
add("group_pct", g["n"].pct_change().to_frame())
add("group_ffill", g.ffill(limit=1))
add("group_bfill", g.bfill())
for verb in ["cumsum", "cumprod", "cummin", "cummax"]:
    add(f"group_{verb}", getattr(g, verb)())
add("group_rank", g.rank(method="min", ascending=False))
for fn in ["mean", "sum", "max", "nunique", "median"]:
    add(f"group_broadcast_{fn}", g.transform(fn))
add("group_ngroup", g.ngroup().replace(-1, None).rename("0"))
add("group_get", g.get_group("a"))
add("group_rolling", g.rolling(2).mean())
add("group_rolling_min", g.rolling(3, min_periods=1, center=True).sum())
add("group_expanding", g.expanding(1).max())
timed = groups.assign(t=pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-03", "2024-01-05", "2024-01-09", "2024-01-06", "2024-01-10"]))
add("group_rolling_time", timed.dropna(subset="k").set_index("t").groupby("k")[["x", "n"]].rolling("3D").sum())
add("group_bins", groups.groupby(pd.cut(groups["n"], [0, 3, 6, 9]).astype(str))["x"].sum().rename_axis("bin"))
add("group_bins_by_expression", groups.groupby(pd.cut(groups["n"], [0, 3, 6, 9]).astype(str))["x"].sum().rename_axis("bin"))

# Statistics.
stats = pd.DataFrame({"x": [1.0, 2.5, np.nan, 4.0, -3.0], "y": [2.0, np.nan, 1.0, 8.5, 0.5], "n": [1, 2, 2, 3, 3], "s": list("abcab")})
for method in ["pearson", "spearman", "kendall"]:
    add(f"corr_{method}", stats.corr(method, numeric_only=True))
add("cov", stats.cov(numeric_only=True))
add("mode", stats.mode())
add("quantile", stats.quantile(0.3, numeric_only=True).rename("q"))
add("isin", stats.isin([2, "a", 4.0]))
add("decimals", stats.round(0))
add("value_shares", stats["s"].value_counts(normalize=True))

# Text.
texts = pd.Series(["Lam, Mr. Ali", None, "  o'neil, mrs. ANNA ", "Ünal", "", "a-b-c 12 345"], name="t")
add("str_title", texts.str.title())
add("str_pad_left", texts.str.pad(8, "left", "*"))
add("str_pad_right", texts.str.pad(8, "right", "*"))
add("str_pad_both", texts.str.pad(9, "both", "*"))
add("str_pad_both_even", texts.str.pad(8, "both", "."))
add("str_find", texts.str.find("a"))
add("str_count", texts.str.count(r"\d+"))
add("str_matches", texts.str.contains(r"^[A-Z]\w+,").astype(object).where(texts.notna(), None))  # ours: missing stays missing
add("str_replace_matches", texts.str.replace(r"(\w+), (\w+)", r"\2 \1", regex=True))
add("str_split_len", texts.str.split("-").str.len())
add("str_split_get", texts.str.split(",").str.get(1))
add("str_split_last", texts.str.split().str.get(-1))
add("str_split_join", texts.str.split("-").str.join("+"))
add("str_get", texts.str.get(1))
add("str_get_last", texts.str.get(-1))
add("str_cat", texts.str.cat(texts.str.upper(), sep="/"))

# Time.
moments = pd.Series(pd.to_datetime(["2024-02-29T10:07:30", "2023-12-31T23:59:59.999999", None, "1969-12-31T23:52:30"], format="ISO8601"), name="t").dt.as_unit("us")
for freq in ["15min", "h", "D"]:
    add(f"floor_{freq}", moments.dt.floor(freq))
    add(f"ceil_{freq}", moments.dt.ceil(freq))
    add(f"round_{freq}", moments.dt.round(freq))
for part in ["week", "days_in_month", "microsecond", "day_name", "month_name", "dayofyear", "quarter"]:
    found = moments.dt.isocalendar().week if part == "week" else getattr(moments.dt, part)
    found = found() if callable(found) else found
    add(f"part_{part}", found.astype(object).where(found.notna(), None).rename("t"))
from pandas.tseries import offsets as o
OFFSETS = {
    "months": pd.DateOffset(months=1), "-13months": pd.DateOffset(months=-13), "years": pd.DateOffset(years=1), "ME": o.MonthEnd(), "2MS": o.MonthBegin(2),
    "-1ME": o.MonthEnd(-1), "-1MS": o.MonthBegin(-1), "QE": o.QuarterEnd(), "QE-NOV": o.QuarterEnd(startingMonth=11), "-1QS": o.QuarterBegin(-1, startingMonth=1),
    "YE": o.YearEnd(), "-2YS": o.YearBegin(-2), "YE-JUN": o.YearEnd(month=6), "B": o.BDay(), "-3B": o.BDay(-3), "0B": o.BDay(0), "7B": o.BDay(7), "0ME": o.MonthEnd(0),
}
many = pd.Series(pd.to_datetime(["2024-01-31", "2024-02-29", "2024-05-18", "2024-05-19", "2023-12-31", "2024-01-01", "2024-06-28T17:30"], format="ISO8601"), name="t").dt.as_unit("us")
for word, offset in OFFSETS.items():
    add(f"offset {word}", many + offset)
wall = pd.Series(pd.to_datetime(["2024-03-31T01:30", "2024-03-31T02:30", "2024-10-27T02:30", "2024-07-01T12:00"]), name="t").dt.as_unit("us")


def zoned(s):
    return s.map(lambda t: None if t is pd.NaT else t.isoformat())


add("zone_earlier", zoned(wall.dt.tz_localize("Europe/Paris", ambiguous=np.array([True] * 4), nonexistent="shift_forward")))
add("zone_later", zoned(wall.dt.tz_localize("Europe/Paris", ambiguous=np.array([False] * 4), nonexistent="NaT")))
add("zone_missing", zoned(wall.dt.tz_localize("Europe/Paris", ambiguous="NaT", nonexistent="shift_forward")))
paris = wall.dt.tz_localize("Europe/Paris", ambiguous=np.array([False] * 4), nonexistent="shift_forward")
add("zone_convert", zoned(paris.dt.tz_convert("America/New_York")))
add("zone_floor", zoned(paris.dt.floor("h", ambiguous=np.array([False] * 4))))
frame = pd.DataFrame({"x": [1.0, np.nan, 3.0, 4.0], "n": [1, 2, 3, 4]}, index=pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-06"]).as_unit("us"))
add("resample_mean", frame.resample("2D").mean())
add("resample_up_ffill", frame[:2].resample("8h").ffill())
add("resample_up_ffill_limit", frame[:2].resample("8h").ffill(limit=1))
add("resample_up_bfill", frame[:2].resample("8h").bfill())
add("asfreq", frame.asfreq("D"))
add("asfreq_2", frame.asfreq("2D"))

# Ordered categories.
sizes = pd.Series(pd.Categorical(["large", "small", None, "middle"], ["small", "middle", "large"], ordered=True), name="size")
add("ordered_less", (sizes < "large"))
add("ordered_sorted", sizes.sort_values().astype(str).replace("nan", None))

with open("tests/parity/verbs.json", "w") as f:
    json.dump(CASES, f, indent=None, separators=(",", ":"), ensure_ascii=False)
    f.write("\n")
