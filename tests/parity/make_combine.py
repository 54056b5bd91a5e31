"""Makes combine.json: what xarray gives for bringing cubes together and for picking out of them. The cubes are built here and stand in the
file; each case names its verb, its options, the cubes that it is made on, and what comes of it, or a word of the error.

Run from the root of the project: python tests/parity/make_combine.py > tests/parity/combine.json
"""

import json
import sys
import warnings

import numpy as np
import xarray as xr

warnings.simplefilter("ignore")
nan = np.nan


def cube(t, y, x, start, holes=(), attrs=None):
    n = (len(t), len(y), len(x))
    f8 = np.arange(float(np.prod(n))).reshape(n) * 1.5 + start
    for at in holes:
        f8.flat[at] = nan
    return xr.Dataset(
        {"f8": (("t", "y", "x"), f8, {"units": "K", "run": str(start)}), "still": (("x",), np.asarray(x) * 10.0)},
        coords={"t": np.asarray(t, "i8"), "y": np.asarray(y, "f8"), "x": np.asarray(x, "i8"), "name": ("y", [f"n{int(v)}" for v in y])},
        attrs=attrs or {"title": "a", "run": str(start)},
    )


a = cube([1, 2], [30, 20, 10], [5, 7], 0, holes=[0, 7], attrs={"title": "a", "run": "0", "only": "a"})
b = cube([3, 4, 5], [20, 10, 0], [5, 7], 100, holes=[3], attrs={"title": "a", "run": "1"})
plane = xr.Dataset({"f8": (("y",), [1.0, nan, 3.0])}, {"y": [30.0, 20.0, 10.0]})
INPUTS = {
    "a": a,
    "b": b,
    "b_same_y": cube([3, 4, 5], [30, 20, 10], [5, 7], 100, holes=[3]),
    "b_twin": cube([3, 4, 5], [30, 20, 10], [5, 7], 100, holes=[3]).assign_attrs(a.attrs),
    "a_late_y": cube([1, 2], [40, 35], [5, 7], 50, holes=[1]),
    "b_late_y": cube([3, 4, 5], [40, 35], [5, 7], 70),
    "c": xr.Dataset({"i2": (("t", "y"), np.arange(6, dtype="i2").reshape(2, 3))}, {"t": [1, 2], "y": [30.0, 20.0, 10.0], "name": ("y", ["n30", "n20", "n10"])}, {"title": "c"}),
    "b_lacks": cube([3, 4, 5], [30, 20, 10], [5, 7], 100, holes=[3])[["f8"]].rename(f8="other").assign(more=("y", [1.0, nan, 3.0])),
    "a_filled": a.assign(f8=a.f8.fillna(-1.0)),
    "a_other": a.assign(f8=a.f8 + 1),
    "a_noted": a.assign(f8=a.f8.assign_attrs(units="degC")),
    "moved": a.assign_coords(t=[8, 9], name=("y", ["p", "q", "r"])),
    "plane": plane,
    "mean": a[["f8"]].mean("t"),
    "a_none": a.isel(t=slice(0, 0)),
    "c_none": xr.Dataset({"i2": (("t", "y"), np.zeros((0, 3), "i2"))}, {"t": np.zeros(0, "i8"), "y": [30.0, 20.0, 10.0], "name": ("y", ["n30", "n20", "n10"])}, {"title": "c"}),
    "a_none_late": a.isel(t=slice(0, 0)).isel(y=slice(0, 1)).assign_coords(y=[99.0], name=("y", ["n99"])),
    "bare": xr.Dataset({"f8": (("t",), [1.0, nan, 3.0])}),
    "two": xr.Dataset({"f4": (("t", "y"), np.arange(6, dtype="f4").reshape(2, 3) / 3), "i2": (("y",), np.array([1, 2, 3], "i2"))}, {"t": [1, 2], "y": [30.0, 20.0, 10.0]}, {"title": "two"}),
    "stations": xr.Dataset(
        {"f8": (("t", "y", "x"), np.where(np.arange(60.0).reshape(3, 5, 4) % 7 == 0, nan, np.arange(60.0).reshape(3, 5, 4))), "i2": (("y", "x"), np.arange(20, dtype="i2").reshape(5, 4)), "s": (("t",), [0.5, 1.5, 2.5])},
        {"t": np.array(["2001-01-01", "2001-02-01", "2001-03-01"], "datetime64[us]"), "y": [50.0, 40.0, 30.0, 20.0, 10.0], "x": [0.0, 90.0, 180.0, 270.0], "name": ("y", ["a", "b", "c", "d", "e"])},
    ),
}
CASES = []


