"""Groups as real pandas makes them: groupby/input.parquet and groupby/cases.json. Run with pandas 3."""
import datetime as dt
import json
import os
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "groupby")
N = 80
rng = np.random.default_rng(20261121)


def holes(values, share):
    return [None if rng.random() < share else v for v in values]


def pick(values):
    return [values[i] for i in rng.integers(0, len(values), N)]


texts = ["b", "Ärger", "", "東山", "a much longer text than fits a view", "a much longer text than fits a vieW"]
day, moment = dt.date(2020, 1, 31), dt.datetime(2020, 1, 31, 6)
table = pa.table({
    "text": pa.array(holes(pick(texts), 0.1), pa.string()),
    "int": pa.array(holes(pick([3, -7, 0, 1 << 40]), 0.05), pa.int64()),
    "small": pa.array(pick([1, 2, -128]), pa.int8()),
    "unsigned": pa.array(pick([0, 5, (1 << 64) - 1]), pa.uint64()),
    "float": pa.array(holes(pick([0.0, -0.0, 1.5, float("nan"), float("-inf"), -2.25]), 0.05), pa.float64()),
    "f32": pa.array(holes(pick([0.5, -1.25, 3.0]), 0.05), pa.float32()),
    "bool": pa.array(holes(pick([True, False]), 0.1), pa.bool_()),
    "date": pa.array(holes(pick([day, dt.date(1850, 7, 1), dt.date(2400, 2, 29)]), 0.1), pa.date32()),
    "time": pa.array(holes(pick([moment, dt.datetime(1969, 12, 31, 23, 59, 59, 500000)]), 0.1), pa.timestamp("us")),
    "decimal": pa.array(holes(pick([Decimal("1.50"), Decimal("-0.25"), Decimal("12345678901234567890.75")]), 0.1), pa.decimal128(30, 2)),
    "category": pa.array(pd.Categorical(holes(pick(["low", "high", "middle"]), 0.1), ["low", "middle", "high", "never"])),
    "x": pa.array(holes(list(rng.normal(size=N) * 10.0 ** rng.integers(-10, 10, N)), 0.2), pa.float64()),
    "y": pa.array([float("nan") if rng.random() < 0.1 else v for v in rng.normal(3, 1, N)], pa.float64()),
    "n": pa.array(holes([int(v) for v in rng.integers(-5, 6, N)], 0.2), pa.int64()),
    "word": pa.array(holes(pick(texts + ["z", "zz"]), 0.2), pa.string()),
    "span": pa.array(holes([dt.timedelta(microseconds=int(v)) for v in rng.integers(-9, 10**9, N)], 0.2), pa.duration("us")),
})
os.makedirs(HERE, exist_ok=True)
pq.write_table(table, os.path.join(HERE, "input.parquet"), row_group_size=37, compression="none")
frame = table.to_pandas(types_mapper=lambda t: pd.ArrowDtype(t) if pa.types.is_integer(t) or pa.types.is_boolean(t) else None)
frame["category"] = table["category"].to_pandas()
for name in ("date", "decimal", "text", "word"):
    frame[name] = pd.Series(table[name].to_pylist(), dtype=object)


