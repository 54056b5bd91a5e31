"""Has pandas, pyarrow, polars and duckdb read what we write as Parquet and Arrow, and compares it with the files it came from.

usage: python scripts/peers_columnar.py [COPY]      COPY: target/debug/examples/columnar_copy (built by cargo if it is not given)
Prints one line per disagreement; exit code 1 if there is any.
"""
import glob
import os
import subprocess
import sys
import tempfile

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.path.join(ROOT, "tests", "files", "data", "columnar")
UNION = {"interval", "union", "list_view"}  # types that Parquet has no place for
wrong = []


def build():
    subprocess.run(["cargo", "build", "-q", "--example", "columnar_copy"], cwd=ROOT, check=True)
    return os.path.join(ROOT, "target", "debug", "examples", "columnar_copy")


def arrow(path):
    if path.endswith(".parquet"):
        return pq.ParquetFile(path).read()
    try:
        return pa.ipc.open_file(path).read_all()
    except pa.ArrowInvalid:
        return pa.ipc.open_stream(path).read_all()


def values(column):
    return repr(column.to_pylist())


def compare_arrow(what, a, b):
    """Same columns, values, missing places, nullability and metadata of fields."""
    if len(set(a.schema.names)) != len(a.schema.names):
        return
    if sorted(a.schema.names) != sorted(b.schema.names):
        wrong.append(f"{what}: columns {a.schema.names} {b.schema.names}")
        return
    for name in a.schema.names:
        x, y = a[name], b[name]
        try:
            if x.type != y.type and not pa.types.is_dictionary(x.type) and not pa.types.is_dictionary(y.type):
                x = x.cast(y.type)
            same = values(x) == values(y)
        except pa.ArrowInvalid as e:
            same = f"{e}"
        f, g = a.schema.field(name), b.schema.field(name)
        if same is not True:
            wrong.append(f"{what}: {name}: values {x.type} {y.type} {same}")
        if f.nullable != g.nullable or (f.metadata or {}) != (g.metadata or {}):
            wrong.append(f"{what}: {name}: field {f.metadata} {g.metadata}")
    for k, v in (a.schema.metadata or {}).items():
        if k not in (b"pandas", b"PANDAS_ATTRS") and (b.schema.metadata or {}).get(k) != v:
            wrong.append(f"{what}: metadata {k}")


def pandas_read(path):
    return pd.read_parquet(path) if path.endswith(".parquet") else pd.read_feather(path)


def compare_pandas(what, source, out):
    a, b = pandas_read(source), pandas_read(out)
    try:
        pd.testing.assert_frame_equal(a, b, check_column_type=True, check_index_type=True, check_names=True)
    except AssertionError as e:
        wrong.append(f"{what}: pandas: {e}")
    if a.attrs != b.attrs:
        wrong.append(f"{what}: attrs {a.attrs} {b.attrs}")


def compare_polars(what, source, out):
    a, b = (pl.read_parquet(p) if p.endswith(".parquet") else pl.read_ipc(p) for p in (source, out))
    for name in a.columns:
        if name not in b.columns:
            wrong.append(f"{what}: polars misses {name}")
        elif str(a[name].to_list()) != str(b[name].to_list()):
            wrong.append(f"{what}: polars: {name} {a[name].dtype} {b[name].dtype}")


def compare_duckdb(what, source, out):
    import duckdb

    columns = [c for c in pq.read_schema(source).names if c != "null" and not c.startswith("duration")]  # which it reads as plain integers
    for name in columns:
        try:
            a = duckdb.sql(f"select \"{name}\"::varchar from '{source}'").fetchall()
        except duckdb.Error:
            continue
        b = duckdb.sql(f"select \"{name}\"::varchar from '{out}'").fetchall()
        if a != b:
            wrong.append(f"{what}: duckdb: {name} {a[:3]} {b[:3]}")


def main():
    copy = sys.argv[1] if len(sys.argv) > 1 else build()
    with tempfile.TemporaryDirectory() as folder:
        for source in sorted(glob.glob(os.path.join(DATA, "*"))):
            name = os.path.basename(source)
            for target, codec in [("o.parquet", "snappy"), ("z.parquet", "zstd:3"), ("o.arrow", "none"), ("z.arrow", "zstd"), ("l.arrow", "lz4"), ("-", "none")]:
                what = f"{name} -> {target}"
                out = os.path.join(folder, target if target != "-" else "s.arrows")
                with open(out, "wb") as f:
                    r = subprocess.run([copy, source, target if target == "-" else out, codec], stdout=f if target == "-" else None, stderr=subprocess.PIPE, text=True)
                if r.returncode:
                    refused = target.endswith("parquet") and name in ("every_type.arrow", "stream_zstd.arrows") and "no place" in r.stderr
                    if not refused:
                        wrong.append(f"{what}: {r.stderr}")
                    continue
                compare_arrow(what, arrow(source), arrow(out))
                if target == "-":
                    continue
                if name.startswith("pandas_"):
                    compare_pandas(what, source, out)
                if name.split(".")[0] in ("polars", "polars_zstd", "codec_zstd") and source.endswith("parquet") == out.endswith("parquet"):
                    compare_polars(what, source, out)
                if name.endswith(".parquet") and out.endswith(".parquet") and name != "duplicated.parquet":
                    compare_duckdb(what, source, out)
    print("\n".join(wrong) or "columnar: every peer reads the same")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
