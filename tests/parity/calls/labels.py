"""Row and column labels: looked up, set, sorted, aligned; values set by label and position."""
import numpy as np
import pandas as pd

from make_calls import KINDS, ODD, plain

HOLES = "`reindex` and `shift` of integers"


KINDS_OF_LABELS = "labels of text beside labels of numbers"


def set_axis(df, labels):
    return df.set_axis(pd.Index(labels, dtype="str"))


def tuples(names, labels):
    return pd.MultiIndex.from_tuples([tuple(t) for t in labels], names=names)


def locs(df, rows, columns):
    """A single label gives every row that has it, as a table."""
    def many(x):
        return x if isinstance(x, list) else [x] if not isinstance(x, dict) else slice(x.get("from"), x.get("to"))
    return df.loc[many(rows), many(columns)]


def cases(area):
    area.table("named", area.inputs["mixed"].set_axis(pd.Index(list("abcdefgh"), dtype="str")))
    on = {"missing": "named", "empty": "none", "labels": "labels"}
    every = {"from": None, "to": None}
    columns = ["g", "i", "x"]
    for rows, kinds in (("b", "named"), (["c", "a", "h"], "named"), ({"from": "b", "to": "d"}, "named"), ({"from": "f", "to": None}, "named"),
                        ("ä", "labels"), (["z", "東京"], "labels"), ("", "labels"), (["z", "z"], "labels")):
        for cols in ("x", ["x", "g"], {"from": "g", "to": "i"}, every):
            area.one("loc", {"rows": rows, "columns": cols}, "missing" if kinds == "named" else "labels", kinds, columns, locs)
    for cols in ("x", ["x", "g"], {"from": "g", "to": "i"}, every):
        area.one("loc", {"rows": every, "columns": cols}, "empty", "none", columns, locs)
    for inputs, rows, cols, word in (("named", "q", "x", '"q"'), ("named", "a", "y", '"y"'), ("labels", ["z", "q"], every, '"q"'), ("named", ["a", "q"], ["x", "g"], '"q"'),
                                     ("none", 0, "x", "0")):
        area.one("loc", {"rows": rows, "columns": cols}, "fails", inputs, columns, lambda df, rows, columns: df.loc[rows if not isinstance(rows, dict) else slice(*rows.values()), columns if not isinstance(columns, dict) else slice(*columns.values())], word=word)
    area.one("loc", {"rows": every, "columns": {"from": "g", "to": "y"}}, "fails", "named", columns, locs, word='"y"', differs="a slice of columns to a name that is not there")
    for mask in ("f",):
        area.verb("filter", lambda df, mask: df[df[mask]], {"mask": mask}, fails={"mask": "x"}, word="bool")

    def iloc(df, rows, columns):
        def many(x):
            return slice(*x["slice"]) if isinstance(x, dict) else x if isinstance(x, list) else [x]
        return df.iloc[many(rows), many(columns)]

    for rows in ({"slice": [1, 4, 1]}, {"slice": [-3, None, 1]}, {"slice": [None, None, -2]}, {"slice": [5, 1, -1]}, {"slice": [2, 99, 3]}):
        area.verb("iloc", iloc, {"rows": rows, "columns": [0, -1]}, {"rows": rows, "columns": {"slice": [1, None, 1]}}, columns=columns,
                  fails={"columns": 9}, word="9")
    for rows in (0, -1, [3, -8, 3]):
        area.verb("iloc", iloc, {"rows": rows, "columns": 1}, columns=columns, on={"missing": "named", "labels": "labels"}, fails={"rows": [8]}, word="8")
        area.one("iloc", {"rows": [], "columns": 1}, "empty", "none", columns, iloc)
    for r, c in (("b", "x"), ("c", "g"), ("c", "x"), ("h", "i")):
        area.one("at", {"row": r, "column": c}, "missing", "named", columns, lambda df, row, column: df.at[row, column])
    for r, c in (("東京", "x"), ("", "g"), ("ñ", "g")):
        area.one("at", {"row": r, "column": c}, "labels", "labels", columns, lambda df, row, column: df.at[row, column])
    for inputs, r, c, word in (("named", "q", "x", '"q"'), ("named", "a", "y", '"y"'), ("none", 0, "x", "0")):
        area.one("at", {"row": r, "column": c}, "fails" if inputs != "none" else "empty", inputs, columns, lambda df, row, column: df.at[row, column], word=word)
    for inputs, kind in (("named", "missing"), ("labels", "labels")):
        for i, j in ((0, 0), (-1, -1), (2, 1)):
            area.one("iat", {"row": i, "column": j}, kind, inputs, columns, lambda df, row, column: df.iat[row, column])
    for inputs, i, j, word in (("named", 8, 0, "8"), ("named", 0, -4, "-4"), ("none", 0, 0, "0")):
        area.one("iat", {"row": i, "column": j}, "fails" if inputs != "none" else "empty", inputs, columns, lambda df, row, column: df.iat[row, column], word=word)

    def set_loc(df, row, column, value):
        df = df.copy()
        df.loc[row, column] = value
        return df

    for inputs, kind, r in (("named", "missing", "b"), ("labels", "labels", "ä")):
        for c, v in (("g", "ü"), ("x", 2.5), ("n", 7), ("x", None), ("n", None)):
            area.one("set_loc", {"row": r, "column": c, "value": v}, kind, inputs, None, set_loc)
    area.one("set_loc", {"row": "b", "column": "y", "value": 1}, "fails", "named", None, set_loc, word='"y"', differs="`rename` of a column that is not there")
    area.one("set_loc", {"row": "b", "column": "i", "value": "t"}, "fails", "named", None, set_loc, word="i64")

    area.one("set_loc", {"row": 3, "column": "x", "value": 1.5}, "empty", "none", None, set_loc, word="3", differs="`loc` set at a label that is not there")

    def set_iloc(df, row, column, value):
        df = df.copy()
        df.iloc[row, column] = value
        return df

    for inputs, kind in (("named", "missing"), ("labels", "labels")):
        for i, j, v in ((0, 0, "ü"), (-1, 3, 2.5), ([1, 2], 2, 7), (0, 3, None)):
            area.one("set_iloc", {"row": i, "column": j, "value": v}, kind, inputs, None, set_iloc)
    area.one("set_iloc", {"row": 8, "column": 0, "value": "a"}, "fails", "named", None, set_iloc, word="8")
    area.one("set_iloc", {"row": 0, "column": 0, "value": "a"}, "empty", "none", None, set_iloc, word="0")

    area.verb("select", lambda df, columns: df[columns], {"columns": ["x", "g"]}, {"columns": []}, fails=lambda o: {"columns": ["x", "y"]}, word='"y"')
    area.verb("drop", lambda df, columns: df.drop(columns=columns), {"columns": ["x", "g"]}, {"columns": []}, fails=lambda o: {"columns": ["x", "y"]}, word='"y"')
    for inputs, kind, labels in (("named", "missing", ["b", "h"]), ("labels", "labels", ["ä", ""]), ("none", "empty", [])):
        area.one("drop_rows", {"labels": labels}, kind, inputs, columns, lambda df, labels: df.drop(index=labels))
    area.one("drop_rows", {"labels": ["b", "q"]}, "fails", "named", columns, lambda df, labels: df.drop(index=labels), word='"q"')
    area.verb("rename", lambda df, names: df.rename(columns=names, errors="raise"), {"names": {"x": "größe", "g": "東"}}, fails={"names": {"y": "z"}}, word='"y"')
    area.verb("insert", lambda df, position, name: (lambda d: d.insert(position, name, df["x"]) or d)(df.copy()), {"position": 1, "name": "ü"}, {"position": 6, "name": "w"},
              fails=lambda o: o | {"name": "x"}, word='"x"')
    area.verb("with_column", lambda df, name: df.assign(**{name: df["x"]}), {"name": "ü"}, {"name": "g"})

    area.verb("set_index", lambda df, keys: df.set_index(keys), {"keys": ["g"]}, {"keys": ["g", "n"]}, {"keys": ["d"]}, {"keys": ["f", "g", "i"]}, fail_columns=["x"], word='does not exist')
    for name, keys in (("by_g", ["g"]), ("by_gn", ["g", "n"]), ("by_fgi", ["f", "g", "i"])):
        for kind, base in (("missing", "mixed"), ("empty", "none"), ("labels", "labels")):
            area.table(f"{name}_{kind}", area.inputs[base].set_index(keys))
    multi = {k: f"by_gn_{k}" for k in ("missing", "empty", "labels")}
    three = {k: f"by_fgi_{k}" for k in ("missing", "empty", "labels")}
    single = {k: f"by_g_{k}" for k in ("missing", "empty", "labels")}
    for mark, on in (("", single), ("-two", multi), ("-three", three)):
        area.verb("reset_index", lambda df: df.reset_index(), on=on, mark=mark)
        area.verb("drop_index", lambda df: df.reset_index(drop=True), on=on, mark=mark)
    area.table("taken", area.inputs["mixed"].rename_axis("x"))
    area.one("reset_index", {}, "fails", "taken", None, lambda df: df.reset_index(), word='"x"')
    area.verb("rename_levels", lambda df, names: df.rename_axis(names), {"names": ["ü", None]}, on=multi, fails={"names": ["a"]}, word="1")
    area.verb("swap_level", lambda df, a, b: df.swaplevel(a, b), {"a": "g", "b": "n"}, on=multi, fails={"b": "y"}, word="y")
    area.verb("swap_level", lambda df, a, b: df.swaplevel(a, b), {"a": "f", "b": "i"}, on=three, fails={"b": "y"}, word="y")
    area.verb("drop_level", lambda df, level: df.droplevel(level), {"level": "g"}, {"level": "n"}, on=multi, fails={"level": "y"}, word="y")
    area.verb("swap_level", lambda df, a, b: df.swaplevel(a, b), {"a": 0, "b": -1}, on=three, fails={"b": 3}, word="3")
    area.verb("drop_level", lambda df, level: df.droplevel(level), {"level": 0}, {"level": -1}, on=three, fails={"level": 3}, word="3")
    area.verb("reorder_levels", lambda df, order: df.reorder_levels(order), {"order": ["i", "f", "g"]}, {"order": [2, 0, 1]}, on=three, fails={"order": ["i", "f", "y"]}, word="y")
    across = pd.MultiIndex.from_tuples([("ä", 2, "p"), ("東", 1, "p"), ("ä", 2, "q")], names=["größe", None, "w"])
    wide = {}
    for kind, base in (("missing", "mixed"), ("empty", "none"), ("labels", "labels")):
        wide[kind] = f"wide_{kind}"
        area.table(wide[kind], area.inputs[base][["i", "n", "x"]].set_axis(across, axis=1))
    area.verb("swap_column_level", lambda df, a, b: df.swaplevel(a, b, axis=1), {"a": "größe", "b": "w"}, {"a": 0, "b": 1}, {"a": -1, "b": "größe"}, on=wide, fails={"b": "y"}, word="y")
    area.verb("drop_column_level", lambda df, level: df.droplevel(level, axis=1), {"level": "w"}, {"level": 0}, {"level": -2}, on=wide, fails={"level": "y"}, word="y")
    area.verb("reorder_column_levels", lambda df, order: df.reorder_levels(order, axis=1), {"order": ["w", "größe", 1]}, {"order": [1, 2, 0]}, on=wide, fails={"order": ["w", 1, "y"]}, word="y")
    for kind, label in (("missing", "b"), ("labels", "ß")):
        area.one("xs", {"label": label, "level": "g"}, kind, multi[kind], None, lambda df, label, level: df.xs(label, level=level))
        area.one("xs", {"label": label, "level": "g"}, kind, three[kind], None, lambda df, label, level: df.xs(label, level=level))
        area.one("xs", {"label": 3, "level": "n"}, kind, multi[kind], None, lambda df, label, level: df.xs(label, level=level))
    area.one("xs", {"label": "q", "level": "g"}, "fails", multi["missing"], None, lambda df, label, level: df.xs(label, level=level), word='"q"')
    area.one("xs", {"label": "q", "level": "g"}, "empty", multi["empty"], None, lambda df, label, level: df.xs(label, level=level), word='"q"')
    area.one("xs", {"label": "b", "level": "y"}, "fails", multi["missing"], None, lambda df, label, level: df.xs(label, level=level), word="y")
    for mark, on in (("", multi), ("-three", three)):
        area.verb("sort_index", lambda df, ascending=True: df.sort_index(kind="stable", ascending=ascending), {}, {"ascending": False}, on=on, mark=mark)

    some = pd.Index(["東京", "neu", "", "Å"])
    area.table("unique", area.inputs["labels"].loc[~area.inputs["labels"].index.duplicated(keep=False)])
    for inputs, kind, labels in (("named", "missing", ["h", "q", "a"]), ("unique", "labels", list(some)), ("none", "empty", [3, 0])):
        area.one("reindex", {"labels": labels}, kind, inputs, columns, lambda df, labels: df.reindex(labels))
    area.one("reindex", {"labels": ["ä", "q"]}, "fails", "labels", columns, lambda df, labels: df.reindex(labels), word="twice")
    area.table("steps", pd.DataFrame({"x": [1.5, np.nan, 3.0], "g": ["a", None, "東"]}, index=pd.Index([10, 20, 40], name="größe")))
    area.table("steps0", area.inputs["steps"].head(0))
    area.table("stepstwice", pd.DataFrame({"x": [1.5, 2.0]}, index=[1, 1]))
    for method in ("pad", "backfill", "nearest"):
        for more in ({}, {"tolerance": 4}):
            o = {"labels": [9, 10, 14, 16, 30, 20, 99], "method": method} | more
            area.verb("reindex_with", lambda df, labels, **o: df.reindex(pd.Index(labels, name=df.index.name), **o), o, on={"missing": "steps", "labels": "steps", "empty": "steps0"}, fail_on="stepstwice", word="twice")
    area.verb("reindex_columns", lambda df, columns: df.reindex(columns=columns), {"columns": ["x", "größe", "g"]}, columns=columns)
    area.table("left", pd.DataFrame({"a": [1.5, np.nan, 3.0], "b": pd.array([1, 2, None], dtype="Int64")}, index=list("abc")))
    area.table("right", pd.DataFrame({"b": [0.5, 1.5], "c": ["p", None]}, index=["d", "b"]))
    area.table("twice", pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "ü": ["p", "q", None, "r"]}, index=["ö", "東", "ö", "a"]))
    area.table("twice2", pd.DataFrame({"a": [9.0, 8.0, 7.0], "w": [True, False, True]}, index=["東", "ö", "ö"]))
    area.table("nothing", area.inputs["left"].head(0))
    area.table("number", pd.DataFrame({"a": [1.0]}, index=[0]))
    pairs = {"missing": ["left", "right"], "empty": ["nothing", "right"], "labels": ["twice", "twice2"]}
    for how in ("outer", "inner", "left", "right"):
        for part in (0, 1):
            area.verb("align", lambda a, b, join, part: a.align(b, join=join)[part], {"join": how, "part": part}, on=pairs, fail_on=["left", "number"],
                      word="labels", differs=lambda o, kind: KINDS_OF_LABELS if kind == "fails" else None)
    area.verb("transpose", lambda df: df.T, columns=["i"], on={"missing": "named", "labels": "labels", "empty": "none"}, fail_columns=["i", "g"], fail_on="named", word="type",
              differs={"fails": "text and numbers in one column"})
    area.verb("transpose", lambda df: df.T, columns=["x"], on={"missing": "named", "labels": "labels"}, mark="-x")
    for kind, inputs in KINDS.items():
        n = len(area.inputs[inputs])
        area.one("with_row_labels", {"labels": ["ü", "b", "ü", "d", "e", "f", "g", "h"][:n]}, kind, inputs, columns, set_axis)
        area.one("with_row_labels", {"labels": ["ü", "b", "ü"]}, "fails", inputs, columns, set_axis, word="3 labels")
        area.one("to_frame", {}, kind, inputs, columns, lambda df: df["x"].to_frame())
    area.verb("select_dtypes", lambda df: df.select_dtypes("number"))
    for kind, inputs in (("missing", "named"), ("labels", "labels")):
        area.one("row", {"row": 2}, kind, inputs, ["i", "n", "x"], lambda df, row: [plain(v) for v in df.iloc[row]])
    area.one("row", {"row": 0}, "empty", "none", ["i", "x"], lambda df, row: list(df.iloc[row]), word="0")
    area.one("row", {"row": 8}, "fails", "named", ["i", "x"], lambda df, row: list(df.iloc[row]), word="8")

    area.table("keys", pd.DataFrame({"v": range(5)}, index=pd.Index([3.0, None, 1.0, 3.0, -1.0], name="k")))
    area.table("keys2", pd.DataFrame({"v": range(4)}, index=pd.Index([7.0, 1.0, None, 7.0], name="k")))
    area.table("keys3", area.inputs["keys2"].sort_index())
    area.table("nokeys", area.inputs["keys"].head(0))
    area.table("keysü", pd.DataFrame({"v": range(5)}, index=pd.Index(["ä", "東", "ä", "", "z"], name="k")))
    area.table("keysü2", pd.DataFrame({"v": range(4)}, index=pd.Index(["z", "東", "neu", "東"], name="κ")))
    indexes = {"missing": ["keys", "keys2"], "empty": ["nokeys", "keys2"], "labels": ["keysü", "keysü2"]}
    for verb in ("union", "intersection", "difference"):
        # Without missing labels, which no index of ours sorts among others as pandas does.
        area.verb(f"index.{verb}", lambda a, b, verb=verb: getattr(a.index.unique(), verb)(b.index.unique(), **({} if verb == "union" else {"sort": False})), on=indexes | ({"empty": ["nokeys", "keys3"]} if verb == "union" else {}),
                  fail_on=["keys", "keysü"], word="labels", differs={"fails": KINDS_OF_LABELS})
    area.verb("index.unique", lambda df: df.index.unique(), on={k: v[0] for k, v in indexes.items()})
    area.verb("index.duplicated", lambda df: df.index.duplicated(), on={k: v[0] for k, v in indexes.items()})
    area.verb("index.is_unique", lambda df: df.index.is_unique, on={"missing": "keys", "empty": "nokeys", "labels": "keysü"})
    area.verb("index.is_monotonic", lambda df: df.index.is_monotonic_increasing, on={"missing": "named", "empty": "nokeys", "labels": "keysü"})
    for names in (["a", "ü"],):
        area.one("from_product", {"names": names, "labels": [["ä", "東", "ä"], [2, 1]]}, "labels", [], None, lambda names, labels: pd.MultiIndex.from_product(labels, names=names))
        area.one("from_product", {"names": names, "labels": [["p", None], [2, 1]]}, "missing", [], None, lambda names, labels: pd.MultiIndex.from_product(labels, names=names))
        area.one("from_product", {"names": names, "labels": [["p", "q"], []]}, "empty", [], None, lambda names, labels: pd.MultiIndex.from_product(labels, names=names))
        area.one("from_product", {"names": ["a"], "labels": [["p", "q"], [1]]}, "fails", [], None, lambda names, labels: pd.MultiIndex.from_product(labels, names=names), word="names")
        area.one("from_tuples", {"names": names, "labels": [["ä", 1], ["東", 2], ["ä", 1]]}, "labels", [], None, tuples)
        area.one("from_tuples", {"names": names, "labels": [["p", 1], [None, 2], ["q", None]]}, "missing", [], None, tuples)
        area.one("from_tuples", {"names": names, "labels": []}, "empty", [], None, tuples)
        area.one("from_tuples", {"names": names, "labels": [["p", 1, 2]]}, "fails", [], None, tuples, word="2")
    for mark, on in ODD.items():
        area.verb("transpose", lambda df: df.astype("float64").T, on=on, mark=mark) if mark == "-twins" else None
        area.verb("drop_index", lambda df: df.reset_index(drop=True), on=on, mark=mark)
        area.verb("reset_index", lambda df: df.reset_index(), on=on, mark=mark)
        area.verb("select", lambda df, columns: df[columns], {"columns": ["ä"]} if mark == "-twins" else {"columns": ["x"]}, on=on, mark=mark)
        area.verb("drop", lambda df, columns: df.drop(columns=columns), {"columns": ["ä"]} if mark == "-twins" else {"columns": ["x"]}, on=on, mark=mark)
        area.verb("rename", lambda df, names: df.rename(columns=names), {"names": {"ä": "q"}} if mark == "-twins" else {"names": {"x": "q"}}, on=on, mark=mark)