def plain(v):
    if v is None or v is pd.NA or v is pd.NaT:
        return None
    if isinstance(v, (float, np.floating)):
        return None if np.isnan(v) else ("inf" if v == np.inf else "-inf" if v == -np.inf else float(v))
    if isinstance(v, (bool, np.bool_)):
        return bool(v)
    if isinstance(v, (int, np.integer)):
        return int(v)
    if isinstance(v, Decimal):
        return str(v)
    if isinstance(v, (pd.Timestamp, dt.datetime)):
        text = v.isoformat()
        return text.rstrip("0") if "." in text else text
    if isinstance(v, dt.date):
        return v.isoformat()
    if isinstance(v, (pd.Timedelta, dt.timedelta)):
        return int(pd.Timedelta(v) // pd.Timedelta(microseconds=1))
    return str(v)


def number(s):
    """The values that are there, as floats."""
    return pd.Series([float(v) for v in s.dropna()], dtype="float64")


def some(f):
    return lambda s: f(s) if s.notna().any() else None


def numeric(f):
    return lambda s: f(number(s))


FN = {
    "count": lambda s: s.count(),
    "size": len,
    "sum": lambda s: s.sum() if len(s.dropna()) else (pd.Timedelta(0) if s.name == "span" else 0),
    "mean": numeric(lambda s: s.mean()),
    "std": numeric(lambda s: s.std()),
    "var": numeric(lambda s: s.var()),
    "sem": numeric(lambda s: s.sem()),
    "min": some(lambda s: min(s.dropna())),
    "max": some(lambda s: max(s.dropna())),
    "median": numeric(lambda s: s.median()),
    "q0.9": numeric(lambda s: s.quantile(0.9)),
    "first": some(lambda s: s.dropna().iloc[0]),
    "last": some(lambda s: s.dropna().iloc[-1]),
    "nunique": lambda s: s.nunique(),
    "any": numeric(lambda s: bool((s != 0).any())),
    "all": numeric(lambda s: bool((s != 0).all())),
    "prod": numeric(lambda s: s.prod()),
    "mode": some(lambda s: min(s.dropna().mode())),
    "skew": numeric(lambda s: s.skew()),
    "kurt": numeric(lambda s: s.kurt()),
    "argmin": some(lambda s: s.index[[i for i, v in enumerate(s) if pd.notna(v) and v == min(s.dropna())][0]]),
    "argmax": some(lambda s: s.index[[i for i, v in enumerate(s) if pd.notna(v) and v == max(s.dropna())][0]]),
}
cases = []


def case(name, by, agg, keep=False, sort=True, where=None, source=None):
    """`agg` is a list of (column, FN)."""
    data = frame if source is None else source
    if where is not None:
        data = data[where(data)]
    data = data.reset_index(drop=True)
    groups = data.groupby(by, dropna=not keep, sort=sort, observed=True)
    columns = {k: [] for k in by} | {f"{c}_{fn}": [] for c, fn in agg}
    for key, part in groups:
        for k, v in zip(by, key if isinstance(key, tuple) else (key,)):
            columns[k].append(plain(v))
        for c, fn in agg:
            columns[f"{c}_{fn}"].append(plain(FN[fn](part[c])))
    cases.append({"name": name, "by": ",".join(by), "agg": ",".join(f"{c}:{fn}" for c, fn in agg), "keep": keep, "sort": sort,
                  "where": None if where is None else "small > 100", "columns": columns})


MEANT = {
    "x": list(FN), "y": list(FN), "n": list(FN), "f32": ["sum", "mean", "min", "median", "var"],
    "unsigned": ["sum", "mean", "max"] if False else ["max", "mean", "nunique", "first"],
    "bool": ["count", "min", "max", "first", "any", "all", "sum", "mean"],
    "word": ["count", "size", "min", "max", "first", "last", "nunique", "mode"],
    "date": ["count", "min", "max", "first", "last", "nunique", "mode", "argmax"],
    "time": ["count", "min", "max", "first", "last", "nunique"],
    "span": ["count", "sum", "min", "max", "first", "nunique"],
    "decimal": ["count", "sum", "min", "max", "first", "last", "nunique", "mode", "mean", "argmin", "median"],
    "category": ["count", "first", "last", "nunique"],
}
for column, functions in MEANT.items():
    case(f"every FN of {column}", ["small"] if column != "small" else ["int"], [(column, f) for f in functions])
KEYS = ["text", "int", "small", "unsigned", "float", "f32", "bool", "date", "time", "decimal", "category"]
few = [("x", "sum"), ("n", "count"), ("y", "median")]
for k in KEYS:
    case(f"key {k}", [k], few)
    if k != "small":
        case(f"key {k}, missing kept", [k], few[:2], keep=True)
for by in (["text", "int"], ["bool", "float", "date"], ["category", "decimal"], ["int", "unsigned", "time", "text"]):
    case(f"keys {by}", by, few[:2])
    case(f"keys {by} in order of appearance", by, few[:1], sort=False)
case("keys with missing kept, in order of appearance", ["text", "bool"], few[:2], keep=True, sort=False)
case("no rows", ["text", "int"], [("x", "sum"), ("x", "mean"), ("word", "min"), ("n", "nunique")], where=lambda d: d["small"] > 100)

with open(os.path.join(HERE, "cases.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")