def stands(verb, options, kind, on, made):
    CASES.append({"verb": verb, "options": options, "kind": kind, "on": on, "want": made})


def case(verb, options, kind, on, call):
    try:
        made = call(*[INPUTS[n].copy() for n in on])
    except Exception as e:
        raise SystemExit(f"{verb} {options} {on}: {type(e).__name__}: {e}")
    stands(verb, options, kind, on, made)


def fails(verb, options, on, call, word):
    # Without a call: what only ours refuses (docs/differences.md).
    if call is None:
        CASES.append({"verb": verb, "options": options, "kind": "fails", "on": on, "fails": word})
        return
    try:
        call(*[INPUTS[n].copy() for n in on])
    except Exception:
        CASES.append({"verb": verb, "options": options, "kind": "fails", "on": on, "fails": word})
        return
    raise SystemExit(f"{verb} {options} {on}: xarray does not refuse")


# Labels of several.
JOINS = ["inner", "outer", "left", "right", "override", "exact"]
for join in JOINS:
    good, none = (["a", "b"], ["a_none", "b"]) if join not in ("exact", "override") else (["a", "a_filled"], ["a_none", "a_none"])
    if join == "override":
        good = ["a", "moved"]
    for what, verb in ((0, "align.first"), (1, "align.second")):
        call = lambda *d, w=what, j=join: xr.align(*d, join=j)[w]
        case(verb, {"join": join}, "missing", good, call)
        case(verb, {"join": join}, "empty", none, call)
        if join in ("exact", "override"):
            fails(verb, {"join": join}, ["a", "b" if join == "exact" else "a_late_y"], call, "labels" if join == "exact" else "long in one")
        else:
            fails(verb, {"join": join}, ["bare", "a"], call, "lengths")
    for op, f in (("sub", lambda p, q: p - q), ("mul", lambda p, q: p * q)):

        def both(p, q, f=f, j=join):
            # xarray takes no override here: the labels of the first are set before.
            p, q = xr.align(p, q, join="override") if j == "override" else (p, q)
            with xr.set_options(arithmetic_join="inner" if j == "override" else j):
                return f(p[["f8"]], q[["f8"]])

        def arrays(p, q, f=f, j=join):
            return both(p, q, f, j)

        for verb, call in (("operate", both), ("array.operate", arrays)):
            case(verb, {"op": op, "join": join}, "missing", good, call)
            case(verb, {"op": op, "join": join}, "empty", none, call)
            fails(verb, {"op": op, "join": join}, ["a", "b" if join == "exact" else "a_late_y" if join == "override" else "bare"], call, "labels" if join == "exact" else "")
    merged = lambda *d, j=join: xr.merge(d, join=j, compat="override", combine_attrs="override")
    case("merge", {"join": join, "compat": "override", "attrs": "override"}, "missing", good, merged)
    case("merge", {"join": join, "compat": "override", "attrs": "override"}, "empty", none, merged)
    fails("merge", {"join": join, "compat": "override", "attrs": "override"}, ["a", "b" if join == "exact" else "a_late_y" if join == "override" else "bare"], merged, "")
    pair = ["a", "b_same_y"] if join == "exact" else ["a", "b"]
    cat = lambda *d, j=join: xr.concat([q.drop_vars("name") for q in d], "t", join=j, data_vars="minimal", coords="minimal", compat="equals", combine_attrs="override")
    case("concat", {"dim": "t", "join": join}, "missing", pair, cat)
    case("concat", {"dim": "t", "join": join}, "empty", ["a_none", pair[1]], cat)
    fails("concat", {"dim": "t", "join": join}, ["a", "b" if join == "exact" else "b_late_y" if join == "override" else "bare"], cat if join in ("exact", "override") else None, "")
