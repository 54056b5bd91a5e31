"""Making tables and looking at them."""
import pandas as pd

from make_calls import ODD


def cases(area):
    for n in (0, 3, 100):
        area.verb("head", lambda df, n: df.head(n), {"n": n})
        area.verb("tail", lambda df, n: df.tail(n), {"n": n})
    area.verb("shape", lambda df: list(df.shape))
    for q in ([0.25, 0.5, 0.75], [0.0, 0.1, 1.0], []):
        area.verb("describe", lambda df, q: df.describe(percentiles=q), {"q": q}, columns=["i", "n", "x"], fails={"q": [1.5]}, word="1.5")
        area.verb("series.describe", lambda df, q: df["x"].describe(percentiles=q), {"q": q}, columns=["x"], fails={"q": [-0.5]}, word="-0.5")
    for name in ("g", "n", "x", "f", "d"):
        area.verb("value_counts", lambda df, column: df[column].value_counts(), {"column": name}, fails={"column": "y"}, word='"y"')
        area.verb("series.nunique", lambda df, column: df[column].nunique(), {"column": name}, fails={"column": "y"}, word='"y"')
    area.verb("nunique", lambda df: df.nunique())
    area.verb("info", lambda df: pd.DataFrame({"count": df.count()}))
    for name in ("count", "sum", "mean", "std", "var", "sem", "min", "max", "median", "prod", "skew", "kurt", "nunique"):
        area.verb("reduce", lambda df, agg: getattr(df, agg)(), {"agg": name}, columns=["i", "x"], fails={"agg": "mea"}, word="mea")
        area.verb("series.reduce", lambda df, agg: getattr(df["n"], agg)(), {"agg": name}, columns=["n"], fails={"agg": "mea"}, word="mea")
    for name in ("any", "all"):
        area.verb("reduce", lambda df, agg: getattr(df, agg)(), {"agg": name}, columns=["f"], fails={"agg": "mea"}, word="mea")
        area.verb("series.reduce", lambda df, agg: getattr(df["f"], agg)(), {"agg": name}, columns=["f"], fails={"agg": "mea"}, word="mea")
    for start, end, freq in (("2024-01-30", "2024-02-03", "D"), ("2024-01-15", "2024-06-01", "MS"), ("2024-01-15", "2024-06-30", "ME"), ("2024-01-01 06:00", "2024-01-02", "6h"),
                             ("2023-11-30", "2025-01-01", "QE"), ("2020-02-29", "2024-02-28", "YS"), ("2024-01-01", "2024-01-20", "W"), ("2024-01-05", "2024-01-20", "B"), ("2024-01-15", "2024-09-30", "BME"), ("2024-01-15", "2025-06-30", "BQS"), ("2024-01-15", "2024-12-30", "2MS"), ("2024-01-06", "2024-02-10", "3B"), ("2024-01-03", "2024-01-01", "D")):
        area.one("date_range", {"start": start, "end": end, "freq": freq}, "missing" if start < end else "empty", [], None,
                 lambda start, end, freq: pd.Series(pd.date_range(start, end, freq=freq)).array)
    area.one("date_range", {"start": "2024-01-01", "end": "2024-02-01", "freq": "xy"}, "fails", [], None, lambda **o: pd.date_range(**o), word="xy")
    area.one("date_range", {"start": "2024-13-01", "end": "2024-02-01", "freq": "D"}, "fails", [], None, lambda **o: pd.date_range(**o), word="2024-13")
    for start, n, freq in (("2024-01-31", 4, "ME"), ("2024-01-30", 5, "D"), ("2024-02-29 12:00", 3, "W-WED"), ("2024-01-01", 0, "h"), ("1999-12-31 23:00", 6, "30min")):
        area.one("date_range_n", {"start": start, "periods": n, "freq": freq}, "missing" if n else "empty", [], None,
                 lambda start, periods, freq: pd.Series(pd.date_range(start, periods=periods, freq=freq)).array)
    area.one("date_range_n", {"start": "2024-01-01", "periods": 3, "freq": "xy"}, "fails", [], None, lambda **o: pd.date_range(**o), word="xy")
    for mark, on in ODD.items():
        for agg in ("sum", "mean", "count", "max", "nunique"):
            area.verb("reduce", lambda df, agg: getattr(df, agg)(), {"agg": agg}, on=on, mark=mark) if mark == "-twins" else None
        area.verb("describe", lambda df, q: df.describe(percentiles=q), {"q": [0.5]}, on=on, mark=mark)
        area.verb("head", lambda df, n: df.head(n), {"n": 2}, on=on, mark=mark)
        area.verb("tail", lambda df, n: df.tail(n), {"n": 2}, on=on, mark=mark)
        area.verb("info", lambda df: pd.DataFrame({"count": df.count()}), on=on, mark=mark)
