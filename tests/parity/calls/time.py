"""Parts of times and bins of time."""
import numpy as np
import pandas as pd


def cases(area):
    parts = {"year": "year", "month": "month", "day": "day", "hour": "hour", "minute": "minute", "second": "second", "dayofyear": "dayofyear", "weekday": "weekday",
             "quarter": "quarter"}
    for part in parts:
        area.verb("dt", lambda df, part: getattr(df.iloc[:, 0].dt, part).astype("Int64"), {"part": part}, columns=["d"], fail_columns=["i"], word="i64")
    area.verb("dt", lambda df, part: getattr(df.iloc[:, 0].dt, "normalize" if part == "date" else part)(), {"part": "date"}, columns=["d"], fail_columns=["i"], word="i64")
    area.one("dt", {"part": "yer"}, "fails", "mixed", ["d"], lambda df, part: df["d"].dt.yer, word='"yer"')

    times = ["2024-01-01", "2024-01-01 05:00", None, "2024-01-03 23:59:59", "2024-01-10", "2024-02-29", "2024-03-01 12:00", "2024-03-31 18:00", "2023-12-31 23:00"]
    events = pd.DataFrame({"d": pd.to_datetime(times, format="ISO8601").astype("datetime64[us]"), "x": [1.5, 2.5, 3.0, np.nan, -4.0, 5.5, np.nan, 8.0, 0.25],
                           "n": pd.array([1, None, 3, 4, 5, None, 7, 8, 9], dtype="Int64"), "f": [True, False, True, True, False, True, False, False, True]})
    area.table("events", events)
    area.table("events0", events.head(0))
    area.table("eventsü", events.set_axis(pd.Index(["ä", "東", "ä", "", "z", "ß", "ß", "q", "東"], name="κ")))
    on = {"missing": "events", "empty": "events0", "labels": "eventsü"}

    def resample(df, freq, agg, column="d", **o):
        if column != "d":
            return df.resample(freq, on=column).sum()
        df = df.dropna(subset=["d"]).sort_values("d", kind="stable").set_index("d")[["x", "n"]]
        return getattr(df.astype({"n": "Float64"} if agg in ("mean", "median", "std") else {}).resample(freq, **o), agg)().reset_index()

    for agg in ("sum", "mean", "count", "min", "max", "median", "first", "last", "std"):
        area.verb("resample", resample, {"freq": "MS", "agg": agg}, {"freq": "W", "agg": agg}, on=on, fails={"column": "x"}, word="times")
    for freq in ("36h", "3D", "ME", "QS", "QE", "YS", "YE", "2W", "W-WED", "QS-DEC", "2MS", "12h"):
        area.verb("resample", resample, {"freq": freq, "agg": "sum"}, on=on, fails={"column": "x"}, word="times")
    for freq in ("3D", "W", "ME", "QE"):
        for closed in ("left", "right"):
            for label in ("left", "right"):
                area.verb("resample", resample, {"freq": freq, "agg": "sum", "closed": closed, "label": label}, on=on, fails={"column": "x"}, word="times")
    area.one("resample", {"freq": "xyz", "agg": "sum"}, "fails", "events", None, resample, word="xyz")
    for origin in ("epoch", "start", "start_day"):
        area.verb("resample", resample, {"freq": "5D", "agg": "count", "origin": origin}, {"freq": "7h", "agg": "max", "origin": origin}, on=on,
                  fails={"column": "x"}, word="times")
    for wrong in ({"closed": "lef"}, {"label": "lef"}, {"origin": "epo"}):
        area.one("resample", {"freq": "3D", "agg": "sum"} | wrong, "fails", "events", None, resample, word=next(iter(wrong.values())))