case("array.operate", {"op": "sub", "join": "inner"}, "missing", ["a", "plane"], lambda p, q: (p.f8 - q.f8).to_dataset(name="f8"))
case("array.operate", {"op": "sub", "join": "inner"}, "missing", ["plane", "a"], lambda p, q: (p.f8 - q.f8).to_dataset(name="f8"))
case("array.operate", {"op": "sub", "join": "exact"}, "missing", ["a", "mean"], lambda p, q: (p.f8 - q.f8).to_dataset(name="f8"))

# What several have.
for compat, good, bad in (
    ("no_conflicts", ["a", "a_filled"], ["a", "a_other"]),
    ("equals", ["a", "a_noted"], ["a", "a_filled"]),
    ("broadcast_equals", ["a", "a"], ["a", "a_filled"]),
    ("identical", ["a", "a"], ["a", "a_noted"]),
    ("override", ["a", "a_other"], ["a", "bare"]),
):
    o = {"join": "outer", "compat": compat, "attrs": "override"}
    call = lambda *d, c=compat: xr.merge(d, join="outer", compat=c, combine_attrs="override")
    case("merge", o, "missing", good, call)
    case("merge", o, "missing", good + ["c"], call)
    case("merge", o, "empty", ["a_none", "a_none"], call)
    fails("merge", o, bad, call, "")
    o = {"dims": ["t"], "join": "outer", "compat": compat}
    near = lambda *d, c=compat: xr.combine_nested(list(d), concat_dim=["t"], join="outer", compat=c, combine_attrs="override", data_vars="minimal", coords="minimal")
    case("combine_nested", o, "missing", ["a", "b_twin"], near)
    case("combine_nested", o, "empty", ["a_none", "b_twin"], near)
    if compat != "override":
        def apart(*d, c=compat):
            d[1]["still"] = d[1].still + 1
            return xr.combine_nested(list(d), concat_dim=["t"], join="outer", compat=c, combine_attrs="override", data_vars="minimal", coords="minimal")
        fails("combine_nested", {**o, "change": "still"}, ["a", "b_same_y"], apart, "run" if compat == "identical" else "still")
    else:
        fails("combine_nested", o, ["a", "bare"], None, "")

# Attributes.
for attrs in ("override", "drop", "identical", "no_conflicts", "drop_conflicts"):
    same = attrs in ("identical", "no_conflicts")
    o = {"join": "outer", "compat": "override", "attrs": attrs}
    call = lambda *d, c=attrs: xr.merge(d, join="outer", compat="override", combine_attrs=c)
    case("merge", o, "missing", ["a", "a_filled"] if same else ["a", "b"], call)
    case("merge", o, "empty", ["a_none", "a_none"] if same else ["a_none", "b"], call)
    fails("merge", o, ["a", "b"] if same else ["a", "bare"], call if same else None, "run" if same else "")

