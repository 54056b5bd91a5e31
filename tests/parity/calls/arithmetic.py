"""Arithmetic and comparisons, with alignment."""
import numpy as np
import pandas as pd

from make_calls import ODD

COMPARED = "comparisons of tables and series with missing values"
OPS = {"add": "add", "sub": "sub", "mul": "mul", "div": "truediv", "floordiv": "floordiv", "rem": "mod", "pow": "pow"}
COMPARE = {"lt": "lt", "le": "le", "gt": "gt", "ge": "ge", "equal": "eq", "not_equal": "ne"}


def nullable(x):
    """Comparisons of missing values are missing here: as pandas has it for its nullable types."""
    return x.convert_dtypes(convert_string=False)


def cases(area):
    area.table("left", pd.DataFrame({"a": [1.5, np.nan, 3.0, -7.25], "b": pd.array([1, 2, None, 4], dtype="Int64")}, index=list("abce")))
    area.table("right", pd.DataFrame({"b": pd.array([5, 2, None], dtype="Int64"), "c": [2.0, 3.0, 4.5]}, index=["d", "b", "c"]))
    area.table("nothing", area.inputs["left"].head(0))
    area.table("twice", pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "ü": [1.0, -2.0, np.nan, 0.5]}, index=["ö", "東", "ö", "a"]))
    area.table("twice2", pd.DataFrame({"ü": [9.0, 8.0, 7.0], "a": [1.0, 0.25, 3.0]}, index=["東", "ö", "ö"]))
    area.table("words", pd.DataFrame({"a": ["p", "q"]}, index=["a", "b"]))
    area.table("row", pd.DataFrame({"v": [10.0, np.nan]}, index=["b", "a"]))
    area.table("wordrow", pd.DataFrame({"v": ["p", "q"]}, index=["b", "a"]))
    area.table("rowü", pd.DataFrame({"v": [10.0, 2.0]}, index=["ü", "a"]))
    pairs = {"missing": ["left", "right"], "empty": ["nothing", "right"], "labels": ["twice", "twice2"]}
    rows = {"missing": ["left", "row"], "empty": ["nothing", "row"], "labels": ["twice", "rowü"]}
    for ours, theirs in OPS.items():
        area.verb(ours, lambda a, b, theirs=theirs: getattr(a, theirs)(b), on=pairs, fail_on=["left", "words"], word="str")
        area.verb(ours, lambda a, value, theirs=theirs: getattr(a, theirs)(value), {"value": 2}, {"value": 0.5}, on={k: v[0] for k, v in pairs.items()},
                  fails=lambda o: {"value": "a"}, word="")
        area.verb(ours, lambda a, b, series, theirs=theirs: getattr(a, theirs)(b["v"], axis=1), {"series": True}, on=rows,
                  fail_on=["left", "wordrow"], word="")
        area.verb("operate", lambda a, b, op, fill_value, theirs=theirs: getattr(a, theirs)(b, fill_value=fill_value), {"op": ours, "fill_value": 2}, on=pairs, fail_on=["left", "words"], fails={}, word="")
        area.verb(f"series.{ours}", lambda a, b, theirs=theirs: getattr(a["a"], theirs)(b["a"]), on={"missing": ["left", "left"], "empty": ["nothing", "left"], "labels": ["twice", "twice2"]},
                  fail_on=["left", "words"], word="str")
    area.verb("pow", lambda a, value: a.pow(value), {"value": 0}, on={k: v[0] for k, v in pairs.items()})
    for verb, theirs in (("floordiv", "floordiv"), ("rem", "mod"), ("div", "truediv")):
        area.verb(verb, lambda a, value, theirs=theirs: getattr(a, theirs)(value), {"value": 0}, columns=["a"], on={k: v[0] for k, v in pairs.items()})
        area.verb(verb, lambda a, value, theirs=theirs: getattr(a, theirs)(value), {"value": 0}, columns=["b"], on={"missing": "left"}, mark="-int",
                  differs={"missing": "whole numbers divided by zero" if verb != "div" else None})
    same = {"missing": ["left", "left"], "labels": ["twice", "twice"]}
    area.verb("add", lambda a, b: a + b, on=same, mark="-same")
    for ours, theirs in COMPARE.items():
        one = {"missing": "left", "empty": "nothing", "labels": "twice"}
        area.verb(ours, lambda a, value, theirs=theirs: getattr(nullable(a), theirs)(value), {"value": 2}, on=one, fails={"value": "a"} if ours not in ("equal", "not_equal") else None, word="")
        area.verb(f"series.{ours}", lambda a, b, theirs=theirs: getattr(nullable(a["a"]), theirs)(nullable(b["a"])), on={"missing": ["left", "left"], "empty": ["nothing", "nothing"], "labels": ["twice", "twice"]},
                  fail_on=["left", "words"] if ours not in ("equal", "not_equal") else None, word="str")
    for text in ("a + b", "a > mean(a)", "b * 2 - a", "if(b == 2, a, -a)"):
        def made(df, text, condition=False):
            if text == "a > mean(a)":
                return nullable(df["a"]) > df["a"].mean()
            if text.startswith("if"):
                return df["a"].where((df["b"] == 2).fillna(False), -df["a"]).where(df["b"].notna())
            return df.eval(text)
        one = {"missing": "left", "empty": "nothing"}
        if not text.startswith("if"):
            area.verb("eval", made, {"text": text}, on=one, fails={"text": text + " + y"}, word='"y"')
            area.verb("assign", lambda df, text: df.assign(w=made(df, text)), {"text": text}, on=one, fails={"text": text + " + y"}, word='"y"')
    for text in ("a > 1", "b == 2 or a < 0", "not (a > 1)"):
        area.verb("query", lambda df, text: df[nullable(df).eval(text.replace("not", "~")).fillna(False).astype(bool)] if "y" not in text else df.query(text), {"text": text}, on={"missing": "left", "empty": "nothing"},
                  fails={"text": text + " and y > 1"}, word='"y"')
    area.verb("query", lambda df, text: df.query(text), {"text": "a > 1"}, on={"labels": "twice"}, fails={"text": "a +"}, word="", mark="-ü")
    area.verb("eval", lambda df, text: df.eval(text), {"text": "a * 2"}, on={"labels": "twice"}, mark="-ü")
    area.verb("assign", lambda df, text: df.assign(w=df.eval(text)), {"text": "a * 2"}, on={"labels": "twice"}, mark="-ü")
    for mark, on in ODD.items():
        area.verb("add", lambda df, value: df + value, {"value": 2}, on=on, mark=mark)
        area.verb("add", lambda a, b: a + b, on={"labels": [on["labels"]] * 2}, mark=mark)
        area.verb("gt", lambda df, value: nullable(df) > value, {"value": 2}, on=on, mark=mark)
