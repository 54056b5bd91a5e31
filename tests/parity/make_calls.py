"""What pandas makes of every verb of tables: tests/parity/calls/AREA.json, one file for each area.

usage: make_calls.py [AREA..] [--check]     (pandas 3.1.1; run from the root of the repository; --check compares and writes nothing)

A case is one call: {id, verb, options, kind, on: [inputs], columns?, want | fails | differs}. Kinds are `missing` (columns of several
types with missing values), `empty` (the same without rows), `labels` (row labels that stand twice, and not in ASCII) and `fails` (pandas
refuses; ours must give an error with this word in its message). `differs` names the row of docs/differences.md that says why ours
is not what pandas gives; the test then wants a difference (with `fails`: that ours refuses what pandas takes). The calls of an area stand in calls/AREA.py, ours in calls/AREA.rs.
"""
import importlib.util
import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent / "calls"
AREAS = ["looking", "labels", "missing", "arithmetic", "groupby", "reshape", "combine", "order", "windows", "time", "text", "statistics"]
CHECK = "--check" in sys.argv
assert pd.__version__ == "3.1.1"
warnings.simplefilter("ignore")

T = pd.Timestamp
MIXED = pd.DataFrame({
    "g": pd.array(["b", "a", None, "b", "c", "a", "b", None], dtype="str"),
    "i": [5, -3, 8, 8, 0, 2, 7, -1],
    "n": pd.array([1, None, 3, 3, None, -2, 9, 3], dtype="Int64"),
    "x": [1.5, np.nan, -2.25, 4.0, np.nan, 1.5, 1000.125, -0.5],
    "f": [True, False, True, True, False, False, True, False],
    "d": pd.to_datetime(["2024-01-31", "2024-02-29 12:30", None, "2023-12-31 23:59:59.5", None, "2024-01-31", "1969-07-20 20:17:40", "2024-03-01"],
                        format="ISO8601").astype("datetime64[us]"),
})
LABELS = MIXED.assign(g=pd.array(["ß", "東", "ß", "z", "é", "東", None, "z"], dtype="str")).set_axis(
    pd.Index(["ä", "東京", "ä", "z", "Å", "z", "", "ñ"], name="κ", dtype="str"))
# Columns of one name, and rows under two levels.
TWINS = pd.DataFrame([[1.5, 2.5, -1.0], [np.nan, 4.0, 2.0], [3.0, np.nan, 2.0], [3.0, 0.5, 8.0]], columns=["ä", "東", "ä"], index=["p", "ß", "p", ""])
DEEP = MIXED[["i", "n", "x"]].set_axis(pd.MultiIndex.from_tuples(
    [("ä", 2), ("東", 1), ("ä", 2), ("", 1), ("東", 3), ("ä", 1), ("z", 2), ("", 1)], names=["größe", None]))
INPUTS = {"mixed": MIXED, "none": MIXED.head(0), "labels": LABELS, "twins": TWINS, "deep": DEEP}
ODD = {"-twins": {"labels": "twins"}, "-deep": {"labels": "deep"}}
KINDS = {"missing": "mixed", "empty": "none", "labels": "labels"}


def kind_of(values):
    dtype = str(values.dtype)
    if dtype == "object" and len(values):
        there = [v for v in values if not missing(v)]
        if there and all(isinstance(v, (bool, np.bool_)) for v in there):
            return "bool"
        if there and all(isinstance(v, str) for v in there):
            return "str"
        if there and all(isinstance(v, (int, np.integer)) for v in there):
            return "i64"
        if there and all(isinstance(v, (int, float, np.number)) for v in there):
            return "f64"
        if there and all(isinstance(v, list) for v in there):
            return "list"
    for word, kind in (("int", "i64"), ("float64", "f64"), ("float32", "f32"), ("float", "f64"), ("bool", "bool"), ("str", "str"),
                       ("datetime", "datetime"), ("timedelta", "duration"), ("category", "category")):
        if dtype.lower().lstrip("u").startswith(word):
            return kind
    return "object"


def missing(x):
    return x is None or x is pd.NaT or x is pd.NA or (isinstance(x, (float, np.floating)) and math.isnan(x))


def plain(x):
    if missing(x):
        return None
    if isinstance(x, (bool, np.bool_)):
        return bool(x)
    if isinstance(x, (int, np.integer)):
        return int(x)
    if isinstance(x, (float, np.floating)):
        if math.isinf(x):
            return "inf" if x > 0 else "-inf"
        # Fifteen digits are enough to compare with.
        short = float(f"{x:.14e}")
        return int(short) if short == int(short) and abs(short) < 1e15 and not (short == 0 and math.copysign(1, short) < 0) else short
    if isinstance(x, (pd.Timestamp, np.datetime64)):
        return pd.Timestamp(x).isoformat()
    if isinstance(x, (pd.Timedelta, np.timedelta64)):
        return pd.Timedelta(x) // pd.Timedelta(1, "us")
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    return str(x)


def data(values, kind=None):
    return [kind or kind_of(values), [plain(v) for v in values]]


def level(index, nth):
    values = index.get_level_values(nth)
    return [None if index.names[nth] is None else str(index.names[nth]), *data(values)]


def axis(index):
    if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1 and index.name is None:
        return None
    return [level(index, i) for i in range(index.nlevels)]