# By coordinates and by place.
coords = lambda *d: xr.combine_by_coords([q.drop_vars("name") for q in d], join="outer", compat="no_conflicts", combine_attrs="override", data_vars="minimal", coords="minimal")
case("combine_by_coords", {}, "missing", ["b_same_y", "a"], coords)
case("combine_by_coords", {}, "missing", ["b_late_y", "a", "b_same_y", "a_late_y"], coords)
case("combine_by_coords", {}, "missing", ["b_same_y", "c", "a"], coords)
case("combine_by_coords", {}, "empty", ["a_none"], coords)
case("combine_by_coords", {}, "empty", ["c_none"], coords)
fails("combine_by_coords", {}, ["a", "a_other"], coords, "same labels")
fails("combine_by_coords", {}, ["a", "a_none"], coords, "no labels")
grid = lambda *d: xr.combine_nested([[q.drop_vars("name") for q in d[:2]], [q.drop_vars("name") for q in d[2:]]], concat_dim=["y", "t"], join="outer", compat="no_conflicts", combine_attrs="override", data_vars="minimal", coords="minimal")
case("combine_nested", {"dims": ["y", "t"]}, "missing", ["a", "b_same_y", "a_late_y", "b_late_y"], grid)
merged = lambda *d: xr.combine_nested(list(d), concat_dim=[None], join="outer", compat="no_conflicts", combine_attrs="override")
case("combine_nested", {"dims": [None]}, "missing", ["a", "c"], merged)
case("combine_nested", {"dims": [None]}, "empty", ["a_none", "c_none"], merged)
fails("combine_nested", {"dims": [None]}, ["a", "a_other"], merged, "differs")
new = lambda *d: xr.combine_nested(list(d), concat_dim=["m"], join="outer", compat="no_conflicts", combine_attrs="override", data_vars="all", coords="minimal")
case("combine_nested", {"dims": ["m"], "data_vars": "all"}, "missing", ["a", "a_other"], new)
for spread in ("minimal", "different", "all"):
    def laid(*d, s=spread, diff=False):
        d = [q.drop_vars("name") for q in d]
        if s == "different":
            d[1]["still"] = d[1].still + 1
        return xr.concat(d, "t", join="exact", data_vars=s, coords="minimal", compat="equals", combine_attrs="override")

    o = {"dim": "t", "join": "exact", "data_vars": spread, **({"change": "still"} if spread == "different" else {})}
    case("concat", o, "missing", ["a", "b_same_y"], laid)
    case("concat", o, "empty", ["a_none", "b_same_y"], laid)
    fails("concat", o, ["a", "b"], laid, "y")


# Variables that not all have.
for join in ("outer", "inner", "left", "right", "override"):
    o = {"dim": "t", "join": join, "lacks": True}
    cat = lambda *d, j=join: xr.concat([q.drop_vars("name") for q in d], "t", join=j, data_vars="minimal", coords="minimal", compat="equals", combine_attrs="override")
    case("concat", o, "missing", ["a", "b_lacks"], cat)
    case("concat", o, "missing", ["b_lacks", "a", "b_same_y"], cat)
    case("concat", o, "empty", ["a_none", "b_lacks"], cat)
case("concat", {"dim": "t", "join": "outer", "data_vars": "all"}, "missing", ["a", "b_lacks"], lambda *d: xr.concat([q.drop_vars("name") for q in d], "t", join="outer", data_vars="all", coords="minimal", compat="equals", combine_attrs="override"))
fails("concat", {"dim": "t", "join": "exact", "lacks": True}, ["a", "b_lacks"], None, "not in the first")
# Pieces that do not fill the whole.
case("combine_by_coords", {"join": "outer"}, "missing", ["b_late_y", "a", "b_same_y"], coords)
case("combine_by_coords", {"join": "outer"}, "missing", ["b_late_y", "a"], coords)
fails("combine_by_coords", {"join": "exact"}, ["b_late_y", "a", "b_same_y"], lambda *d: xr.combine_by_coords([q.drop_vars("name") for q in d], join="exact", data_vars="minimal", coords="minimal", compat="no_conflicts"), "none begins at y=40")
fails("combine_nested", {"dims": ["y", "t"]}, ["a", "b_same_y", "a_late_y"], grid, "do not fill a grid")


# Stations.
def at(ds, o):
    how = {k: o[k] for k in ("method", "tolerance") if k in o}
    want = {}
    for d, v in o["labels"].items():
        v = np.array(v, "datetime64[us]") if d == "t" else np.array(v, float) if d != "name" else v
        want[d] = xr.DataArray(v, dims="station")
    return ds.sel(want, **how)


