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
