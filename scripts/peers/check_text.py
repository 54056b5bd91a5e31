"""Text: JSON lines, JSON and compressed text that we write are read by pandas, polars, duckdb and Python's own modules, with the values
of the table that they came from; what those write is read by us."""
import bz2
import gzip
import io
import json
import lzma

import duckdb
import pandas as pd
import polars as pl
import zstandard
from judge import DATA, REAL, WORK, check, convert

UNPACK = {
    "gz": gzip.decompress,
    "bz2": bz2.decompress,
    "xz": lzma.decompress,
    # One frame: what pandas' reader stops behind.
    "zst": lambda b: zstandard.ZstdDecompressor().decompressobj().decompress(b),
}


def same(got, want):
    """None where two frames hold the same values and missing cells."""
    if list(got.columns) != list(want.columns) or len(got) != len(want):
        return f"{list(got.columns)} of {len(got)} rows, not {list(want.columns)} of {len(want)}"
    for c in want.columns:
        for i, (a, b) in enumerate(zip(got[c].tolist(), want[c].tolist())):
            # An empty text in quotes is missing to pandas' reader of CSV, and text to ours (docs/differences.md).
            if pd.isna(b) and (pd.isna(a) or a == ""):
                continue
            if not (a == b or isinstance(a, float) and float(b) == a or str(a).replace(" ", "T")[:10] == str(b)[:10]):
                return f"column {c} row {i}: {a!r} and {b!r}"
    return None


def table(name, source, **reading):
    want = pd.read_csv(source, **reading)
    lines, array = WORK / f"{name}.jsonl", WORK / f"{name}.json"
    check(f"{name}: convert to jsonl", convert, source, lines)
    check(f"{name}: convert to json", convert, source, array)
    records = lambda: pd.DataFrame([json.loads(x) for x in lines.read_text().splitlines()])
    check(f"{name}: Python's json reads the lines", lambda: same(records(), want))
    check(f"{name}: Python's json reads the array", lambda: same(pd.DataFrame(json.loads(array.read_text())), want))
    check(f"{name}: polars reads the lines", lambda: same(pl.read_ndjson(lines, infer_schema_length=None).to_pandas(), want))
    check(f"{name}: polars reads the array", lambda: same(pl.read_json(array, infer_schema_length=None).to_pandas(), want))
    check(f"{name}: duckdb reads the lines", lambda: same(duckdb.sql(f"from read_json('{lines}', sample_size=-1)").df(), want))
    for ending, unpack in UNPACK.items():
        packed, back = WORK / f"{name}.csv.{ending}", WORK / f"{name}.{ending}.back.csv"
        check(f"{name}: convert to csv.{ending}", convert, source, packed)
        check(f"{name}: pandas reads csv.{ending}", lambda: same(pd.read_csv(packed, **reading), want))
        whole = lambda: io.BytesIO(unpack(packed.read_bytes()))
        check(f"{name}: csv.{ending} unpacks in one piece", lambda: same(pd.read_csv(whole(), **reading), want))
        theirs = WORK / f"{name}.theirs.csv.{ending}"
        want.to_csv(theirs, index=False)
        check(f"{name}: pandas' csv.{ending} is read", convert, theirs, back)
        check(f"{name}: and holds the same", lambda: same(pd.read_csv(back, **reading), want))


table("stations", DATA / "stations.csv", keep_default_na=True)
table("passengers", DATA / "passengers.csv")
if REAL and (REAL / "titanic.csv").exists():
    table("titanic", REAL / "titanic.csv")