S = ["stations"]
where = {"t": ["2001-01-01", "2001-03-01", "2001-02-01", "2001-01-01"], "y": [50, 20, 20, 10], "x": [90, 0, 270, 90]}
near = {"t": ["2001-01-05", "2001-03-03", "2001-02-16", "2001-01-02"], "y": [49, 22, 16, 11], "x": [100, 10, 250, 91]}
for o in ({"labels": where}, {"labels": {"y": where["y"], "x": where["x"]}}, {"labels": {"x": [0, 0]}}, {"labels": near, "method": "nearest"}, {"labels": {k: near[k] for k in "yx"}, "method": "pad"}, {"labels": {k: near[k] for k in "yx"}, "method": "backfill"}, {"labels": {k: near[k] for k in "yx"}, "method": "nearest", "tolerance": 20}):
    # pandas takes fill methods along falling labels as positions; backfill past the last label fails.
    case("sel_points", o, "missing", S, lambda d, o=o: at(d, o))
    e = {**o, "labels": {k: [] for k in o["labels"]}}
    case("sel_points", e, "empty", S, lambda d, o=e: at(d, o))
fails("sel_points", {"labels": {"y": [41], "x": [0]}}, S, lambda d: at(d, {"labels": {"y": [41], "x": [0]}}), "41")
fails("sel_points", {"labels": {"y": [60], "x": [0]}, "method": "pad"}, S, lambda d: at(d, {"labels": {"y": [60], "x": [0]}, "method": "pad"}), "60")
fails("sel_points", {"labels": {"y": [1], "x": [0]}, "method": "backfill"}, S, lambda d: at(d, {"labels": {"y": [1], "x": [0]}, "method": "backfill"}), "1")
fails("sel_points", {"labels": {"y": [44], "x": [0]}, "method": "nearest", "tolerance": 1}, S, lambda d: at(d, {"labels": {"y": [44], "x": [0]}, "method": "nearest", "tolerance": 1}), "44")


def rows(ds, o):
    return ds.isel({d: xr.DataArray(np.array(v, int), dims="station") for d, v in o["positions"].items()})


for o in ({"positions": {"t": [0, -1, 1], "y": [4, 0, 2], "x": [1, 1, 3]}}, {"positions": {"y": [4, 0], "x": [-1, 3]}}):
    case("isel_points", o, "missing", S, lambda d, o=o: rows(d, o))
    e = {"positions": {k: [] for k in o["positions"]}}
    case("isel_points", e, "empty", S, lambda d, o=e: rows(d, o))
fails("isel_points", {"positions": {"y": [5], "x": [0]}}, S, lambda d: rows(d, {"positions": {"y": [5], "x": [0]}}), "5")

# Labels and positions.
for o in ({"labels": {"y": 30}}, {"labels": {"y": [10, 50], "x": 90}}, {"labels": {"t": "2001-02"}}, {"slice": {"y": [40, 20]}}, {"slice": {"t": ["2001-01", "2001-02"]}}):
    def loc(d, o=o):
        if "slice" in o:
            return d.loc[{k: slice(*v) for k, v in o["slice"].items()}]
        return d.loc[o["labels"]]

    case("loc", o, "missing", S, loc)
