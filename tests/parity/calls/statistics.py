"""Statistics of columns."""
import numpy as np
import pandas as pd


def cases(area):
    for method in ("pearson", "spearman", "kendall"):
        area.verb("corr", lambda df, method: df.astype("float64").corr(method), {"method": method}, columns=["i", "n", "x"], fail_columns=["g"], word="numeric")
    area.one("corr", {"method": "kendal"}, "fails", "mixed", ["x"], lambda df, method: df.corr(method), word="kendal")
    table = pd.DataFrame({"a": [1.5, np.nan, 3.0, 4.25, -1.0, 2.0], "b": pd.array([2, 3, None, 5, 8, 8], dtype="Int64"), "g": list("xyxyxy")})
    area.table("pairs", table)
    area.table("pairs0", table.head(0))
    area.table("pairsü", table.set_axis(pd.Index(list("äöäéßz"))))
    on = {"missing": "pairs", "labels": "pairsü"}
    for name in ("cov", "corr"):
        area.verb(f"series.{name}", lambda df, name=name: float(getattr(df["a"], name)(df["b"].astype("float64"))), on=on | {"empty": "pairs0"})
        area.one(f"series.{name}", {"other": "g"}, "fails", "pairs", None, lambda df, other, name=name: getattr(df["a"], name)(df[other]), word="")
