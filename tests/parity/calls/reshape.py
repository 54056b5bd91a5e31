"""Long to wide and back."""
import numpy as np
import pandas as pd

CROSS = "a row of margins of nothing"
ONE_TYPE = "text and numbers in one column"


def cases(area):
    melted = {"missing": "mixed", "empty": "none", "labels": "labels"}
    area.verb("melt", lambda df, id: df.melt(id_vars=id), {"id": ["g"]}, {"id": ["g", "x"]}, columns=["g", "i", "n", "x"], on=melted, fails={"id": ["y"]}, word='"y"')
    area.verb("melt", lambda df, id: df.melt(id_vars=id), {"id": []}, columns=["i", "n"], on=melted, fails={"id": ["y"]}, word='"y"')
    area.verb("melt", lambda df, id, value: df.melt(id_vars=id, value_vars=value), {"id": ["g"], "value": ["x"]}, on=melted, fails={"value": ["y"]}, word='"y"')
    area.verb("melt", lambda df, id, var_name, value_name: df.melt(id_vars=id, var_name=var_name, value_name=value_name), {"id": ["g"], "var_name": "größe", "value_name": "東"},
              columns=["g", "x"], on=melted, fails={"value_name": "g"}, word='"g"')
    area.one("melt", {"id": ["i"]}, "fails", "mixed", ["i", "g", "x"], lambda df, id: df.melt(id_vars=id), word="one column", differs=ONE_TYPE)

    long = pd.DataFrame({
        "foo": pd.array(["one", "one", "two", "two", "three"], dtype="str"), "bar": pd.array(["B", "A", "B", "C", "A"], dtype="str"),
        "baz": pd.array([1, None, 3, 4, 5], dtype="Int64"), "zoo": [1.5, 2.5, np.nan, 4.5, -0.5]})
    area.table("long", long)
    area.table("long0", long.head(0))
    area.table("longü", long.assign(foo=pd.array(["ä", "ä", "東", "東", "z"], dtype="str"), bar=pd.array(["Ö", "", "Ö", "é", "é"], dtype="str")).set_axis(pd.Index(["ß", "ß", "q", "東", "ß"])))
    area.table("repeat", pd.concat([long, long.assign(baz=[7, 8, None, 1, 2], zoo=[0.5, 1.0, 1.0, np.nan, 4.0])], ignore_index=True))
    area.table("repeatü", pd.concat([area.inputs["longü"]] * 2))
    on = {"missing": "long", "empty": "long0", "labels": "longü"}
    for values in (["baz"], ["zoo"], ["baz", "zoo"]):
        area.verb("pivot", lambda df, index, columns, values: df.pivot(index=index, columns=columns, values=values if len(values) > 1 else values[0]),
                  {"index": ["foo"], "columns": ["bar"], "values": values}, on=on, fails={"columns": ["y"]}, word='"y"')
    area.one("pivot", {"index": ["foo"], "columns": ["bar"], "values": ["baz"]}, "fails", "repeat", None, lambda df, index, columns, values: df.pivot(index=index, columns=columns, values="baz"), word="several rows")
    area.verb("pivot", lambda df, index, columns, values: df.pivot(index=index, columns=columns, values=values[0]),
              {"index": ["foo", "zoo"], "columns": ["bar"], "values": ["baz"]}, on={"empty": "long0"})
    area.verb("pivot", lambda df, index, columns, values: df.pivot(index=index, columns=columns, values=values[0]),
              {"index": ["foo", "baz"], "columns": ["bar"], "values": ["zoo"]}, on={"labels": "longü"}, fails={"index": ["y"]}, word='"y"',
              differs={"labels": "`pivot` of rows with a missing key"})
    grouped = {"missing": "repeat", "empty": "long0", "labels": "repeatü"}
    for agg in ("mean", "sum", "count", "min", "max", "median", "first", "last", "std", "nunique"):
        for more in ({}, {"fill": 0}, {"margins": True}):
            if more and agg not in ("mean", "sum", "count"):
                continue
            def table(df, index, columns, values, agg, fill=None, margins=False):
                return df.pivot_table(index=index, columns=columns, values=values, aggfunc=agg, fill_value=fill, margins=margins)
            area.verb("pivot_table", table, {"index": "foo", "columns": "bar", "values": "zoo", "agg": agg} | more, on=grouped, fails={"values": "y"}, word='"y"',
                      differs=lambda o, kind: "a row of margins of nothing" if kind == "empty" and o.get("margins") else None)

    area.table("wide", pd.DataFrame({"b": [1.5, np.nan, 3.0], "a": [4.0, 5.0, np.nan]}, index=pd.Index(["x", "y", "z"], name="k")))
    area.table("wide0", area.inputs["wide"].head(0))
    area.table("wideü", pd.DataFrame({"ö": [1, 2, 3], "東": [4, 5, 6]}, index=pd.Index(["ß", "", "ß"], name="κ")))
    area.table("texts", pd.DataFrame({"a": ["p"], "b": [1]}))
    stacked = {"missing": "wide", "empty": "wide0", "labels": "wideü"}
    area.verb("stack", lambda df: df.stack(), on=stacked, fail_on="texts", word="", differs={"fails": ONE_TYPE})
    several = pd.DataFrame([[1.0, np.nan, 3.0, 4.0], [5.0, 6.0, 7.0, np.nan]], index=pd.Index(["x", "y"], name="k"),
                           columns=pd.MultiIndex.from_tuples([("p", "b"), ("p", "a"), ("q", "b"), ("q", "a")], names=["one", "two"]))
    area.table("several", several)
    area.table("severals", several.iloc[:, [0, 1, 0]])
    area.table("several0", several.head(0))
    area.table("severalü", several.set_axis(pd.Index(["ä", "ä"], name="k")).rename(columns={"p": "ö", "q": "東"}))
    for level in (0, 1, "one", "two"):
        area.verb("stack_level", lambda df, level: df.stack(level), {"level": level}, on={"missing": "several", "empty": "several0", "labels": "severalü"},
                  fail_on="severals", word="twice")
    area.one("stack_level", {"level": "y"}, "fails", "several", None, lambda df, level: df.stack(level), word="y")
    deep = pd.MultiIndex.from_tuples([("b", 1, "u"), ("b", 2, "v"), ("a", 1, "u"), ("a", 2, "u")], names=["one", "two", None])
    area.table("deep", pd.DataFrame({"x": [1.0, np.nan, 3.0, 4.0], "n": pd.array([1, 2, None, 4], dtype="Int64")}, index=deep))
    area.table("deep0", area.inputs["deep"].head(0))
    area.table("deepü", area.inputs["deep"].rename(index={"b": "ä", "a": "東", "u": "", "v": "ñ"}))
    area.table("deep2", pd.concat([area.inputs["deep"]] * 2))
    unstacked = {"missing": "deep", "empty": "deep0", "labels": "deepü"}
    for level in (0, 1, 2, -1, "one", "two"):
        area.verb("unstack", lambda df, level: df.unstack(level), {"level": level}, on=unstacked, fail_on="deep2", word="several rows")
        area.verb("series.unstack", lambda df, level: df["x"].unstack(level), {"level": level}, on=unstacked, fail_on="deep2", word="several rows")
    for levels in (["one", "two"], ["two", "one"], [2, 0], [-1, "two"]):
        area.verb("unstack_levels", lambda df, levels: df.unstack(levels), {"levels": levels}, on=unstacked, fail_on="deep2", word="several rows")
        area.verb("series.unstack_levels", lambda df, levels: df["x"].unstack(levels), {"levels": levels}, on=unstacked, fail_on="deep2", word="several rows")
    for kind, base in unstacked.items():
        area.table(f"{base}_across", area.inputs[base].set_axis(pd.MultiIndex.from_tuples([("x", 1), ("n", 2)], names=[None, "k"]), axis=1))
    area.verb("unstack_levels", lambda df, levels: df.unstack(levels), {"levels": ["two", "one"]}, {"levels": [0, 2]}, on={k: f"{b}_across" for k, b in unstacked.items()}, mark="-across")
    area.one("unstack", {"level": "y"}, "fails", "deep", None, lambda df, level: df.unstack(level), word="y")
    area.one("series.unstack", {"level": "y"}, "fails", "deep", None, lambda df, level: df["x"].unstack(level), word="y")
    lists = pd.DataFrame({"k": ["a", "b", "c", "d"], "v": [[1, 2], [], None, [3]]}, index=[3, 1, 1, 0])
    area.table("lists", lists)
    area.table("lists0", lists.head(0))
    area.inputs["lists0"].attrs["kinds"] = {"v": "list"}
    area.table("listsü", lists.set_axis(pd.Index(["ä", "東", "ä", ""], name="κ")))
    def exploded(df, column):
        out = df.explode(column).astype({"v": "Int64"})
        out.attrs = {}
        return out

    area.verb("explode", lambda df, column: exploded(df, column), {"column": "v"}, on={"missing": "lists", "empty": "lists0", "labels": "listsü"}, fails={"column": "y"}, word='"y"')

    numbers = {"missing": "mixed", "empty": "none", "labels": "labels"}
    for o in ({"edges": [-5, 0, 4, 10]}, {"edges": [-5, 0, 4, 10], "right": False}, {"edges": [-3, 2, 8], "include_lowest": True}, {"edges": [-5, 0, 10], "labels": ["low", "höch"]}):
        def cut(df, column, edges, **o):
            return pd.cut(df[column], edges, **o)
        area.verb("cut", cut, o | {"column": "i"}, o | {"column": "x", "edges": [float(e) for e in o["edges"]]}, on=numbers, fails={"edges": [4, 0, 9]}, word="")
    for n in (1, 3):
        area.verb("cut", lambda df, column, bins: pd.cut(df[column], bins), {"column": "x", "bins": n}, {"column": "i", "bins": n}, on={"missing": "mixed", "labels": "labels"}, fails={"bins": 0}, word="")
        area.one("cut", {"column": "x", "bins": n}, "empty", "none", None, lambda df, column, bins: pd.cut(df[column], bins), word="")
    for q in ([0, 0.5, 1], [0, 0.25, 0.5, 0.75, 1]):
        for column in ("x", "i"):
            area.verb("qcut", lambda df, column, q: pd.qcut(df[column], q), {"column": column, "q": q}, on={"missing": "mixed", "labels": "labels"}, fails={"q": [0, 1.5]}, word="0 to 1")
            area.one("qcut", {"column": column, "q": q}, "empty", "none", None, lambda df, column, q: pd.qcut(df[column], q), word="")
    area.verb("qcut_n", lambda df, column, n: pd.qcut(df[column], n), {"column": "x", "n": 2}, on={"missing": "mixed", "labels": "labels"}, fails={"n": 0}, word="")
    area.one("qcut_n", {"column": "x", "n": 2}, "empty", "none", None, lambda df, column, n: pd.qcut(df[column], n), word="")

    def histogram(df, column, bins):
        counts, edges = np.histogram(df[column].dropna(), bins)
        return pd.DataFrame({"from": edges[:-1].astype(float), "to": edges[1:].astype(float), "count": counts})

    for bins in (3, [-10, 0, 5, 2000]):
        area.verb("histogram", histogram, {"column": "x", "bins": bins}, on={"missing": "mixed", "labels": "labels"} | ({"empty": "none"} if bins != 3 else {}), fails={"bins": [4, 1]}, word="")
    area.one("histogram", {"column": "g", "bins": 3}, "fails", "mixed", None, histogram, word="")

    def crosstab(df, normalize=False, margins=False, columns="n"):
        return pd.crosstab(df["g"], df[columns], normalize=normalize, margins=margins)

    for o in ({}, {"normalize": "all"}, {"normalize": "index"}, {"normalize": "columns"}):
        for more in ({}, {"margins": True}):
            area.verb("crosstab", crosstab, o | more, columns=["g", "n"], on={"missing": "mixed", "labels": "labels", "empty": "none"}, fails={"columns": "y"}, word='"y"',
                      differs=lambda o, kind: CROSS if kind == "empty" and o.get("margins") else None)

    def dummies(df, columns=None, drop_first=False, dummy_na=False, prefix_sep="_"):
        return pd.get_dummies(df, columns=columns, drop_first=drop_first, dummy_na=dummy_na, prefix_sep=prefix_sep)

    for o in ({}, {"drop_first": True}, {"dummy_na": True}, {"prefix_sep": "=", "columns": ["f", "g"]}, {"columns": ["i"]}):
        area.verb("get_dummies", dummies, o, columns=["g", "i", "x", "f"], on=numbers, fails={"columns": ["y"]}, word='"y"',
                  differs=lambda o, kind: "true and false as text" if "f" in o.get("columns", []) and kind in ("missing", "labels") else None)
    wide = pd.DataFrame({"id": [3, 1, 2], "z": ["p", None, "q"], "ht2": [2.5, np.nan, 4.5], "ht1": [1.0, 2.0, 3.0], "w1": pd.array([1, None, 3], dtype="Int64")})
    area.table("stubs", wide)
    area.table("stubs0", wide.head(0))
    area.table("stubsü", pd.DataFrame({"id": ["ä", "東", ""], "größe-a": [1, 2, 3], "größe-ö": [4, 5, 6]}, index=["x", "x", "y"]))
    area.verb("wide_to_long", lambda df, stubs, i, j, sep="", suffix=r"\d+": pd.wide_to_long(df, stubs, i, j, sep=sep, suffix=suffix), {"stubs": ["ht"], "i": ["id"], "j": "age"}, {"stubs": ["ht", "w"], "i": ["id"], "j": "age"},
              on={"missing": "stubs", "empty": "stubs0"}, fails=lambda o: o | {"i": ["y"]}, word='"y"')
    area.verb("wide_to_long", lambda df, stubs, i, j, sep="", suffix=r"\d+": pd.wide_to_long(df, stubs, i, j, sep=sep, suffix=suffix), {"stubs": ["größe"], "i": ["id"], "j": "κ", "sep": "-", "suffix": r"\w+"}, on={"labels": "stubsü"})
    area.verb("apply_rows", lambda df: df.apply(lambda r: (r["x"] if r["x"] == r["x"] else 0.0) + r["i"], axis=1) if len(df) else pd.Series([], dtype="float64"), columns=["i", "x"], fail_columns=["i"], word='"x"')
    area.verb("map_partitions", lambda df, n: df.assign(i=df["i"] * 2), {"n": 1}, {"n": 3}, {"n": 100}, columns=["g", "i", "x"], fail_columns=["g", "x"], word='"i"')