case("loc", {"labels": {"y": []}}, "empty", S, lambda d: d.loc[{"y": []}])
case("loc", {"slice": {"y": [25, 24]}}, "empty", S, lambda d: d.loc[{"y": slice(25, 24)}])
fails("loc", {"labels": {"y": 31}}, S, lambda d: d.loc[{"y": 31}], "31")
case("drop_sel", {"dim": "y", "labels": [30, 50]}, "missing", S, lambda d: d.drop_sel(y=[30, 50]))
case("drop_sel", {"dim": "y", "labels": [50, 40, 30, 20, 10]}, "empty", S, lambda d: d.drop_sel(y=[50, 40, 30, 20, 10]))
fails("drop_sel", {"dim": "y", "labels": [31]}, S, lambda d: d.drop_sel(y=[31]), "31")
case("drop_isel", {"dim": "x", "positions": [0, -1]}, "missing", S, lambda d: d.drop_isel(x=[0, -1]))
case("drop_isel", {"dim": "x", "positions": [0, 1, 2, 3]}, "empty", S, lambda d: d.drop_isel(x=[0, 1, 2, 3]))
fails("drop_isel", {"dim": "x", "positions": [4]}, S, lambda d: d.drop_isel(x=[4]), "4")
case("to_array", {}, "missing", ["a"], lambda d: d.to_array("v").to_dataset(name="all"))
case("to_array", {}, "missing", ["two"], lambda d: d.to_array("v").to_dataset(name="all"))
case("to_array", {}, "empty", ["a_none"], lambda d: d.to_array("v").to_dataset(name="all"))
fails("to_array", {"dim": "t"}, ["a"], None, "there already")
case("to_dataset_along", {"dim": "name"}, "missing", ["stations"], lambda d: d.f8.swap_dims(y="name").to_dataset(dim="name"))
case("to_dataset_along", {"dim": "v"}, "empty", ["a_none"], lambda d: d.to_array("v").to_dataset(dim="v"))
fails("to_dataset_along", {"dim": "t"}, ["bare"], lambda d: d.f8.to_dataset(dim="u"), "t")
case("assign_coords", {"name": "k", "dims": ["y"], "values": [1.0, None, 3.0]}, "missing", ["a"], lambda d: d.assign_coords(k=("y", [1.0, nan, 3.0])))
case("assign_coords", {"name": "t", "dims": ["t"], "values": []}, "empty", ["a_none"], lambda d: d.assign_coords(t=("t", np.zeros(0))))
fails("assign_coords", {"name": "k", "dims": ["y"], "values": [1.0]}, ["a"], lambda d: d.assign_coords(k=("y", [1.0])), "long")

# Whether two are the same.
for verb, f in (("equals", lambda p, q: p.equals(q)), ("identical", lambda p, q: p.identical(q)), ("allclose", lambda p, q: bool(np.array_equal(p.f8, q.f8, equal_nan=True) or (p.f8.shape == q.f8.shape and np.allclose(p.f8, q.f8, 1e-5, 1e-8, equal_nan=True))))):
    for kind, on in (("missing", ["a", "a"]), ("missing", ["a", "a_noted"]), ("missing", ["a", "a_filled"]), ("missing", ["a", "a_other"]), ("empty", ["a_none", "a_none"])):
        stands(verb, {}, kind, on, bool(f(INPUTS[on[0]], INPUTS[on[1]])))


def plain(v):
    if v.dtype.kind == "M":
        return [None if np.isnat(x) else str(x)[:19] for x in v.values.astype("datetime64[s]").ravel()]
    if v.dtype.kind in "OUT":
        return [None if x is None or x != x else str(x) for x in v.values.ravel()]
    return [None if x != x else x for x in v.values.ravel().tolist()]


def told(ds):
    if isinstance(ds, bool):
        return ds
    one = lambda n, v: {"dims": list(v.dims), "shape": list(v.shape), "dtype": str(v.dtype), "values": plain(v), "attrs": {k: str(x) for k, x in v.attrs.items()}, "coord": n in ds.coords}
    return {"attrs": {k: str(x) for k, x in ds.attrs.items()}, "vars": {n: one(n, v) for n, v in ds.variables.items()}}


for c in CASES:
    if "want" in c:
        c["want"] = told(c["want"])
if __name__ == "__main__":
    json.dump({"inputs": {n: told(d) for n, d in INPUTS.items()}, "cases": CASES}, sys.stdout, separators=(",", ":"))
    print()
