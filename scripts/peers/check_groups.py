"""Groups, counts and correlations of a random table, beside pandas and duckdb."""
import os
import subprocess

import numpy as np
import pandas as pd

BIN, WORK = os.environ["HPDA_BIN"], os.environ["HPDA_WORK"]
N = 50_000
rng = np.random.default_rng(7)
failed = 0


def report(name, good, why=""):
    global failed
    failed += not good
    print(("ok   " if good else "FAIL ") + name + (f": {why}" if why else ""))


df = pd.DataFrame({
    "few": rng.choice(["a", "Ä", "東京", "a text of more than twelve bytes", None], N, p=[.3, .3, .2, .1, .1]),
    "many": rng.integers(-20_000, 20_000, N),
    "real": np.where(rng.random(N) < .05, np.nan, np.round(rng.normal(size=N), 1) + 0.0),
    "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**9, N), unit="s"),
    "x": np.where(rng.random(N) < .1, np.nan, rng.normal(size=N) * 10.0 ** rng.integers(-8, 8, N)),
    "y": rng.normal(5, 2, N),
    "n": rng.integers(-1000, 1000, N),
})
df["when"] = df["when"].astype("datetime64[us]")
source = os.path.join(WORK, "groups.parquet")
df.to_parquet(source, row_group_size=9_999)


def ours(*args):
    out = os.path.join(WORK, "out.parquet")
    subprocess.run([BIN, args[0], source, *args[1:], "-o", out, "--overwrite", "--quiet"], check=True)
    return pd.read_parquet(out)


def same(name, found, want, rtol=1e-11):
    try:
        want = want.reset_index(drop=True)
        assert list(found.columns) == list(want.columns), (list(found.columns), list(want.columns))
        pd.testing.assert_frame_equal(found.reset_index(drop=True), want, check_dtype=False, rtol=rtol, atol=0, check_exact=False)
        report(name, True)
    except AssertionError as e:
        report(name, False, " ".join(str(e).split())[:200])


FN = ["count", "sum", "mean", "std", "var", "sem", "min", "max", "median", "first", "last", "nunique", "prod", "skew", "kurt"]
KEYS = {"few": ["few"], "many": ["many"], "real": ["real"], "few,many": ["few", "many"], "real,few,many,n": ["real", "few", "many", "n"]}
for by, keys in KEYS.items():
    for keep in (False, True):
        for sort in (True, False):
            functions = FN[:12] if len(keys) < 4 else FN[:9]
            want = df.groupby(keys, dropna=not keep, sort=sort).agg(**{f"{c}_{f}": (c, f) for c in ("x", "n") for f in functions}).reset_index()
            found = ours("groupby", "--by", by, "--agg", "x:" + ",".join(functions), "--agg", "n:" + ",".join(functions),
                         *(["--keep-missing"] if keep else []), *([] if sort else ["--no-sort"]))
            same(f"groupby {by} keep={keep} sort={sort}", found, want)
want = df.groupby("few")[["x", "y", "n"]].agg(["skew", "kurt"])
want.columns = [f"{c}_{f}" for c, f in want.columns]
same("skew and kurt", ours("groupby", "--by", "few", "--agg", "x:skew,kurt", "--agg", "y:skew,kurt", "--agg", "n:skew,kurt"), want.reset_index(), 1e-8)
want = df.groupby("few").apply(lambda d: pd.Series({"r": d["x"].corr(d["y"]), "c": d["n"].cov(d["y"])})).reset_index()
same("corr and cov", ours("groupby", "--by", "few", "--agg", "r=corr(x,y),c=cov(n,y)"), want, 1e-9)
want = df.groupby(df["when"].dt.month.rename("month"))["x"].quantile(.9).rename("x_q0.9").reset_index()
same("a part of a time, a quantile", ours("groupby", "--by", "when.month", "--agg", "x:q0.9"), want)
want = df.sort_values("x", ascending=False, kind="stable").groupby("few", sort=True).head(3)
want = want.dropna(subset="few").sort_values("few", kind="stable")[["few", "x"]]
same("the first rows of groups", ours("groupby", "--by", "few", "--top", "3", "--order", "-x", "--columns", "few,x"), want)
g = df.groupby("few")
for how, f in {"anomaly": lambda c: df[c] - g[c].transform("mean"), "rank": lambda c: g[c].rank(), "cumsum": lambda c: g[c].cumsum(),
               "standardize": lambda c: (df[c] - g[c].transform("mean")) / g[c].transform("std"),
               "fill_mean": lambda c: df[c].fillna(g[c].transform("mean"))}.items():
    want = df.assign(**{c: f(c) for c in ("x", "n")})
    same(f"transform {how}", ours("groupby", "--by", "few", "--transform", how, "--columns", "x,n"), want, 1e-9)
want = df.value_counts(["few"]).rename("count").reset_index()
want = want.assign(fraction=want["count"] / want["count"].sum()).sort_values(["count", "few"], ascending=[False, True])
same("counts", ours("counts", "--by", "few"), want)
for method in ("pearson", "spearman", "kendall"):
    want = df[["many", "real", "x", "y", "n"]].head(N).corr(method).reset_index(names="column")
    same(f"corr {method}", ours("corr", "--method", method), want, 1e-8)
want = df[["x", "n"]].agg(["mean", "std"]).unstack().to_frame().T
want.columns = [f"{c}_{f}" for c, f in want.columns]
same("reduce", ours("reduce", "--agg", "x:mean,std", "--agg", "n:mean,std"), want)
raise SystemExit(bool(failed))
