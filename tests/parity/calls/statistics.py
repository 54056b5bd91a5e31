"""Statistics of columns."""
import numpy as np
import pandas as pd

from make_calls import KINDS, ODD


def cases(area):
    for method in ("pearson", "spearman", "kendall"):
        area.verb("corr", lambda df, method: df.astype("float64").corr(method), {"method": method}, columns=["i", "n", "x"], fail_columns=["g"], word="numeric")
    area.one("corr", {"method": "kendal"}, "fails", "mixed", ["x"], lambda df, method: df.corr(method), word="kendal")
    table = pd.DataFrame({"a": [1.5, np.nan, 3.0, 4.25, -1.0, 2.0], "b": pd.array([2, 3, None, 5, 8, 8], dtype="Int64"), "g": list("xyxyxy")})
    area.table("pairs", table)
    area.table("pairs0", table.head(0))
    area.table("pairsü", table.set_axis(pd.Index(list("äöäéßz"))))
    on = {"missing": "pairs", "labels": "pairsü"}
    area.verb("cov", lambda df: df.astype("float64").cov(), columns=["i", "n", "x"], fail_columns=["g"], word="numbers")
    for q in (0.0, 0.3, 1.0):
        area.verb("quantile", lambda df, q: df.quantile(q).rename(None), {"q": q}, columns=["i", "x"], fails={"q": 1.5}, word="1.5")
        area.verb("series.quantile", lambda df, q: df["x"].quantile(q), {"q": q}, columns=["x"], fails={"q": -1}, word="-1")
    area.verb("mode", lambda df: df.mode(), columns=["g", "i", "n", "x", "d"], on=KINDS)
    for name in ("g", "n", "x", "d", "f"):
        area.verb("series.mode", lambda df, column: df[column].mode(), {"column": name}, fails={"column": "y"}, word='"y"')
        area.verb("value_shares", lambda df, column: df[column].value_counts(normalize=True), {"column": name}, fails={"column": "y"}, word='"y"')
        area.verb("series.duplicated", lambda df, column, keep: df[column].duplicated(False if keep == "none" else keep).rename(column), *({"column": name, "keep": k} for k in ("first", "last", "none")), fails={"column": "y"}, word='"y"')
        area.verb("series.drop_duplicates", lambda df, column, keep: df[column].drop_duplicates(keep=False if keep == "none" else keep), *({"column": name, "keep": k} for k in ("first", "last", "none")), fails={"column": "y"}, word='"y"')
    for name in ("n", "x", "d"):
        for verb in ("nlargest", "nsmallest"):
            area.verb(f"series.{verb}", lambda df, column, n, verb=verb: getattr(df[column], verb)(n), {"column": name, "n": 2}, fails={"column": "g"}, word="")
    for verb in ("idxmin", "idxmax"):
        area.verb(f"series.{verb}", lambda df, column, verb=verb: [getattr(df[column], verb)()], {"column": "x"}, {"column": "i"}, on={"missing": "mixed", "labels": "labels"}, fails={"column": "y"}, word='"y"')
        area.one(f"series.{verb}", {"column": "x"}, "empty", "none", None, lambda df, column, verb=verb: [getattr(df[column], verb)()], word="")
    area.verb("isin", lambda df, values: df.isin(values), {"values": [8, "b", 1.5]}, columns=["g", "i", "n", "x"])
    area.verb("isin", lambda df, values: df.isin(values), {"values": [None]}, columns=["g", "i"])
    area.verb("series.isin", lambda df, values: df["g"].isin(values), {"values": ["b", "ß", "z"]}, {"values": []}, columns=["g"])
    for decimals in (0, 1, -1):
        area.verb("round", lambda df, decimals: df.round(decimals), {"decimals": decimals}, columns=["g", "i", "n", "x"])
    area.verb("abs", lambda df: df.abs(), columns=["i", "n", "x"])
    for types in ({"i": "f64"}, {"n": "f64", "i": "str"}, {"x": "f32"}, {"g": "category"}, {"f": "i64"}):
        theirs = {"f64": "Float64", "str": "str", "f32": "float32", "category": "category", "i64": "int64"}
        area.verb("astype", lambda df, types: df.astype({c: theirs[t] for c, t in types.items()}), {"types": types}, columns=["g", "i", "n", "x", "f"], fails={"types": {"y": "f64"}}, word='"y"')
    area.one("astype", {"types": {"g": "f64"}}, "fails", "mixed", ["g"], lambda df, types: df.astype("float64"), word="")
    area.one("astype", {"types": {"x": "i64"}}, "fails", "mixed", ["x"], lambda df, types: df.astype("int64"), word="")
    area.verb("series.sort_index", lambda df, **o: df["x"].sort_index(kind="stable", **o), {}, {"ascending": False}, columns=["x"])
    for n in (0, 3, 100):
        area.verb("series.head", lambda df, n: df["g"].head(n), {"n": n})
        area.verb("series.tail", lambda df, n: df["g"].tail(n), {"n": n})
    area.table("s1", pd.DataFrame({"a": [1.0, 2.0, np.nan, 4.0, 9.0], "g": list("xyzxy")}, index=list("abcde")))
    area.table("s2", pd.DataFrame({"a": [3.0, 2.5, 7.0, np.nan, 1.0, 8.0], "g": list("xyzxyz")}, index=list("fecdba")))
    area.table("s10", area.inputs["s1"].head(0))
    area.table("s1ü", area.inputs["s1"].set_axis(pd.Index(["ä", "東", "ß", "ä", ""])))
    for method in ("pearson", "spearman", "kendall"):
        area.verb("series.corr", lambda a, b, method, column="a": a["a"].corr(b[column], method=method), {"method": method}, on={"missing": ["s1", "s2"], "empty": ["s10", "s2"], "labels": ["s1ü", "s1ü"]},
                  fails={"column": "g"}, word="")
    area.verb("series.cov", lambda a, b, column="a": a["a"].cov(b[column]), on={"missing": ["s1", "s2"], "empty": ["s10", "s2"], "labels": ["s1ü", "s1ü"]}, fails={"column": "g"}, word="")
    for name in ("cov", "corr"):
        area.verb(f"expr.{name}", lambda df, name=name: float(getattr(df["a"], name)(df["b"].astype("float64"))), on=on | {"empty": "pairs0"})
        area.one(f"expr.{name}", {"other": "g"}, "fails", "pairs", None, lambda df, other, name=name: getattr(df["a"], name)(df[other]), word="")
    for mark, on in ODD.items():
        area.verb("abs", lambda df: df.abs(), on=on, mark=mark)
        area.verb("round", lambda df, decimals: df.round(decimals), {"decimals": 0}, on=on, mark=mark)
        area.verb("corr", lambda df, method: df.astype("float64").corr(method), {"method": "pearson"}, on=on, mark=mark)
        area.verb("cov", lambda df: df.astype("float64").cov(), on=on, mark=mark)
        area.verb("quantile", lambda df, q: df.astype("float64").quantile(q).rename(None), {"q": 0.5}, on=on, mark=mark)
        area.verb("mode", lambda df: df.mode(), on=on, mark=mark)
    for aggs in (["mean", "max"], ["count", "sum", "std"]):
        area.verb("agg", lambda df, agg: df.agg(agg), {"agg": aggs}, columns=["x"], fails={"agg": ["mea"]}, word="mea")
    for columns in (["g", "f"], ["n"]):
        area.verb("frame.value_counts", lambda df, columns: df.sort_values(columns, kind="stable").value_counts(columns) if len(df) else df.value_counts(columns), {"columns": columns}, columns=["g", "n", "f"], fails={"columns": ["y"]}, word='"y"')
    area.verb("map_values", lambda df, pairs: df["g"].map({a: b for a, b in pairs}).astype("Float64"), {"pairs": [["b", 1.5], ["ß", 2.5], ["z", -1.0]]}, columns=["g"],
              fails={"pairs": [["b", 1.5], ["a", "t"]]}, word="")
    area.table("levels", area.inputs["mixed"].set_index(["g", "f"])[["i", "n", "x"]])
    area.table("levels0", area.inputs["levels"].head(0))
    area.verb("groupby_level", lambda df, level: df.groupby(level=level).sum(), {"level": 0}, on={"labels": "deep", "missing": "levels", "empty": "levels0"})
    area.verb("groupby_level", lambda df, level: df.groupby(level=level).sum(), {"level": "größe"}, on={"labels": "deep"}, fails={"level": "y"}, word="y")

