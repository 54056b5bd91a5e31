"""Makes cubes.json: every verb of one cube on values with holes and on no values, and a call of each that is to fail. What the verbs do in
all their ways stands in the other files; here is one plain call of each.

Run from the root of the project: python tests/parity/make_cubes.py > tests/parity/cubes.json
"""

import json
import sys

import numpy as np
import xarray as xr

sys.path.insert(0, "tests/parity")
from make_combine import told  # noqa: E402

nan = np.nan
values = np.arange(24.0).reshape(4, 3, 2) * 7 % 11 - 4
values[1, 0, 0] = values[2, 0, 1] = values[0, 2, 0] = nan
t = np.array(["2001-01-01", "2001-01-02", "2001-01-05", "2001-02-06"], "datetime64[us]")
ds = xr.Dataset(
    {"f8": (("t", "y", "x"), values), "f4": (("t", "y", "x"), (values / 3).astype("f4"))},
    coords={"t": t, "y": [0.0, 20.0, 30.0], "x": [5, 7], "name": ("y", ["c", "a", "b"])},
)
INPUTS = {"full": ds, "empty": ds.isel(t=slice(0, 0)), "one": ds.isel(x=[1])}
CASES = []
WHAT = {
    "assign": lambda d: d.assign(c=d.f8 + d.f4),
    "filter": lambda d: d.where(d.f8 > 0),
    "drop_labels": lambda d: d.where(d.f8 > 5, drop=True),
    "fillna": lambda d: d.fillna(0),
    "ffill": lambda d: d.ffill("t"),
    "bfill": lambda d: d.bfill("t"),
    "dropna": lambda d: d.dropna("t"),
    "interpolate_na": lambda d: d[["f8"]].interpolate_na("y"),
    "shift": lambda d: d.shift(t=1),
    "roll": lambda d: d.roll(t=1),
    "cumsum": lambda d: d.cumsum("t"),
    "cumprod": lambda d: d.cumprod("t"),
    "rank": lambda d: d.rank("y"),
    "differentiate": lambda d: d[["f8"]].differentiate("y"),
    "integrate": lambda d: d[["f8"]].integrate("y"),
    "cumulative_integrate": lambda d: d[["f8"]].cumulative_integrate("y"),
    "interp": lambda d: d[["f8"]].drop_vars("name").interp(y=[10.0, 40.0]),
    "isel": lambda d: d.isel(y=slice(1, None)),
    "isel_at": lambda d: d.isel(y=[-1, 0]),
    "sel": lambda d: d.sel(y=20),
    "head": lambda d: d.head(t=2),
    "tail": lambda d: d.tail(t=2),
    "thin": lambda d: d.thin(t=2),
    "transpose": lambda d: d.transpose("x", "t", "y"),
    "stack": lambda d: d.stack(z=("y", "x")).reset_index("z"),
    "unstack": lambda d: d.stack(z=("y", "x")).unstack("z").transpose("t", "y", "x").drop_vars("name"),
    "expand_dims": lambda d: d.expand_dims("m"),
    "squeeze": lambda d: d.isel(x=[1]).squeeze("x"),
    "sortby": lambda d: d.sortby("name"),
    "reindex": lambda d: d.drop_vars("name").reindex(y=[30.0, 5.0]),
    "reindex_like": lambda d: d.drop_vars("name").reindex_like(d.isel(y=[0])),
    "pad": lambda d: d[["f8"]].pad(x=(1, 0)),
    "swap_dims": lambda d: d.swap_dims(y="name"),
    "set_coords": lambda d: d.set_coords("f4"),
    "reset_coords": lambda d: d.reset_coords(),
    "rename": lambda d: d.rename(f8="g8", x="u"),
    "rename_dims": lambda d: d.rename_dims(x="u"),
    "drop_vars": lambda d: d.drop_vars("f4"),
    "array": lambda d: d.f8.to_dataset(name="f8"),
    "coarsen": lambda d: d[["f8"]].coarsen(x=2).mean(),
    "idxmin": lambda d: d[["f8"]].idxmin("y"),
    "idxmax": lambda d: d[["f8"]].idxmax("y"),
    "reduce": lambda d: d.mean("y"),
    "weights": lambda d: d[["f8"]].weighted(d.y + 1).mean("y"),
    "groupby": lambda d: d[["f8"]].groupby("name").max().transpose("t", "name", "x"),
    "groupby_all": lambda d: d[["f8"]].groupby("name").max().transpose("t", "name", "x"),
    "groupby_bins": lambda d: d[["f8"]].drop_vars("name").groupby_bins("y", [-1.0, 10.0, 40.0]).max().drop_vars("y_bins").transpose("t", "y_bins", "x"),
    "transform": lambda d: d[["f8"]].drop_vars("name") - d[["f8"]].drop_vars("name"),  # the anomaly of groups of one
    "combine_first": lambda d: d.combine_first(d * 0 + 1),
    "polyfit": lambda d: d[["f8"]].fillna(1).drop_vars("name").polyfit("x", 1),
    "rolling": lambda d: d[["f8"]].rolling(x=2).mean(),
    "argmin": lambda d: d[["f8"]].argmin("y"),
    "argmax": lambda d: d[["f8"]].argmax("y"),
    "dot": lambda d: d.f8.dot(xr.DataArray([1.0, 0.0, 2.5], dims="y"), dim="y").to_dataset(name="f8"),
    "interp_like": lambda d: known(d[["f8"]].drop_vars("name").interp_like(xr.Dataset(coords={"y": [20.0, 40.0]})), d),
    "interp_over": lambda d: d[["f8"]].drop_vars("name").interp(y=[10.0, 25.0], x=[5.5, 6.0]),
    "map": lambda d: d[["f8"]].groupby("name").map(lambda g: g - g.mean("x")),
    "polyval": lambda d: xr.polyval(d.x, powers(d)).transpose("t", "x"),
    "trend": lambda d: slopes(d[["f8"]]),
    "detrend": lambda d: d[["f8"]] - lines(d),
    "apply_along": lambda d: xr.apply_ufunc(ends, d[["f8"]], input_core_dims=[["y"]], output_core_dims=[["m"]]).transpose("t", "m", "x"),
    "resample": lambda d: d[["f8"]].resample(t="2D").mean(),
    "to_dataset": lambda d: d.f8.to_dataset(name="g8"),
    "split": lambda d: dict(iter(d.groupby("name")))["b"],
    "pipe": lambda d: d.f8.shift(t=1).to_dataset(name="f8"),
    "reindex_filled": lambda d: d[["f8"]].drop_vars("name").reindex(y=[30.0, 5.0], fill_value=-1.5),
}
# Calls of a verb in each of its ways.
WAYS = [
    ("integrate", {"along": "no labels"}, lambda d: d[["f8"]].isel(y=[]).integrate("y")),
    *[("upsample", {"how": how}, lambda d, how=how: getattr(d[["f8"]].resample(t="12h"), how)()) for how in ["asfreq", "ffill", "bfill", "nearest"]],
    ("upsample", {"how": "interpolate"}, lambda d: known(d[["f8"]].resample(t="12h").interpolate("linear"), d)),
    ("map", {"of": "clip"}, lambda d: d.clip(-1, 2)),
    ("map", {"of": "isnull"}, lambda d: d.isnull()),
    ("coarsen", {"boundary": "exact"}, lambda d: d[["f8"]].drop_vars("name").coarsen(y=3).mean()),
    *[("coarsen", {"boundary": how}, lambda d, how=how: d[["f8"]].drop_vars("name").coarsen(y=2, boundary=how).sum()) for how in ["trim", "pad"]],
    ("upsample", {"how": "interpolate:nearest"}, lambda d: d[["f8"]].resample(t="12h").interpolate("nearest")),
    # A lane with a gap has no spline; the others do not know of it (docs/differences.md).
    ("upsample", {"how": "interpolate:cubic"}, lambda d: d[["f8"]].fillna(0).resample(t="12h").interpolate("cubic").where(d.f8.notnull().all("t"))),
    *[("interp_points", {"how": how}, lambda d, how=how: d[["f8"]].drop_vars("name").interp(y=spots(10.0, 25.0, 40.0, 3.0), x=spots(5.5, 6.5, 6.0, 6.0), method=how)) for how in ["linear", "nearest"]],
    ("interp_points", {"how": "linear", "points": "none"}, lambda d: d[["f8"]].drop_vars("name").interp(y=spots(), x=spots())),
    ("interp_points", {"how": "linear", "points": "times"}, lambda d: d[["f8"]].drop_vars("name").interp(t=xr.DataArray(t[:2] + np.timedelta64(6, "h"), dims="s"), x=spots(5.5, 6.5))),
    *[("pad_with", {"mode": mode}, lambda d, mode=mode: d[["f8"]].pad(y=(4, 2) if mode != "reflect" else (2, 1), mode=mode)) for mode in ["edge", "reflect", "symmetric", "wrap"]],
    ("pad_with", {"mode": "constant"}, lambda d: d[["f8"]].drop_vars("name").pad(y=(2, 1), constant_values=-7.5)),
    ("apply_ufunc", {"way": "map"}, lambda d: xr.apply_ufunc(lambda a: np.stack([a.sum((-2, -1)), a[..., 0, 1]], -1), d[["f8"]], input_core_dims=[["x", "y"]], output_core_dims=[["m"]])),
    ("apply_ufunc", {"way": "kept"}, lambda d: xr.apply_ufunc(lambda a: a - np.nanmean(a, -1, keepdims=True), d[["f8"]], input_core_dims=[["y"]], output_core_dims=[["y"]])),
    ("apply_ufunc", {"way": "two"}, lambda d: xr.apply_ufunc(lambda a, b: (a * b[..., None]).sum(-2), d[["f8"]], d[["f8"]].isel(x=0, drop=True), input_core_dims=[["y", "x"], ["y"]], output_core_dims=[["x"]])),
    ("apply_ufunc", {"way": "inner"}, lambda d: xr.apply_ufunc(lambda a, b: (a * b).sum(-1), d[["f8"]], d[["f8"]].isel(y=slice(1, None), x=[1]), input_core_dims=[["y"], ["y"]], join="inner")),
    *[("apply_ufunc", {"way": "lacking", "on_missing_core_dim": how}, lambda d, how=how: xr.apply_ufunc(lambda a: a.sum(-1), d.assign(f4=d.f4.isel(x=0, drop=True)), input_core_dims=[["x"]], on_missing_core_dim=how)) for how in ["copy", "drop"]],
    ("convert_calendar", {"align_on": "random:7"}, lambda d: said(chosen(d[["f8"]], 7))),
    *[("convert_calendar", {"align_on": on}, lambda d, on=on: said(d[["f8"]].convert_calendar("360_day", dim="t", align_on=on))) for on in ["date", "year"]],
    *[("weighted", {"what": what}, lambda d, what=what: getattr(d[["f8"]].weighted(d.y + 1), what)("y")) for what in ["mean", "sum", "std", "var", "sum_of_weights"]],
    ("weighted", {"what": "quantile"}, lambda d: d[["f8"]].weighted(d.y + 1).quantile(0.25, dim="y").drop_vars("quantile")),
    ("rolling_over", {"way": "reduce"}, lambda d: d[["f8"]].rolling(y=2, x=2).mean()),
    ("rolling_over", {"way": "center"}, lambda d: d[["f8"]].rolling(y=2, x=2, center=True, min_periods=1).max()),
    ("rolling_over", {"way": "construct"}, lambda d: d[["f8"]].rolling(y=2, x=2).construct(y="wy", x="wx")),
]
# What the error of a call that is to fail says, where nothing is nowhere.
WORDS = {"to_dataset": "no name"}


