"""Makes lessons.json: what pandas, xarray, scipy and numpy say of the questions that the examples answer.

Run in the project's folder with the folder of the real files: python tests/parity/make_lessons.py REAL > tests/parity/lessons.json
"""

import collections
import glob
import json
import sys

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import curve_fit

real = sys.argv[1]


def titanic(path):
    df = pd.read_csv(path, index_col="Name")
    child = df.Age < 12
    return {
        "mean age": df.Age.mean(),
        "dearest ticket": df.Fare.max(),
        "survived": 100 * df.Survived.mean(),
        "missing ages": int(df.Age.isna().sum()),
        "over seventy": int((df.Age > 70).sum()),
        "called Edith": int(df.index.str.contains("Edith").sum()),
        "by sex and child": df.groupby(["Sex", child]).Survived.mean().tolist(),
        "by sex and class": df.pivot_table("Survived", "Sex", "Pclass", margins=True).values.ravel().tolist(),
        "mean age of the first ten": df.iloc[:10].Age.mean(),
        "older": 100 * df[df.Age > df.Age.mean()].Survived.mean(),
        "younger": 100 * df[df.Age < df.Age.mean()].Survived.mean(),
        "sizes": {str(k): int(v) for k, v in df.SibSp.value_counts().sort_index().items()},
        "largest": int((df.SibSp == df.SibSp.max()).sum()),
        "cheap": int((df.Fare < df.Fare.mean()).sum()),
    }


def climate(paths):
    coder = xr.coders.CFDatetimeCoder(use_cftime=True)
    ds = xr.open_mfdataset(paths, data_vars="minimal", coords="minimal", compat="override", decode_times=coder)
    tas = ds.tas.load() - 273.15
    near = tas.groupby("time.year").mean().sel(lon=18.07, lat=59.33, method="nearest")
    months = tas.groupby("time.month")
    usual = months.mean("time")
    at = usual.sel(lon=18.07, lat=59.33, method="nearest")
    anomaly = months - usual
    return {
        "mean": float(tas.mean("time").weighted(np.cos(np.deg2rad(tas.lat))).mean()),
        "years": {str(int(y)): float(v) for y, v in zip(near.year, near)},
        "January": float(at.sel(month=1)),
        "July": float(at.sel(month=7)),
        "spread": float(anomaly.astype("f8").std()),
    }


def stations():
    days = pd.date_range("1991-01-01", "2000-12-31", freq="D")
    t = np.arange(len(days), dtype=float)
    parts = []
    for s, name in enumerate(["coast", "plain", "hill"]):
        season = (6 + 4 * s) * np.sin(2 * np.pi * (t - 110) / 365.25)
        weather = 3 * np.sin(t * 0.7391 + s) + 2 * np.sin(t * t * 0.013 + 2 * s)
        parts.append(pd.DataFrame({"station": name, "day": days, "tas": 8 - 2.0 * s + season + weather + t / 3652.5}))
    df = pd.concat(parts, ignore_index=True)
    key = df.day.dt.day_of_year.rename("dayofyear")
    groups = df.groupby(["station", key]).tas
    usual = groups.mean()
    odd = (df.tas - groups.transform("mean")) / groups.transform("std")
    top = odd.nlargest(3)
    hill = df[df.station == "hill"].set_index("day").tas.resample("MS").mean()
    return {
        "rows": len(usual),
        "coldest": {n: [int(usual[n].idxmin()), usual[n].min()] for n in ["coast", "plain", "hill"]},
        "oddest": [[df.station[i], str(df.day[i].date()), top[i]] for i in top.index],
        "years": odd.groupby(df.day.dt.year).mean().tolist(),
        "months": [len(hill), hill.iloc[0]],
    }


def powerlaw(path):
    df = pd.read_csv(path)
    k = np.arange(df.shape[1] - 1) + 1.0
    s = [curve_fit(lambda x, a, s: a * np.power(x, s), k, row, p0=[100, -1], ftol=1e-14, xtol=1e-14)[0][1] for row in df.iloc[:, 1:].values.astype(float)]
    return {"n": len(s), "mean": float(np.mean(s)), "min": min(s), "max": max(s)}


def diffusion(size, steps):
    u = np.zeros((size, size))
    u[0] = 100
    for _ in range(steps):
        new = u.copy()
        new[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
        u = new
    return {"mean": float(u.mean()), "below": float(u[1, size // 2])}


def algebra(points):
    bought = np.array([[2.0, 1, 4], [0, 3, 1], [5, 0, 2]])
    bills = bought @ [0.5, 0.75, 0.25]
    string = np.linalg.eigvalsh(2 * np.eye(points) - np.eye(points, k=1) - np.eye(points, k=-1))
    return {"bills": bills.tolist(), "prices": np.linalg.solve(bought, bills).tolist(), "tones": np.sqrt(string[:5] / string[0]).tolist()}


def words(path):
    """The lesson's way: its signs of punctuation are gaps; the ten commonest words, and how often each comes again so many words later."""
    text = open(path, encoding="utf-8-sig").read()
    for sign in """.,;:?$@^<>#%`!*-=()[]{}/"'""":
        text = text.replace(sign, " ")
    text = np.array([w.lower() for w in text.split()])
    counts = collections.Counter(text.tolist())
    top = sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:10]
    again = np.zeros(100)
    for word, n in top:
        here = text == word
        again += [np.count_nonzero(here[: len(here) - t] & here[t:]) / n for t in range(100)]
    again /= len(top)
    return {"words": len(text), "different": len(counts), "top": top, "again": {str(t): again[t] for t in [1, 2, 5, 10, 50]}}


n = 200_000
numbers = (np.arange(n) * 0.6180339887498949) % 1
x = np.linspace(0, 1, 1001)
out = {
    "titanic": {"ours": titanic("data/passengers.csv"), "real": titanic(f"{real}/titanic.csv")},
    "climate": {"ours": climate(["data/climate.nc"]), "real": climate(sorted(glob.glob(f"{real}/tas/*.nc")))},
    "stations": stations(),
    "powerlaw": {"ours": powerlaw("data/counts.csv"), "real": powerlaw(f"{real}/results.csv")},
    "words": {"text.txt": words("data/text.txt")} | {f"words/pg{b}.txt": words(f"{real}/words/pg{b}.txt") for b in (13, 36, 46, 61, 65)},
    "diffusion": diffusion(32, 12),
    "numbers": {"mean": float(numbers.mean()), "std": float(numbers.std())},
    "algebra": algebra(40),
    "trapezoid": float(np.trapezoid(x**1.5, x)),
}
json.dump(out, sys.stdout, indent=1)
print()
