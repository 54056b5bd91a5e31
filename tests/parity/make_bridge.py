"""Makes bridge.json: what xarray makes of cubes as tables (`to_dataframe().reset_index()`) and of tables as cubes (`Dataset.from_dataframe`).

Run from the root of the project: python tests/parity/make_bridge.py > tests/parity/bridge.json
"""

import json
import sys

import numpy as np
import pandas as pd
import xarray as xr

sys.path.insert(0, "tests/parity")
from make_combine import plain, told  # noqa: E402

nan = np.nan
values = np.arange(24.0).reshape(4, 3, 2) * 7 % 11 - 4
values[1, 0, 0] = values[2, 0, 1] = values[0, 2, 0] = nan
t = np.array(["2001-01-01", "2001-01-02", "2001-01-05", "2001-02-06"], "datetime64[us]")
# Coordinates first: ours stand so (docs/differences.md).
ds = xr.Dataset(coords={"t": t, "y": [30.0, 20.0, 0.0], "name": ("y", ["c", "a", "b"]), "height": 2.5, "wet": ("t", [True, False, True, True]), "kind": (("y", "x"), [["p", "q"], ["p", "p"], ["r", "q"]])})
ds = ds.assign(f8=(("t", "y", "x"), values), h=(("x", "y"), np.arange(6, dtype="i2").reshape(2, 3)), f4=(("y",), np.array([0.5, nan, 2.0], "f4")))
CUBES = {"full": ds, "empty": ds.isel(t=slice(0, 0)), "twins": ds.rename(h="name2").assign(name2=ds.h)}
CASES = []


def frame(verb, options, call, word=None):
    """A verb that makes a table of a cube."""
    for kind, on in (("missing", "full"), ("empty", "empty")):
        df = call(CUBES[on]).reset_index()
        want = {"columns": list(df.columns), "values": [plain(xr.Variable("row", df[c].to_numpy())) for c in df.columns]}
        CASES.append({"verb": verb, "options": options, "kind": kind, "on": on, "frame": want})
    if word:
        CASES.append({"verb": verb, "options": {**options, "wrong": True}, "kind": "fails", "on": "full", "fails": word})


for verb in ("to_frame", "to_lazy_frame"):
    frame(verb, {}, lambda d: d.to_dataframe(dim_order=["t", "y", "x"]), "nowhere")
    frame(verb, {"dims": ["x", "t", "y"]}, lambda d: d.to_dataframe(dim_order=["x", "t", "y"]), "nowhere")
    frame(verb, {"dims": ["y", "x"]}, lambda d: d.drop_dims("t").to_dataframe(dim_order=["y", "x"]), "nowhere")
    frame(verb, {"vars": ["h"]}, lambda d: d.drop_vars(["f8", "f4"]).drop_dims("t").to_dataframe(dim_order=["x", "y"]), "nowhere")
    frame(verb, {"vars": ["f8"], "coords": ["wet"]}, lambda d: d.drop_vars(["h", "f4", "name", "height", "kind"]).to_dataframe(dim_order=["t", "y", "x"]), "nowhere")
    frame(verb, {"texts": True}, lambda d: d.to_dataframe(dim_order=["t", "y", "x"]), "nowhere")
    frame("array." + verb, {}, lambda d: d.f8.to_dataframe(), "nowhere")
    frame("array." + verb, {"dims": ["y", "x", "t"]}, lambda d: d.f8.to_dataframe(dim_order=["y", "x", "t"]), "nowhere")

table = pd.DataFrame({
    "a": pd.array(["q", "p", "q", "r"], dtype="str"), "b": [3, 1, 1, 3],
    "day": pd.to_datetime(["2001-03-01", "2001-01-01", "2001-02-01", "2001-01-01"]),
    "f": [0.5, nan, 2.0, -1.0], "i": [7, 8, 9, 10], "k": [True, False, True, False], "s": pd.array(["x", None, "z", "y"], dtype="str"),
    "d": pd.to_datetime(["2001-01-01", None, "2002-01-01", "2003-01-01"]), "c": pd.Categorical(["m", "n", "m", None], categories=["n", "m", "o"]),
    "size": pd.Categorical(["small", "large", "small", "large"], categories=["small", "middle", "large"], ordered=True),
})
KINDS = {"a": "text", "b": "i64", "day": "datetime", "f": "f64", "i": "i64", "k": "bool", "s": "text", "d": "datetime", "c": "category", "size": "category"}
full = pd.DataFrame([("u", 2, 1, True), ("v", 2, 2, False), ("u", 1, 3, True), ("v", 1, 4, False)], columns=["a", "b", "i", "k"])
TABLES = {"table": table, "none": table.head(0), "full": full, "twice": pd.concat([table, table.iloc[[2, 0]].assign(i=[90, 70], f=[nan, 1.5])], ignore_index=True)}


