"""Tables brought together by keys, labels and times."""
import numpy as np
import pandas as pd

from make_calls import ODD

ONE_TYPE = "text and numbers in one column"


def cases(area):
    left = pd.DataFrame({"k": pd.array(["b", "a", None, "b", "c"], dtype="str"), "t": pd.array([1, 2, 3, None, 5], dtype="Int64"), "v": [1.5, np.nan, 2.5, 4.0, 0.5]})
    right = pd.DataFrame({"k": pd.array(["b", "c", "b", "d"], dtype="str"), "w": pd.array([10, None, 12, 13], dtype="Int64"), "v": pd.array(["x", None, "z", "u"], dtype="str")})
    area.table("left", left)
    area.table("right", right)
    area.table("left0", left.head(0))
    area.table("right0", right.head(0))
    u = {"a": "ä", "b": "東", "c": "", "d": "ß"}
    area.table("leftü", left.assign(k=left["k"].replace(u)).set_axis(pd.Index(["ö", "ö", "p", "", "東"])).rename(columns={"t": "größe"}))
    area.table("rightü", right.assign(k=right["k"].replace(u)).rename(columns={"w": "重さ"}))
    on = {"missing": ["left", "right"], "empty": ["left0", "right"], "labels": ["leftü", "rightü"]}

    def merge(a, b, how="inner", on=(), suffixes=("_x", "_y"), indicator=False, validate=None, **o):
        """As pandas, but a missing key matches nothing, and an outer join has the left order, then what is left of the right."""
        on = list(on)
        if how == "cross":
            return a.merge(b, how=how, suffixes=suffixes, on=on or None)
        a.merge(b, on=on, how=how if how not in ("semi", "anti") else "left", validate=validate)  # what it refuses
        a, b = a.reset_index(drop=True).copy(), b.copy()
        for df, sign in ((a, -1), (b, 1)):
            gone = df[on].isna().any(axis=1)
            df["__m"] = [sign * (i + 1) if g else 0 for i, g in enumerate(gone)]
        keys = on + ["__m"]
        o = {"on": keys, "suffixes": suffixes, "indicator": indicator}
        if how in ("semi", "anti"):
            both = a.merge(b[keys].drop_duplicates(), on=keys, how="left", indicator=True)
            return a[(both["_merge"] == ("both" if how == "semi" else "left_only")).values].drop(columns="__m").reset_index(drop=True)
        if how == "outer":
            first = a.merge(b, how="left", **o)
            alone = b.merge(a[keys].drop_duplicates(), on=keys, how="left", indicator=True)
            alone = b[(alone["_merge"] == "left_only").values]
            out = pd.concat([first, a.iloc[:0].merge(alone, how="right", **o)], ignore_index=True)
        else:
            out = a.merge(b, how=how, **o)
        if indicator:
            out["_merge"] = out["_merge"].astype("str").astype("category")
        return out.drop(columns="__m")

    def refuse(a, b, **o):
        return a.merge(b, **o)

    for how in ("inner", "left", "right", "outer"):
        area.verb("merge", merge, {"on": ["k"], "how": how}, {"on": ["k"], "how": how, "indicator": True}, {"on": ["k"], "how": how, "suffixes": ["_ä", "_右"]}, on=on,
                  fails={"on": ["y"]}, word='"y"')
        area.one("merge", {"on": ["k"], "how": how}, "empty", ["left", "right0"], None, merge)
    for how in ("semi", "anti"):
        area.verb("merge", merge, {"on": ["k"], "how": how}, on=on, fails={"on": ["y"]}, word='"y"') if False else None
    area.verb("merge", merge, {"how": "cross"}, on=on, fails={"on": ["k"]}, word="cross")
    area.table("once", right.drop_duplicates("k"))
    area.table("onceü", area.inputs["rightü"].drop_duplicates("k"))
    area.verb("merge", merge, {"on": ["k"], "how": "left", "validate": "m:1"}, on={"missing": ["left", "once"], "empty": ["left0", "once"], "labels": ["leftü", "onceü"]},
              fail_on=["left", "right"], fails={}, word="")
    area.verb("merge", merge, {"on": ["k"], "validate": "1:m"}, on={"missing": ["once", "right"], "empty": ["right0", "left"], "labels": ["onceü", "rightü"]},
              fail_on=["left", "right"], fails={}, word="")
    area.verb("merge", merge, {"on": ["k"], "validate": "1:1"}, on={"missing": ["once", "once"], "empty": ["right0", "once"], "labels": ["onceü", "onceü"]},
              fail_on=["left", "right"], fails={}, word="")
    area.table("int", pd.DataFrame({"k": pd.array([1, 2], dtype="int64")}))
    for how in ("semi", "anti"):
        area.verb("merge", merge, {"on": ["k"], "how": how}, on=on, fails={"on": ["y"]}, word='"y"')
    area.one("merge", {"on": ["k"]}, "fails", ["left", "int"], None, lambda a, b, on: a.merge(b, on=on), word="key")

    a = pd.DataFrame({"x": [1.5, np.nan, 3.0]}, index=pd.Index(["p", "q", "r"], name="k"))
    b = pd.DataFrame({"w": pd.array([1, None, 3], dtype="Int64")}, index=pd.Index(["r", "p", "s"], name="k"))
    area.table("a", a)
    area.table("b", b)
    area.table("a0", a.head(0))
    area.table("aü", a.set_axis(pd.Index(["ö", "東", "ö"], name="k")))
    area.table("bü", b.set_axis(pd.Index(["東", "ö", ""], name="k")))
    labelled = {"missing": ["a", "b"], "empty": ["a0", "b"], "labels": ["aü", "bü"]}
    for how in ("inner", "left", "right", "outer"):
        def join(a, b, how):
            out = a.join(b, how=how if how != "outer" else "left")
            if how == "outer":
                rest = b[~b.index.isin(a.index)]
                out = pd.concat([out, rest])
                out["w"] = out["w"].astype("Int64")
            return out
        area.verb("join", join, {"how": how}, on=labelled, fail_on=["a", "a"], fails={}, word='"x"')

    quotes = pd.DataFrame({"t": [1, 3, 3, 4, 9], "s": ["a", "a", "b", "a", "b"], "bid": [100.5, np.nan, 200.0, 102.0, 201.0]})
    trades = pd.DataFrame({"t": [1, 2, 3, 5, 8, 9, 10], "s": ["a", "a", "b", "a", "b", "c", "b"], "qty": pd.array([1, 2, 3, None, 5, 6, 7], dtype="Int64")})
    area.table("quotes", quotes)
    area.table("trades", trades)
    area.table("trades0", trades.head(0))
    u = {"a": "ä", "b": "東", "c": ""}
    area.table("quotesü", quotes.replace({"s": u}))
    area.table("tradesü", trades.replace({"s": u}).set_axis(pd.Index(["ö", "ö", "p", "", "東", "p", "q"])))
    asof = {"missing": ["trades", "quotes"], "empty": ["trades0", "quotes"], "labels": ["tradesü", "quotesü"]}

    def nearest(a, b, by=None, **o):
        if by is None:
            return pd.merge_asof(a.reset_index(drop=True), b, on="t", **o)
        return pd.merge_asof(a.reset_index(drop=True), b, on="t", by=by, **o)

    area.table("unsorted", trades.iloc[::-1].reset_index(drop=True))
    for direction in ("backward", "forward", "nearest"):
        for more in ({}, {"by": "s"}, {"tolerance": 1}, {"by": "s", "tolerance": 2}):
            area.verb("merge_asof", nearest, {"direction": direction} | more, on=asof, fail_on=["unsorted", "quotes"], fails={}, word="")

    up = pd.DataFrame({"x": [1.5, np.nan, -2.0], "n": pd.array([1, None, 3], dtype="Int64"), "g": pd.array(["a", None, "東"], dtype="str")})
    down = pd.DataFrame({"n": pd.array([7, 8], dtype="Int64"), "w": [True, False], "x": [0.5, 4.0]}, index=[1, 5])
    area.table("up", up)
    area.table("down", down)
    area.table("wordy", pd.DataFrame({"x": ["p"], "n": [1], "w": [True], "g": ["q"]}))
    area.table("up0", up.head(0))
    area.table("upü", up.set_axis(pd.Index(["ä", "東", "ä"], name="κ")))
    area.table("downü", down.set_axis(pd.Index(["ß", "東"], name="κ")).rename(columns={"w": "größe"}))
    stacked = {"missing": ["up", "down"], "empty": ["up0", "up"], "labels": ["upü", "downü"]}
    for join in ("outer", "inner"):
        for more in ({}, {"ignore_index": True}, {"keys": ["ö", "b"]}):
            def concat(a, b, **o):
                return pd.concat([a, b], **o)
            area.verb("concat", concat, {"axis": "index", "join": join} | more, on=stacked, fail_on=["up", "wordy"], fails={}, word="type",
                      differs={"fails": ONE_TYPE})
    beside = {"missing": ["up", "down"], "empty": ["up0", "up"], "labels": ["upü", "upü"]}
    for join in ("outer", "inner"):
        for more in ({}, {"keys": ["ö", "b"]}):
            area.verb("concat", lambda a, b, **o: pd.concat([a, b], **o), {"axis": "columns", "join": join} | more, on=beside, fail_on=["upü", "downü"], word="twice")
    area.table("wholeü2", pd.DataFrame({"x": [1.0, 2.0]}, index=["b", "b"]))
    whole = pd.DataFrame({"x": [1.5, np.nan, -2.0, 4.0], "n": pd.array([1, None, 3, 4], dtype="Int64")}, index=list("abcd"))
    news = pd.DataFrame({"n": pd.array([7, None, 9], dtype="Int64"), "x": [np.nan, 0.5, 8.0], "z": [1, 2, 3]}, index=list("cbq"))
    area.table("whole", whole)
    area.table("news", news)
    area.table("whole0", whole.head(0))
    area.table("wholeü", whole.set_axis(list("äßäö")))
    area.table("newsü", news.set_axis(list("äöz")))

    def update(a, b):
        a = a.copy()
        a.update(b)
        return a

    area.verb("update", update, on={"missing": ["whole", "news"], "empty": ["whole0", "news"], "labels": ["wholeü", "newsü"]}, fail_on=["news", "wholeü2"], word="twice")
    for mark, on in ODD.items():
        area.verb("concat", lambda a, b, **o: pd.concat([a, b], **o), {"axis": "index", "join": "outer"}, on={"labels": [on["labels"]] * 2}, mark=mark)