def spots(*at):
    return xr.DataArray(np.array(at, float), dims="s")


class Chance:
    """The numbers that chance gives here, in the place of numpy's: splitmix64 by the seed and the year."""

    def __init__(self, seed, year):
        self.state = seed ^ (year * 0x9E3779B97F4A7C15) % 2**64

    def integers(self, low, high, count):
        return np.array([low + int(self.next() * (high - low)) for _ in range(count)])

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2**64
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        return ((z ^ (z >> 31)) >> 11) / 2**53


def chosen(d, seed):
    """convert_calendar("360_day", align_on="random") by xarray's own functions, with days that are left out (-1) left out."""
    from xarray.coding import calendar_ops as ops

    rng, np.random.default_rng = np.random.default_rng, lambda: Chance(seed, 2001)
    days = ops._random_day_of_year(d.t, "360_day", True) if d.t.size else np.zeros(0, int)
    np.random.default_rng = rng
    d = d.isel(t=np.flatnonzero(days > 0))
    new = [ops._convert_to_new_calendar_with_new_day_of_year(x, n, "360_day", True) for x, n in zip(d.t.variable._data.array, days[days > 0])]
    return d.assign_coords(t=("t", np.array(new, object)))


def known(made, d):
    # At labels that are there the value is known, though its neighbour is missing (docs/differences.md).
    return made.fillna(d[["f8"]].drop_vars("name").reindex_like(made))


