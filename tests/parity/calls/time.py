"""Parts of times and bins of time."""
import numpy as np
import pandas as pd


def cases(area):
    parts = {"year": "year", "month": "month", "day": "day", "hour": "hour", "minute": "minute", "second": "second", "dayofyear": "dayofyear", "weekday": "weekday",
             "quarter": "quarter", "microsecond": "microsecond", "days_in_month": "days_in_month"}
    for part in parts:
        area.verb("dt", lambda df, part: getattr(df.iloc[:, 0].dt, part).astype("Int64"), {"part": part}, columns=["d"], fail_columns=["i"], word="i64")
    area.verb("dt", lambda df, part: getattr(df.iloc[:, 0].dt, "normalize" if part == "date" else part)(), {"part": "date"}, columns=["d"], fail_columns=["i"], word="i64")
    area.verb("dt", lambda df, part: df.iloc[:, 0].dt.isocalendar().week.astype("Int64").rename("d"), {"part": "week"}, columns=["d"], fail_columns=["i"], word="i64")
    for part in ("day_name", "month_name"):
        area.verb("dt", lambda df, part: getattr(df.iloc[:, 0].dt, part)(), {"part": part}, columns=["d"], fail_columns=["i"], word="i64")
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

    stamps = pd.DataFrame({"d": events["d"], "w": pd.to_datetime(["2024-03-31 02:30", "2024-10-27 02:30", None, "2024-01-01", "2024-07-01 12:00", "2024-10-27 01:59:59", "2024-10-27 03:00", "2024-03-31 03:00", "2024-03-31 01:59"], format="ISO8601").astype("datetime64[us]"),
                           "i": range(9)})
    area.table("stamps", stamps)
    area.table("stamps0", stamps.head(0))
    area.table("stampsü", stamps.set_axis(pd.Index(["ä", "東", "ä", "", "z", "ß", "ß", "q", "東"], name="κ")))
    wall = {"missing": "stamps", "empty": "stamps0", "labels": "stampsü"}
    for verb in ("floor", "ceil", "round"):
        for freq in ("D", "h", "15min", "7h", "2s"):
            area.verb(f"dt.{verb}", lambda df, freq, verb=verb, column="d": getattr(df[column].dt, verb)(freq), {"freq": freq}, on=wall, fails=lambda o: o | {"column": "i"}, word="")
        area.one(f"dt.{verb}", {"freq": "ME"}, "fails", "stamps", None, lambda df, freq, verb=verb: getattr(df["d"].dt, verb)(freq), word="")
    for form in ("%Y-%m-%d", "%d.%m.%y %H:%M:%S", "%Y %j", "%b %A", "%H:%M %p"):
        area.verb("strftime", lambda df, form, column="d": df[column].dt.strftime(form), {"form": form}, on=wall, fails=lambda o: o | {"column": "i"}, word="")
    area.table("words", pd.DataFrame({"text": ["a"]}))
    OFFSETS = {"1D": pd.DateOffset(days=1), "ME": pd.offsets.MonthEnd(1), "-1ME": pd.offsets.MonthEnd(-1), "MS": pd.offsets.MonthBegin(1), "2QE": pd.offsets.QuarterEnd(2, startingMonth=12), "YS": pd.offsets.YearBegin(1),
               "YE": pd.offsets.YearEnd(1), "1months": pd.DateOffset(months=1), "-13months": pd.DateOffset(months=-13), "1years": pd.DateOffset(years=1), "B": pd.offsets.BDay(1), "-3B": pd.offsets.BDay(-3), "BME": pd.offsets.BMonthEnd(1), "-1BME": pd.offsets.BMonthEnd(-1), "0BME": pd.offsets.BMonthEnd(0), "BMS": pd.offsets.BMonthBegin(1), "-2BMS": pd.offsets.BMonthBegin(-2),
               "2BQE": pd.offsets.BQuarterEnd(2, startingMonth=12), "BQE-NOV": pd.offsets.BQuarterEnd(1, startingMonth=11), "-1BQS": pd.offsets.BQuarterBegin(-1, startingMonth=1), "BYE": pd.offsets.BYearEnd(1), "BYS": pd.offsets.BYearBegin(1), "5h": pd.DateOffset(hours=5)}
    for by, offset in OFFSETS.items():
        area.verb("offset", lambda df, by, offset=offset, column="d": df[column] + offset, {"by": by}, on=wall, fails=lambda o: o | {"column": "text"}, fail_on="words", word="")

    HOLIDAYS = ["2024-01-01", "2024-01-02", "2024-03-01", "2024-02-28", "2024-03-30", "2023-12-29"]
    for by in ("B", "-1B", "0B", "3B", "-40B"):
        area.verb("offset_with", lambda df, by, holidays, column="d": df[column] + pd.offsets.CustomBusinessDay(int(by[:-1] or 1), holidays=holidays), {"by": by, "holidays": HOLIDAYS}, {"by": by, "holidays": []}, on=wall,
                  fails=lambda o: o | {"column": "text"}, fail_on="words", word="")
    area.one("offset_with", {"by": "ME", "holidays": HOLIDAYS}, "fails", "stamps", None, lambda df, by, holidays: df["d"] + pd.offsets.CustomBusinessDay(by, holidays=holidays), word="ME")
    for freq in ("B", "2B", "BME", "BMS", "2BME", "BQE", "BQS", "BYE", "BQE-NOV"):
        area.verb("resample", resample, {"freq": freq, "agg": "sum"}, {"freq": freq, "agg": "count", "closed": "left", "label": "right"}, {"freq": freq, "agg": "count", "closed": "right", "label": "left"}, on=on, fails={"column": "x"}, word="times")
    # Days on the clocks of a zone, which has days of 23 and 25 hours.
    spring = ["2024-03-29 10:00", "2024-03-30 12:00", "2024-03-30 23:30", "2024-03-31 00:30", None, "2024-03-31 01:30", "2024-03-31 21:59:59", "2024-03-31 22:00", "2024-04-01 12:00", "2024-05-06 00:00"]
    autumn = ["2024-10-25 22:00", "2024-10-26 21:30", None, "2024-10-26 22:00", "2024-10-27 00:30", "2024-10-27 01:30", "2024-10-27 22:59:59", "2024-10-27 23:00", "2024-10-28 12:00", "2024-11-03 05:30"]
    for name, stamps in (("spring", spring), ("autumn", autumn)):
        zones = pd.DataFrame({"d": pd.to_datetime(stamps, format="ISO8601").astype("datetime64[us]"), "x": [1.5, 2.5, 3.0, np.nan, -4.0, 5.5, 16.0, 8.0, 0.25, 32.0], "n": pd.array([1, None, 3, 4, 5, None, 7, 8, 9, 10], dtype="Int64")})
        area.table(f"{name}", zones)
        area.table(f"{name}0", zones.head(0))
        area.table(f"{name}ü", zones.set_axis(pd.Index(["ä", "東", "ä", "", "z", "ß", "ß", "q", "東", "z"], name="κ")))

        def in_zone(df, tz, freq, agg="sum", column="d", **o):
            df = df.dropna(subset=["d"]).sort_values("d", kind="stable")
            times = df[column].dt.tz_localize("UTC").dt.tz_convert(tz)
            out = getattr(df.assign(d=times).set_index("d")[["x", "n"]].resample(freq, **o), agg)().reset_index()
            return out.assign(d=out["d"].dt.tz_convert("UTC").dt.tz_localize(None))

        there = {"missing": name, "empty": f"{name}0", "labels": f"{name}ü"}
        for tz in ("Europe/Paris", "America/New_York", "Asia/Kolkata"):
            for freq in ("D", "2D", "W", "h", "7h", "MS", "ME", "B"):
                area.verb("resample_in_zone", in_zone, {"tz": tz, "freq": freq}, on=there, fails=lambda o: o | {"column": "x"}, word="times")
            for freq in ("D", "W", "ME", "6h"):
                area.verb("resample_in_zone", in_zone, {"tz": tz, "freq": freq, "closed": "right", "label": "right"}, {"tz": tz, "freq": freq, "closed": "left", "label": "right"}, on=there, fails=lambda o: o | {"column": "x"}, word="times")
            for origin in ("epoch", "start"):
                area.verb("resample_in_zone", in_zone, {"tz": tz, "freq": "7h", "origin": origin}, on=there, fails=lambda o: o | {"column": "x"}, word="times")

        def asfreq_in_zone(df, tz, freq, column="d"):
            df = df.dropna(subset=["d"])
            out = df.assign(d=df[column].dt.tz_localize("UTC").dt.tz_convert(tz)).set_index("d")[["x"]].asfreq(freq).reset_index()
            return out.assign(d=out["d"].dt.tz_convert("UTC").dt.tz_localize(None))

        for freq in ("D", "2D", "12h"):
            area.verb("asfreq_in_zone", asfreq_in_zone, {"tz": "Europe/Paris", "freq": freq}, on=there, fails=lambda o: o | {"column": "x"}, word="times")

    def zoned(s):
        return s.dt.strftime("%Y-%m-%dT%H:%M:%S").where(s.notna(), None) + s.dt.strftime("%z").str[:3] if len(s) else pd.Series([], dtype="str", name=s.name, index=s.index)

    for ambiguous in ("earlier", "later", "missing"):
        for absent in ("shift_forward", "NaT"):
            def localize(df, ambiguous, nonexistent, tz):
                choice = "NaT" if ambiguous == "missing" else np.array([ambiguous == "earlier"] * len(df), dtype=bool)
                return zoned(df["w"].dt.tz_localize(tz, ambiguous=choice, nonexistent=nonexistent))
            area.verb("tz_localize", localize, {"tz": "Europe/Paris", "ambiguous": ambiguous, "nonexistent": absent}, on=wall, fails={"tz": "Europe/Pariss"}, word="Pariss")
    area.one("tz_localize", {"tz": "Europe/Paris"}, "fails", "stamps", None, lambda df, tz: df["w"].dt.tz_localize(tz), word="")
    fixed = ("later", "shift_forward")
    area.verb("tz_convert", lambda df, tz: zoned(df["d"].dt.tz_localize("UTC").dt.tz_convert(tz)), {"tz": "America/New_York"}, {"tz": "Asia/Kolkata"}, on=wall, fails={"tz": "Asia/Kolkat"}, word="Kolkat")
    area.verb("tz_drop", lambda df, tz: df["d"].dt.tz_localize("UTC").dt.tz_convert(tz).dt.tz_localize(None), {"tz": "America/New_York"}, on=wall, fails={"tz": "Asia/Kolkat"}, word="Kolkat")
    area.one("tz_convert", {"tz": "Asia/Tokyo", "plain": True}, "fails", "stamps", None, lambda df, tz, plain: df["d"].dt.tz_convert(tz), word="zone")
    for form, texts, texts2 in (("%d.%m.%Y", ["31.01.2024", None, "29.02.2023", "01.12.1999"], ["01.01.2000", "02.03.2004", None, "31.12.2024"]), (None, ["2024-01-31", "2024-02-29T12:30:00", None, "soon"], ["2024-01-31", None, "1999-12-31", "2000-01-01"])):
        area.table(f"dates{form}", pd.DataFrame({"t": pd.array(texts, dtype="str")}))
        area.table(f"dates0{form}", area.inputs[f"dates{form}"].head(0))
        area.table(f"datesü{form}", pd.DataFrame({"t": pd.array(texts2, dtype="str")}, index=pd.Index(["ä", "東", "ä", ""])))

        def to_datetime(df, format, errors):
            out = pd.to_datetime(df["t"], format=format or "ISO8601", errors=errors)
            return out.astype("datetime64[us]")

        area.verb("to_datetime", to_datetime, {"format": form, "errors": "coerce"}, on={"missing": f"dates{form}", "empty": f"dates0{form}", "labels": f"datesü{form}"}, fails={"errors": "raise"}, word="")
        area.verb("to_datetime", to_datetime, {"format": form, "errors": "raise"}, on={"labels": f"datesü{form}", "empty": f"dates0{form}"}, fail_on=f"dates{form}", word="")
        area.one("to_datetime", {"format": form, "errors": "raise"}, "missing", f"datesü{form}", None, to_datetime)
    area.one("to_datetime", {"format": "%Q", "errors": "coerce"}, "fails", "datesNone", None, lambda df, format, errors: pd.to_datetime(df["t"], format=format, errors=errors), word="%Q")
    daily = pd.DataFrame({"x": [1.5, np.nan, 3.0, 4.5], "n": pd.array([1, 2, None, 4], dtype="Int64")}, index=pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-07"]).astype("datetime64[us]"))
    area.table("daily", daily)
    area.table("daily0", daily.head(0))
    area.table("dailytwice", pd.concat([daily, daily]).sort_index())
    area.table("dailyü", daily.rename(columns={"x": "größe"}).rename_axis("日"))
    steps = {"missing": "daily", "empty": "daily0", "labels": "dailyü"}
    for freq in ("D", "2D", "12h"):
        area.verb("asfreq", lambda df, freq: df.asfreq(freq), {"freq": freq}, on=steps, fail_on="dailytwice", word="twice")
        for how in ("ffill", "bfill", "asfreq"):
            for limit in ((None, 1) if how != "asfreq" else (None,)):
                area.verb(f"resample.{how}", lambda df, freq, how=how, limit=None: getattr(df.resample(freq), how)(**({"limit": limit} if limit else {})), {"freq": freq} | ({"limit": limit} if limit else {}), on=steps, fail_on="dailytwice", word="twice")
    for agg in ("sum", "mean", "count", "min", "max", "median", "first", "last", "std", "var", "prod", "nunique"):
        area.verb("resample_index", lambda df, freq, agg: getattr(df.astype({"n": "Float64"} if agg in ("mean", "median", "std", "var") else {}).resample(freq), agg)(), {"freq": "2D", "agg": agg}, {"freq": "W", "agg": agg}, on=steps | {"labels": "dailytwice"}, fail_on="mixed", fail_columns=["i"], word="")