def frame(df):
    out = {"columns": [plain(c) for c in df.columns], "data": [data(df.iloc[:, i], df.attrs.get("kinds", {}).get(c)) for i, c in enumerate(df.columns)], "rows": len(df)}
    index = axis(df.index)
    if index:
        out["index"] = index
    if any(n is not None for n in df.columns.names) or df.columns.nlevels > 1:
        out["names"] = [None if n is None else str(n) for n in df.columns.names]
    return out


def result(x):
    if isinstance(x, pd.DataFrame):
        return {"frame": frame(x)}
    if isinstance(x, pd.Series):
        out = {"name": plain(x.name), "data": data(x)}
        index = axis(x.index)
        return {"series": out | ({"index": index} if index else {})}
    if isinstance(x, pd.Index):
        return {"index": [level(x, i) for i in range(x.nlevels)]}
    if isinstance(x, (np.ndarray, pd.api.extensions.ExtensionArray)):
        return {"column": data(x)}
    if isinstance(x, list):
        return {"list": plain(x)}
    return {"scalar": plain(x)}


def spelled(options):
    def one(v):
        if isinstance(v, dict):
            return "+".join(f"{k}:{w}" for k, w in v.items())
        return "+".join(map(str, v)) if isinstance(v, (list, tuple)) else str(v)
    return ",".join(f"{k}={one(v)}" for k, v in options.items()) or "plain"


class Area:
    """The cases of one area."""

    def __init__(self, name):
        self.name, self.cases, self.inputs, self.ids, self.problems = name, [], dict(INPUTS), set(), []

    def table(self, name, df):
        self.inputs[name] = df

    def one(self, verb, options, kind, on, columns, call, word=None, differs=None, mark=""):
        """`word`: pandas refuses, and ours says this."""
        on = [on] if isinstance(on, str) else list(on)
        case = {"id": f"{verb}/{spelled(options)}/{kind}{mark}", "verb": verb, "options": options, "kind": kind, "on": on}
        if columns:
            case["columns"] = columns
        name, n = case["id"], 1
        while case["id"] in self.ids:
            n += 1
            case["id"] = f"{name}-{n}"
        self.ids.add(case["id"])
        tables = [self.inputs[n] for n in on]
        if columns:
            tables = [t[columns] for t in tables[:1]] + tables[1:]
        try:
            found = call(*tables, **options)
        except Exception as e:  # whatever pandas refuses with
            if word is None:
                if not differs:
                    self.problems.append(f"{case['id']}: pandas refuses: {e!r}")
                case["refused"] = type(e).__name__
            else:
                case["fails"] = word
                if differs:
                    self.problems.append(f"{case['id']}: pandas refuses as we do: {e!r}")
        else:
            if word is not None:
                if not differs:
                    self.problems.append(f"{case['id']}: pandas does not refuse: {found}")
                case["fails"] = word
            else:
                case["want"] = result(found)
        if differs:
            case["differs"] = differs
        self.cases.append(case)

    def verb(self, verb, call, *sets, columns=None, on=None, fails=None, word=None, differs=None, fail_on=None, fail_columns=None, mark=""):
        """The same call with each set of options on the usual inputs (or `on`: {kind: names}), and with a fault added.

        `fails` is what is added to the options (or a function of them, or None: no call fails), `differs` {kind: row of differences.md}
        or a function of options and kind.
        """
        def why(options, kind):
            return differs(options, kind) if callable(differs) else (differs or {}).get(kind)
        for options in sets or ({},):
            for kind, inputs in (on or KINDS).items():
                self.one(verb, options, kind, inputs, columns, call, differs=why(options, kind), mark=mark)
            if fails is not None or fail_on or fail_columns:
                faulty = fails(options) if callable(fails) else options | (fails or {})
                inputs = fail_on or next(iter((on or KINDS).values()))
                cols = fail_columns or columns
                self.one(verb, faulty, "fails", inputs, cols, call, word=word or "", differs=why(options, "fails"), mark=mark)

    def write(self):
        used = {n for c in self.cases for n in c["on"]}
        inputs = ",\n".join(f"{json.dumps(n)}: {json.dumps(frame(self.inputs[n]), ensure_ascii=False, separators=(',', ':'))}" for n in self.inputs if n in used)
        rows = ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in self.cases)
        text = '{"pandas": "%s",\n"inputs": {\n%s\n},\n"cases": [\n%s\n]}\n' % (pd.__version__, inputs, rows)
        path = HERE / f"{self.name}.json"
        if CHECK:
            same = path.read_text() == text
            print(f"{'ok  ' if same else 'FAIL'} {path.name} is what pandas gives")
            return same and not self.problems
        path.write_text(text)
        print(f"{self.name}: {len({c['verb'] for c in self.cases})} verbs, {len(self.cases)} cases")
        for p in self.problems:
            print(f"  {p}")
        return not self.problems


if __name__ == "__main__":
    sys.modules["make_calls"] = sys.modules["__main__"]
    good = True
    for name in [a for a in sys.argv[1:] if a != "--check"] or AREAS:
        # By path: areas are called as modules of Python are.
        spec = importlib.util.spec_from_file_location(f"area_{name}", HERE / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        area = Area(name)
        module.cases(area)
        good &= area.write()
    sys.exit(0 if good else 1)
