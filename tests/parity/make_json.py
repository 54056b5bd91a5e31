"""JSON texts as pandas and polars read them, and files that they, duckdb and pyarrow's neighbours write: tests/files/data/json/.

usage: make_json.py [FOLDER]     (pandas 3, polars, duckdb, zstandard; run from the root of the repository)

Only texts on which we mean to agree stand in cases.json; deliberate differences are in docs/differences.md.
"""
import bz2
import gzip
import io
import json
import lzma
import os
import sys

import duckdb
import pandas as pd
import polars as pl
import zstandard

CASES = [  # name, records as text
    ("plain", ['{"a":1,"b":2.5,"c":"x"}', '{"a":-3,"b":4.25e2,"c":"y z"}']),
    ("missing_members", ['{"a":1}', '{"b":"x","a":null}', '{"c":true,"b":null}']),
    ("order_of_first_appearance", ['{"z":1}', '{"y":2,"z":3}', '{"x":4,"y":5}']),
    ("big_integers", ['{"i":9223372036854775807,"u":18446744073709551615}', '{"i":-9223372036854775808,"u":0}']),
    ("large_identifiers", ['{"i":9007199254740993}', '{"i":9007199254740995}']),
    ("floats", ['{"x":0.1}', '{"x":123456789.123456789}', '{"x":2.2250738585072014e-308}', '{"x":1.7976931348623157e308}', '{"x":-0.0}', '{"x":5e-324}']),
    ("integers_and_floats", ['{"x":1}', '{"x":1.5}', '{"x":2}']),
    ("escapes", [r'{"t":"\"\\\/\b\f\n\r\t"}', r'{"t":"\u00e9\u6771\ud83d\ude95"}', '{"t":"é東🚕"}', r'{"t":"\u0000\u001f"}']),
    ("escaped_names", [r'{"\u00e9":1,"a\"b":2,"":3}', r'{"é":4,"a\u0022b":5}']),
    ("nested", ['{"a":{"b":1,"c":{"d":"x"}},"e":2}', '{"a":{"c":{"d":"y"},"b":3},"e":null}']),
    ("nested_missing", ['{"a":{"b":1}}', '{"e":1}', '{"a":{"c":2}}']),
    ("lists", ['{"l":[1,2],"t":["a"]}', '{"l":[],"t":["b","c\\n"]}', '{"l":[3,null],"t":null}']),
    ("nested_lists", ['{"l":[[1],[2,3]]}', '{"l":[[],[4]]}']),
    ("blanks", [' { "a" : 1 ,\t"b" : [ 1 , 2 ] } ', '{"a":2,"b":[]}']),
    ("booleans", ['{"b":true}', '{"b":false}', '{"b":null}']),
    ("texts_like_numbers", ['{"t":"007","n":"1"}', '{"t":"1e5","n":"2"}']),
    ("texts_like_missing", ['{"t":"NA"}', '{"t":""}', '{"t":"null"}']),
    ("all_missing", ['{"a":null,"b":1}', '{"a":null,"b":2}']),
]


def plain(value):
    """A value as JSON; NaN is missing."""
    if isinstance(value, float) and value != value:
        return None
    return value


def expected(records):
    """What pandas' json_normalize makes of the records: columns in order, values as they are."""
    parsed = [json.loads(r) for r in records]
    frame = pd.json_normalize(parsed)
    columns = {}
    for name in frame.columns:
        # Integers beside missing ones become floats in pandas: the parsed members themselves are exact.
        def member(record, name=name):
            if name in record:
                return record[name]
            for part in name.split("."):
                record = record.get(part) if isinstance(record, dict) else None
            return record
        columns[name] = [plain(member(r)) for r in parsed]
    return columns


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "tests/files/data/json"
    os.makedirs(folder, exist_ok=True)
    cases = []
    for name, records in CASES:
        case = {"name": name, "text": "\n".join(records) + "\n", "columns": expected(records)}
        try:
            case["polars"] = {c: str(t) for c, t in pl.read_ndjson(io.StringIO(case["text"]), infer_schema_length=None).schema.items()}
        except Exception as e:  # noqa: BLE001  some texts it refuses
            print(f"polars refuses {name}: {str(e)[:80]}")
        cases.append(case)
    with open(f"{folder}/cases.json", "w") as f:
        json.dump(cases, f, ensure_ascii=False, indent=1)
        f.write("\n")

    n = 60
    frame = pd.DataFrame({
        "i": [None if k % 7 == 0 else 9007199254740993 + k for k in range(n)],
        "x": [None if k % 11 == 0 else (k - 30) / 7 for k in range(n)],
        "t": [None if k % 13 == 0 else f'é"{k % 5}",\n' for k in range(n)],
        "b": [k % 3 == 0 for k in range(n)],
        "d": [f"2020-01-{1 + k % 31:02d}" for k in range(n)],
        "m": [f"2020-01-31T06:00:{k:02d}" for k in range(n)],
    }).astype({"i": "Int64"})
    records = [{k: (None if v is pd.NA or v is None or v != v else v) for k, v in r.items()} for r in frame.to_dict("records")]
    for r in records:
        r["i"] = None if r["i"] is None else int(r["i"])
    with open(f"{folder}/table_values.json", "w") as f:
        json.dump(records, f)
    lines = frame.to_json(orient="records", lines=True, double_precision=15)
    assert [json.loads(x)["t"] for x in lines.splitlines()] == [r["t"] for r in records]
    # pandas writes at most 15 digits; the others write all.
    text = "".join(json.dumps(r) + "\n" for r in records).encode()
    csv = frame.to_csv(index=False).encode()
    half = len(text.splitlines(True)) // 2
    parts = [b"".join(text.splitlines(True)[:half]), b"".join(text.splitlines(True)[half:])]
    with open(f"{folder}/table.jsonl.gz", "wb") as f:
        f.write(b"".join(gzip.compress(p, mtime=0) for p in parts))
    with open(f"{folder}/table.jsonl.zst", "wb") as f:
        f.write(b"".join(zstandard.ZstdCompressor().compress(p) for p in parts))
    with open(f"{folder}/table.jsonl.bz2", "wb") as f:
        f.write(b"".join(bz2.compress(p) for p in parts))
    with open(f"{folder}/table.jsonl.xz", "wb") as f:
        f.write(b"".join(lzma.compress(p) for p in parts))
    frame.to_json(f"{folder}/pandas.json", orient="records")
    table = pl.DataFrame(records, infer_schema_length=None)
    table.write_ndjson(f"{folder}/polars.jsonl")
    table.write_json(f"{folder}/polars.json")
    con = duckdb.connect()
    con.register("t", frame)
    con.execute(f"copy t to '{folder}/duckdb.jsonl' (format json)")
    con.execute(f"copy t to '{folder}/duckdb.json' (format json, array true)")
    with open(f"{folder}/columns.json", "w") as f:
        json.dump({k: [r[k] for r in records] for k in records[0]}, f, indent=1)
    with open(f"{folder}/table.csv.gz", "wb") as f:
        f.write(gzip.compress(csv, mtime=0))


main()