def powers(d):
    return d.f8.drop_vars("name").isel(x=0, drop=True).rename(y="degree").assign_coords(degree=[0, 1, 2]).to_dataset()


def slopes(d):
    return d.drop_vars("name").polyfit("y", 1).sel(degree=1, drop=True).rename(f8_polyfit_coefficients="f8")


def lines(d):
    # No line goes through no values, and none is to be taken away.
    if d.f8.size == 0:
        return d[["f8"]]
    return xr.polyval(d.y, d[["f8"]].polyfit("y", 1)).rename(f8_polyfit_coefficients="f8")


def ends(a):
    # Where all are missing there are no ends.
    return np.stack([np.nanmin(a, axis=-1), np.nanmax(a, axis=-1)], axis=-1)


def said(d):
    """Times of other calendars as text."""
    return d.assign_coords(t=np.array([x.strftime("%Y-%m-%dT%H:%M:%S") for x in d.t.values], "U19"))


for verb, options, call in [*[(v, {}, c) for v, c in WHAT.items()], *WAYS]:
    for kind, on in (("missing", "full"), ("empty", "empty")):
        if options.get("points") == "times" and kind == "empty":
            # Points between no labels are refused by both.
            continue
        try:
            CASES.append({"verb": verb, "options": options, "kind": kind, "on": [on], "want": told(call(INPUTS[on]))})
        except Exception as e:
            # xarray has no answer there: ours is compared with nothing, and must be one without values.
            print(f"{verb} {options} {kind}: {type(e).__name__}: {e}", file=sys.stderr)
            CASES.append({"verb": verb, "options": options, "kind": kind, "on": [on], "refused": str(e)[:60]})
    CASES.append({"verb": verb, "options": {**options, "wrong": True}, "kind": "fails", "on": ["full"], "fails": WORDS.get(verb, "nowhere")})
json.dump({"inputs": {n: told(d) for n, d in INPUTS.items()}, "cases": CASES}, sys.stdout, separators=(",", ":"))
print()
