"""Rows in order, and which of them are different."""
import pandas as pd

from make_calls import ODD

UNKNOWN = {"by": ["y"]}


def directions(by):
    return [b.lstrip("-") for b in by], [not b.startswith("-") for b in by]


def sorted_by(df, by, na_position="last"):
    names, up = directions(by)
    return df.sort_values(names, ascending=up, na_position=na_position, kind="stable")


def ranked(df, **o):
    return df.rank(**o)


def cases(area):
    sets = [{"by": b} for b in (["g"], ["-x"], ["n", "-i"], ["-d"], ["f", "-g"])]
    area.verb("sort_values", sorted_by, *sets, *({"by": [b], "na_position": p} for b in ("x", "-n") for p in ("first", "last")),
              fails=lambda o: o | {"by": ["y"]}, word='"y"')
    area.table("wilder", area.inputs["mixed"].set_index(pd.Index([3.0, None, -1.0, 3.0, 0.0, None, 7.5, -1.0])))
    on = {"missing": "wilder", "empty": "none", "labels": "labels"}
    for o in ({}, {"ascending": False}, {"na_position": "first"}):
        area.verb("sort_index", lambda df, **o: df.sort_index(kind="stable", **o), o, on=on, columns=["i", "x"])
    area.verb("series.sort_values", lambda df, **o: df["x"].sort_values(kind="stable", **o), {}, {"ascending": False}, {"na_position": "first"}, columns=["x"])
    area.table("lists", pd.DataFrame({"v": [[1, 2], [3]]}))
    for keep in ("first", "last", False):
        o = {"keep": keep or "none"}
        area.verb("duplicated", lambda df, keep, subset=None: df.duplicated(subset, keep=False if keep == "none" else keep),
                  o | {"subset": ["g"]}, o | {"subset": ["n", "x"]}, o, fails={"subset": ["y"]}, word='"y"', columns=["g", "n", "x"])
        area.verb("drop_duplicates", lambda df, keep, subset=None: df.drop_duplicates(subset, keep=False if keep == "none" else keep),
                  o | {"subset": ["g"]}, o | {"subset": ["n", "x"]}, o, fails={"subset": ["y"]}, word='"y"', columns=["g", "n", "x"])
    for name in ("g", "n", "x", "d", "f"):
        area.verb("unique", lambda df, column: df[column].unique() if column != "n" else pd.array(df[column].unique()), {"column": name},
                  fail_on="lists", fail_columns=["v"], word='does not exist')
    for verb in ("nlargest", "nsmallest"):
        area.verb(verb, lambda df, n, column, verb=verb: getattr(df, verb)(n, column), {"n": 3, "column": "x"}, {"n": 2, "column": "n"},
                  {"n": 4, "column": "d"}, {"n": 0, "column": "i"}, {"n": 3, "column": "i"}, fails=lambda o: o | {"column": "g"}, word="g")
        area.verb(verb, lambda df, n, column, verb=verb: getattr(df, verb)(n, column), {"n": 20, "column": "x"}, {"n": 7, "column": "x"}, columns=["x", "i"],
                  fails={"column": "y"}, word='"y"')
        for keep in ("first", "last", "all"):
            area.verb(f"{verb}_with", lambda df, n, column, keep, verb=verb: getattr(df, verb)(n, column, keep=keep), *({"n": n, "column": c, "keep": keep} for n, c in ((1, "n"), (2, "n"), (3, "n"), (7, "n"), (20, "n"), (2, "x"), (4, "d"))),
                      fails=lambda o: o | {"column": "g"}, word="g")
    for method in ("average", "min", "max", "first", "dense"):
        for o in ({"method": method}, {"method": method, "ascending": False}, {"method": method, "pct": True}):
            area.verb("rank", ranked, o, columns=["i", "n", "x"], fail_on="lists", fail_columns=["v"], word="list", differs={"fails": "the order of lists"})
    area.one("rank", {"method": "most"}, "fails", "mixed", ["i"], ranked, word="most")
    for mark, on in ODD.items():
        area.verb("rank", ranked, {"method": "min"}, on=on, mark=mark)
        area.verb("sort_index", lambda df: df.sort_index(kind="stable"), on=on, mark=mark)
        area.verb("duplicated", lambda df, keep: df.duplicated(keep=keep), {"keep": "last"}, on=on, mark=mark)
        area.verb("drop_duplicates", lambda df, keep: df.drop_duplicates(keep=keep), {"keep": "first"}, on=on, mark=mark)
        area.verb("sort_values", sorted_by, {"by": ["東"]} if mark == "-twins" else {"by": ["-x"]}, on=on, mark=mark)
        area.verb("nlargest", lambda df, n, column: df.nlargest(n, column), {"n": 2, "column": "東" if mark == "-twins" else "i"}, on=on, mark=mark)
