"""Missing values: found, dropped, filled, replaced."""
import numpy as np
import pandas as pd

from make_calls import ODD

ONE_TYPE = "text and numbers in one column"
NUMBERS = ["i", "n", "x"]


def cases(area):
    area.verb("isna", lambda df: df.isna())
    area.verb("notna", lambda df: df.notna())
    area.verb("dropna", lambda df, **o: df.dropna(**o), {}, {"how": "any"}, {"how": "all"}, {"thresh": 4}, {"subset": ["x", "n"]},
              {"how": "all", "subset": ["x", "n"]}, fails=lambda o: o | {"subset": ["y"]}, word='"y"')
    area.verb("fillna", lambda df, value: df.fillna(value), {"value": 7}, columns=NUMBERS, fail_columns=["n"], fails={"value": "?"}, word="text")
    area.verb("fillna", lambda df, value: df.fillna(value), {"value": {"g": "?", "x": 0.5, "n": 4}}, columns=["g", "n", "x"],
              fails={"value": {"n": "?"}}, word="text")
    for verb in ("ffill", "bfill"):
        area.verb(verb, lambda df, limit=None, verb=verb: getattr(df, verb)(limit=limit), {}, {"limit": 1}, fails={"limit": 0}, word="limit")
    area.table("lonely", pd.DataFrame({"x": [np.nan, 1.0, np.nan, np.nan, 4.0, np.nan, 5.5, np.nan]}, index=[0.0, 1.0, 2.5, 3.0, 7.0, 8.0, 9.0, 10.0]))
    area.verb("interpolate", lambda df, method="linear", limit=None: df.interpolate(method=method, limit=limit, limit_area="inside"),
              {}, {"limit": 1}, columns=["x"], fails={"limit": 0}, word="limit")
    area.verb("interpolate", lambda df, method="linear", limit=None: df.interpolate(method=method, limit=limit, limit_area="inside"),
              {"method": "index"}, {"method": "index", "limit": 1}, columns=["x"], on={"missing": "lonely", "empty": "none"}, fail_on="labels", word="numbers or times")
    area.verb("replace", lambda df, pairs: df.replace({k: v for k, v in pairs}), {"pairs": [["b", "ü"], ["z", "a"]]},
              {"pairs": [["b", "a"], ["a", "b"]]}, columns=["g"], fails={"pairs": [["b", 1.5]]}, word="type", differs={"fails": ONE_TYPE})
    area.verb("replace", lambda df, pairs: df.replace({k: v for k, v in pairs}), {"pairs": [[8, 80], [-3, 3]]}, columns=["i", "n"],
              fails={"pairs": [[8, "a"]]}, word="type", differs={"fails": ONE_TYPE})
    area.verb("replace", lambda df, pairs: df.replace({k: v for k, v in pairs}), {"pairs": [[1.5, -1.5], [4.0, 0.25]]}, columns=["x"],
              fails={"pairs": [[1.5, "a"]]}, word="type", differs={"fails": ONE_TYPE})
    for verb in ("where", "mask"):
        def call(df, verb=verb, other=np.nan, mask="f"):
            return getattr(df.drop(columns="f"), verb)(df[mask], other) if mask == "f" else getattr(df, verb)(df[mask], other)
        area.verb(verb, call, {}, {"other": -1}, columns=["n", "x", "f"], fails={"mask": "x"}, word="bool")
        area.verb(verb, call, {"other": "?"}, columns=["g", "f"], fails=lambda o: o | {"mask": "g"}, word="bool")
    area.table("other", pd.DataFrame({"x": [10.5, np.nan, 30.5], "w": ["p", None, "q"]}, index=[1, 4, 20]))
    area.table("ö", pd.DataFrame({"x": [10.5, np.nan, 30.5, 7.0], "w": ["p", None, "q", "東"]}, index=pd.Index(["z", "東京", "neu", "Å"], name="κ")))
    area.table("words", pd.DataFrame({"x": ["p", "q"]}))
    both = {"missing": ["mixed", "other"], "empty": ["none", "other"], "labels": ["labels", "ö"]}
    area.verb("combine_first", lambda a, b: a.combine_first(b)[["x", "n", "w"] if "w" in b else a.columns], columns=["x", "n"], on=both, fail_on=["mixed", "words"], word="type",
              differs={"fails": ONE_TYPE})
    for o in ({"low": 0, "high": 4}, {"low": 1}, {"high": 2}):
        area.verb("clip", lambda df, low=None, high=None: df.clip(low, high), o, columns=NUMBERS, fails=lambda o: {k: "a" for k in o}, word="")
    for inclusive in ("both", "left", "right", "neither"):
        area.verb("between_with", lambda df, low, high, inclusive: df["x"].between(low, high, inclusive), {"low": -0.5, "high": 1.5, "inclusive": inclusive}, columns=["x"], fails=lambda o: o | {"low": "a"}, word="",
                  differs=lambda o, kind: "comparisons of tables and series with missing values" if kind in ("missing", "labels") else None)
    area.verb("between", lambda df, low, high: df["x"].between(low, high), {"low": -1, "high": 2}, on={"missing": "mixed", "empty": "none", "labels": "labels"},
              columns=["x"], fails={"low": "a", "high": "b"}, word="",
              differs=lambda o, kind: "comparisons of tables and series with missing values" if kind in ("missing", "labels") else None)
    for mark, on in ODD.items():
        for verb in ("isna", "notna", "dropna", "ffill", "bfill"):
            area.verb(verb, lambda df, verb=verb: getattr(df, verb)(), on=on, mark=mark)
        area.verb("fillna", lambda df, value: df.fillna(value), {"value": 7}, on=on, mark=mark)
        area.verb("clip", lambda df, low: df.clip(low), {"low": 1}, on=on, mark=mark)
        area.verb("replace", lambda df, pairs: df.replace({k: v for k, v in pairs}), {"pairs": [[3, 30], [1.5, 2]]}, on=on, mark=mark) if mark == "-twins" else None
