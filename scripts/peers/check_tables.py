"""Tables: pandas reads the same values and missing cells at every step of csv -> parquet -> arrow -> csv; summaries agree with
`describe`."""
import io
import json

import numpy as np
import pandas as pd
import pyarrow.feather
import pyarrow.parquet
from judge import DATA, REAL, WORK, check, convert, run


def same(a, b, rtol=0.0):
    """None where two frames hold the same; the first difference otherwise. Whether integers with missing are floats is pandas'
    choice of reader and no difference."""
    if list(a.columns) != list(b.columns):
        return f"columns {list(a.columns)} and {list(b.columns)}"
    if len(a) != len(b):
        return f"{len(a)} and {len(b)} rows"
    for c in a.columns:
        x, y = a[c].reset_index(drop=True), b[c].reset_index(drop=True)
        if (x.isna() != y.isna()).any():
            return f"column {c}: missing in row {int((x.isna() != y.isna()).idxmax())}"
        x, y = x[x.notna()], y[y.notna()]
        if pd.api.types.is_numeric_dtype(x) and pd.api.types.is_numeric_dtype(y):
            differ = ~np.isclose(x.astype("f8"), y.astype("f8"), rtol=rtol, atol=0)
        else:
            differ = (x.astype(str) != y.astype(str)).to_numpy()
        if differ.any():
            i = int(np.argmax(differ))
            return f"column {c}: {x.iloc[i]!r} and {y.iloc[i]!r}"
    return None


def chain(name, source, **reading):
    """csv -> parquet -> arrow -> csv -> tsv, each step read by pandas."""
    want = pd.read_csv(source, **reading)
    p, a, c, t = (WORK / f"{name}{e}" for e in (".parquet", ".arrow", ".csv", ".tsv"))
    for step, (start, end) in {"csv to parquet": (source, p), "parquet to arrow": (p, a), "arrow to csv": (a, c), "csv to tsv": (c, t)}.items():
        if not check(f"{name}: convert {step}", convert, start, end):
            return
    check(f"{name}: parquet is what pandas reads in the csv", lambda: same(pd.read_parquet(p), want))
    check(f"{name}: arrow is what pandas reads in the csv", lambda: same(pd.read_feather(a), want))
    check(f"{name}: csv again is what pandas reads in the csv", lambda: same(pd.read_csv(c, **reading), want))
    check(f"{name}: tsv is what pandas reads in the csv", lambda: same(pd.read_csv(t, sep="\t", **reading), want))
    check(f"{name}: pyarrow reads parquet and arrow alike", lambda: pyarrow.parquet.read_table(p).equals(pyarrow.feather.read_table(a)))
    check(f"{name}: parquet written twice is the same bytes", twice, source, p)


def twice(source, first):
    second = first.with_suffix(".again.parquet")
    convert(source, second)
    return first.read_bytes() == second.read_bytes()


def summary(name, source):
    out, _ = run("summary", source, "--to", "csv")
    ours = pd.read_csv(io.StringIO(out)).set_index("column")
    table = pd.read_csv(source)
    wrong = []
    for c in table.columns:
        x, got = table[c], ours.loc[c]
        want = {"count": x.count(), "missing": x.isna().sum(), "unique": x.nunique()}
        if pd.api.types.is_numeric_dtype(x) and not pd.api.types.is_bool_dtype(x):
            d = x.describe()
            want |= {k: d[k] for k in ["mean", "std", "min", "25%", "50%", "75%", "max"]}
        elif pd.api.types.is_string_dtype(x):
            counts = x.value_counts()
            best = counts[counts == counts.max()]
            want |= {"top": min(best.index), "freq": counts.max()}
        for k, v in want.items():
            good = str(got[k]) == str(v) if isinstance(v, str) else np.isclose(float(got[k]), float(v), rtol=1e-12)
            if not good:
                wrong.append(f"{c}.{k}: {got[k]} and not {v}")
    return "; ".join(wrong) or None


chain("passengers", DATA / "passengers.csv")
check("passengers: summary is what describe says", summary, "passengers", DATA / "passengers.csv")

sources = {e: DATA / f"stations.{e}" for e in ("csv", "tsv", "parquet", "arrow")}
truth = pd.read_parquet(sources["parquet"], dtype_backend="pyarrow")
for start in sources:
    for end in ("parquet", "arrow"):
        def into(start=start, end=end):
            target = WORK / f"stations_{start}.{end}"
            convert(sources[start], target)
            read = pd.read_parquet if end == "parquet" else pd.read_feather
            return same(read(target, dtype_backend="pyarrow"), truth)
        check(f"stations: {start} to {end} keeps values, types and missing cells", into)
check("stations: info --json names columns and rows",
      lambda: (lambda j: j["rows"] == 8 and [c["name"] for c in j["columns"]] == list(truth.columns))(json.loads(run("info", "--json", sources["parquet"])[0])))

if REAL is not None and (REAL / "titanic.csv").exists():
    chain("titanic", REAL / "titanic.csv")
    check("titanic: summary is what describe says", summary, "titanic", REAL / "titanic.csv")
    check("results: summary is what describe says", summary, "results", REAL / "results.csv")
