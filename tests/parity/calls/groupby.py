"""Groups: aggregates, transforms, rows."""
import pandas as pd

NUMBERS = ["g", "i", "n", "x", "f"]
AGGS = ["count", "sum", "mean", "std", "var", "sem", "min", "max", "median", "first", "last", "nunique", "any", "all", "prod", "skew", "kurt"]


def numeric(df, by, agg):
    keep = {"min": ["i", "n", "x", "f", "d"], "max": ["i", "n", "x", "f", "d"]}
    every = ["count", "first", "last", "nunique"]
    names = keep.get(agg) or ([c for c in df.columns] if agg in every else ["i", "n", "x", "f"])
    return [c for c in names if c in df and c not in by]


def cases(area):
    def agg(df, by, agg, sort=True, dropna=True):
        groups = df.groupby(by, sort=sort, dropna=dropna)[numeric(df, by, agg)]
        found = getattr(groups, agg)()
        return found.astype("float64") if agg in ("skew", "kurt") else found

    columns = ["g", "i", "n", "x", "f", "d"]
    for name in AGGS:
        sets = [{"by": ["g"], "agg": name}]
        if name in ("sum", "mean", "count", "first"):
            sets += [{"by": ["g", "f"], "agg": name}, {"by": ["n"], "agg": name}, {"by": ["g"], "agg": name, "sort": False},
                     {"by": ["g"], "agg": name, "dropna": False}, {"by": ["g", "n"], "agg": name, "sort": False, "dropna": False}]
        area.verb("groupby.agg", agg, *sets, columns=columns, fails=lambda o: o | {"by": ["y"]}, word='"y"')
    for q in (0.0, 0.3):
        area.verb("groupby.quantile", lambda df, by, q: df.groupby(by)[["i", "n", "x"]].quantile(q), {"by": ["g"], "q": q}, columns=["g", "i", "n", "x"], fails={"by": ["y"]}, word='"y"')
    for by in (["g"], ["g", "f"], ["d"]):
        for more in ({}, {"dropna": False}, {"sort": False}):
            o = {"by": by} | more
            bad = {"by": ["y"]}
            area.verb("groupby.size", lambda df, by, **o: df.groupby(by, **o).size(), o, columns=columns, fails=bad, word='"y"')
            if by == ["d"]:
                continue
            area.verb("groupby.ngroups", lambda df, by, **o: df.groupby(by, **o).ngroups, o, columns=columns, fails=bad, word='"y"')
            area.verb("groupby.cumcount", lambda df, by, **o: df.groupby(by, **o).cumcount().where(df[by].notna().all(axis=1) | (o.get("dropna") is False)).astype("Int64"),
                      o, columns=columns, fails=bad, word='"y"')
            for n in (1, 2):
                area.verb("groupby.head", lambda df, by, n, **o: df.groupby(by, **o).head(n), o | {"n": n}, columns=columns, fails=bad, word='"y"')
                area.verb("groupby.tail", lambda df, by, n, **o: df.groupby(by, **o).tail(n), o | {"n": n}, columns=columns, fails=bad, word='"y"')
            for n in (0, 1, -1):
                area.verb("groupby.nth", lambda df, by, n, **o: df.groupby(by, **o).nth(n), o | {"n": n}, columns=columns, fails=bad, word='"y"')

    def transform(df, by, what):
        groups = df.groupby(by)[["i", "n", "x"]]
        if what == "anomaly":
            return df[["i", "n", "x"]] - groups.transform("mean")
        if what == "standardize":
            return (df[["i", "n", "x"]] - groups.transform("mean")) / groups.transform("std")
        if what == "fill_mean":
            filled = df[["i", "n", "x"]].astype("float64")
            return filled.fillna(groups.transform("mean").astype("float64"))
        return getattr(groups, what)()

    for what in ("anomaly", "standardize", "rank", "cumsum", "fill_mean"):
        area.verb("groupby.transform", transform, {"by": ["g"], "what": what}, columns=["g", "i", "n", "x"], fails={"by": ["y"]}, word='"y"')
    area.verb("groupby.filter", lambda df, by, least: df.groupby(by).filter(lambda g: len(g) >= least), {"by": ["g"], "least": 2}, columns=columns,
              fails={"by": ["y"]}, word='"y"')
    area.verb("groupby.apply", lambda df, by: df.groupby(by, group_keys=False)[columns].apply(lambda g: g.iloc[[0, -1]]), {"by": ["g"]}, columns=columns,
              fails={"by": ["y"]}, word='"y"')
    area.verb("groupby.groups", lambda df, by: [[k, len(g)] for k, g in df.groupby(by)], {"by": "g"}, columns=columns, fails={"by": "y"}, word='"y"')

    def named(df, by):
        out = df.groupby(by).agg(total=("i", "sum"), low=("x", "min"), n=("x", "count"))
        out["r"] = df.groupby(by)["i"].max() - df.groupby(by)["n"].min()
        return out

    area.verb("groupby.agg_text", lambda df, by, text: named(df, by), {"by": ["g"], "text": "total=i:sum, low=x:min, n=x:count, r=max(i)-min(n)"}, columns=columns,
              fails={"by": ["y"]}, word='"y"')

    numbers = ["g", "i", "n", "x"]
    bad = {"by": ["y"]}
    values = ["i", "n", "x"]

    def within(df, by, verb, **o):
        """Rows without a group have no values."""
        if len(df) == 0 and callable(o.get("func")):
            return df[values]
        out = getattr(df.groupby(by)[values], verb)(**o)
        gone = df[by].isna().any(axis=1)
        return out.astype({c: "Int64" for c in out if out[c].dtype == "int64"}).mask(gone) if gone.any() else out

    for verb, sets in {"shift": [{"periods": 1}, {"periods": -2}], "diff": [{"periods": 1}, {"periods": -1}], "pct_change": [{"periods": 1}], "ffill": [{}, {"limit": 1}], "bfill": [{}, {"limit": 1}],
                       "cumsum": [{}], "cumprod": [{}], "cummin": [{}], "cummax": [{}]}.items():
        area.verb(f"groupby.{verb}", lambda df, by, verb=verb, **o: within(df, by, verb, **o), *({"by": ["g"]} | o for o in sets), columns=numbers, fails=bad, word='"y"')
    for method in ("average", "min", "max", "first", "dense"):
        area.verb("groupby.rank", lambda df, by, **o: within(df, by, "rank", **o), {"by": ["g"], "method": method}, {"by": ["g"], "method": method, "ascending": False}, {"by": ["g"], "method": method, "pct": True},
                  columns=numbers, fails=bad, word='"y"')
    for name in ("count", "sum", "mean", "std", "min", "max", "median", "first", "last", "nunique"):
        area.verb("groupby.broadcast", lambda df, by, agg: within(df, by, "transform", func=agg), {"by": ["g"], "agg": name}, columns=numbers, fails=bad, word='"y"')
    area.verb("groupby.ngroup", lambda df, by, sort=True: df.groupby(by, sort=sort).ngroup().astype("Int64").where(df[by].notna().all(axis=1)), {"by": ["g"]}, {"by": ["g", "f"]}, {"by": ["g"], "sort": False}, columns=columns, fails=bad, word='"y"')
    for kind, inputs, key in (("missing", "mixed", "b"), ("labels", "labels", "ß")):
        area.one("groupby.get_group", {"by": ["g"], "key": key}, kind, inputs, columns, lambda df, by, key: df.groupby(by).get_group((key,)))
    area.one("groupby.get_group", {"by": ["g"], "key": "b"}, "empty", "none", columns, lambda df, by, key: df.groupby(by).get_group((key,)), word="b")
    area.one("groupby.get_group", {"by": ["g"], "key": "q"}, "fails", "mixed", columns, lambda df, by, key: df.groupby(by).get_group((key,)), word="q")
    area.verb("groupby.transform_with", lambda df, by: within(df, by, "transform", func=lambda s: s * 2), {"by": ["g"]}, columns=numbers, fails=bad, word='"y"')
    area.verb("groupby.top", lambda df, by, n: df.dropna(subset=by).sort_values("i", ascending=False, kind="stable").groupby(by).head(n).sort_values(by, kind="stable"), {"by": ["g"], "n": 1}, {"by": ["g"], "n": 2}, columns=numbers, fails=bad, word='"y"')

    def windows(df, by, agg, window=None, min_periods=None, center=False):
        groups = df.astype({"i": "float64", "n": "float64"}).groupby(by)[values]
        if window is None:
            made = groups.expanding(min_periods or 1)
        else:
            made = groups.rolling(window, min_periods=min_periods, center=center)
        out = getattr(made, agg)()
        return out.astype("Int64") if agg == "count" else out

    for agg in ("count", "sum", "mean", "min", "max", "median"):
        area.verb("groupby.rolling", windows, {"by": ["g"], "window": 2, "agg": agg}, {"by": ["g"], "window": 3, "agg": agg, "min_periods": 1}, {"by": ["g"], "window": 3, "agg": agg, "min_periods": 1, "center": True}, columns=numbers, fails=bad, word='"y"')
        area.verb("groupby.expanding", windows, {"by": ["g"], "agg": agg}, columns=numbers, fails=bad, word='"y"')
    for decay in ({"com": 1.0}, {"alpha": 0.4}):
        for stat in ("mean", "sum", "std", "var"):
            area.verb("groupby.ewm", lambda df, by, stat, **o: getattr(df.groupby(by)[["i", "x"]].ewm(**o), stat)(), {"by": ["g"], "stat": stat} | decay, columns=["g", "i", "x"], fails=bad, word='"y"')
    for q in ([0.25, 0.5, 0.75], [0.1]):
        area.verb("groupby.describe", lambda df, by, q: df.groupby(by)[["i", "x"]].describe(percentiles=q), {"by": ["g"], "q": q}, columns=["g", "i", "x"], fails=lambda o: o | {"q": [1.5]}, word="1.5", differs={"empty": "`describe` of no groups"})
    # By levels of the labels, and by columns beside others of one name.
    for level in ("größe",):
        area.verb("groupby.agg", lambda df, by, agg: getattr(df.groupby(level=by), agg)(), *({"by": [level], "agg": a} for a in ("sum", "mean", "count", "max", "first")), on={"labels": "deep"}, mark="-level")
        area.verb("groupby.size", lambda df, by: df.groupby(level=by).size(), {"by": [level]}, on={"labels": "deep"}, mark="-level")
        area.verb("groupby.cumsum", lambda df, by: df.groupby(level=by).cumsum(), {"by": [level]}, on={"labels": "deep"}, mark="-level")
        area.verb("groupby.head", lambda df, by, n: df.groupby(level=by).head(n), {"by": [level], "n": 1}, on={"labels": "deep"}, mark="-level")
    area.verb("groupby.agg", lambda df, by, agg: getattr(df.groupby(by), agg)(), *({"by": ["東"], "agg": a} for a in ("sum", "mean", "count")), on={"labels": "twins"}, mark="-twins",
              differs={"labels": "columns of one name in groups"})