def cube(verb, options, call, tables=("table", "full", "none"), word=None, wrong=None):
    """A verb that makes a cube of a table."""
    for on in tables:
        df = TABLES[on]
        keys = [k for k in options["dims"] if k in df]
        if len(keys) < len(options["dims"]):
            continue
        CASES.append({"verb": verb, "options": options, "kind": "empty" if on == "none" else "missing", "on": on, "want": told(call(df, keys))})
    if word:
        CASES.append({"verb": verb, "options": {**options, **(wrong or {"dims": ["nowhere"]})}, "kind": "fails", "on": "table", "fails": word})


def made(df, keys):
    """Ours holds text in one type, and labels of categories as text."""
    out = xr.Dataset.from_dataframe(df.set_index(keys))
    return out.assign_coords({k: np.asarray(out[k].values).astype(str) for k in keys if df[k].dtype == "category"})


for dims in (["a", "b"], ["b", "a"], ["a"], ["day", "a"], ["size", "b"], ["a", "b", "day"]):
    one = lambda df, keys: made(df.drop_duplicates(keys), keys)
    if dims == ["a"]:
        # Labels that stand twice are refused here, along one dim too.
        cube("from_frame", {"dims": dims}, made, tables=("none",), word="rows 0 and 2")
        CASES[-1]["options"] = {"dims": dims}
    else:
        cube("from_frame", {"dims": dims}, made)
        cube("frame.to_dataset", {"dims": dims}, made, word="nowhere")
        cube("lazy.to_dataset", {"dims": dims}, made, word="nowhere")
cube("from_frame", {"dims": ["i"]}, made)
for order in ("usual", "sorted", "appearance"):
    def labels(df, keys, order=order):
        if order == "sorted":
            df = df.sort_values(keys)
        out = made(df, keys)
        return out.reindex({k: list(dict.fromkeys(df[k])) for k in keys}) if order == "appearance" else out

    for dims in (["f"], ["a", "b"]):
        use = ("table",) if dims == ["a", "b"] else ()
        cube("from_frame", {"dims": dims, "order": order}, labels, tables=(*use, "none"), word="row 1" if dims == ["f"] else None, wrong={"dims": dims})
for keep in ("first", "last"):
    cube("from_frame", {"dims": ["a", "b"], "repeats": keep}, lambda df, keys, keep=keep: made(df.drop_duplicates(keys, keep=keep), keys), tables=("twice", "none"), word="nowhere", wrong={"dims": ["a", "nowhere"]})
try:
    made(TABLES["twice"], ["a", "b"])
except ValueError:
    CASES.append({"verb": "from_frame", "options": {"dims": ["a", "b"], "repeats": "refuse"}, "kind": "fails", "on": "twice", "fails": "rows 2 and 4 have the same labels: a=q, b=1"})
for kind, on in (("missing", "table"), ("empty", "none")):
    CASES.append({"verb": "from_frame", "options": {"dims": [], "repeats": "refuse"}, "kind": kind, "on": on, "want": told(xr.Dataset.from_dataframe(TABLES[on]))})


def columns(df):
    return [[n, KINDS[n], plain(xr.Variable("row", df[n].astype(object).to_numpy() if KINDS[n] == "category" else df[n].to_numpy()))] for n in df.columns]


json.dump({"cubes": {n: told(d) for n, d in CUBES.items()}, "tables": {n: columns(d) for n, d in TABLES.items()}, "categories": {n: list(table[n].cat.categories) for n in ("c", "size")}, "cases": CASES}, sys.stdout, separators=(",", ":"))
print()
