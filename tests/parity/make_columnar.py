"""Makes the small Parquet and Arrow files that tests/files/{parquet,ipc}.rs read, with the real libraries.

usage: python tests/parity/make_columnar.py        (pandas 3, pyarrow, polars)
"""
import datetime as dt
import decimal
import os

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

HERE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "files", "data", "columnar")


def every_type(parquet):
    """One column per arrow type, four rows, the second missing."""
    d = decimal.Decimal
    c = {}
    for name in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]:
        t = getattr(pa, name)()
        top = 2 ** (8 * t.bit_width // 8 - (0 if name.startswith("u") else 1)) - 1
        c[name] = pa.array([0, None, top, 3], t)
    c["float16"] = pa.array([np.float16(0.5), None, np.float16("nan"), np.float16("inf")], pa.float16())
    c["float32"] = pa.array([0.1, None, float("nan"), -0.0], pa.float32())
    c["float64"] = pa.array([0.1, None, float("nan"), -1e300], pa.float64())
    c["bool"] = pa.array([True, None, False, True])
    c["string"] = pa.array(["a", None, "", "a text beyond twelve bytes, ä"], pa.string())
    c["large_string"] = pa.array(["a", None, "", "a text beyond twelve bytes, ä"], pa.large_string())
    c["string_view"] = pa.array(["a", None, "", "a text beyond twelve bytes, ä"], pa.string_view())
    c["binary"] = pa.array([b"a", None, b"", b"\xff\x00"], pa.binary())
    c["large_binary"] = pa.array([b"a", None, b"", b"\xff\x00"], pa.large_binary())
    c["fixed_binary"] = pa.array([b"abc", None, b"\xff\x00\x01", b"xyz"], pa.binary(3))
    c["date32"] = pa.array([dt.date(1970, 1, 1), None, dt.date(2020, 2, 29), dt.date(1, 1, 1)], pa.date32())
    c["date64"] = pa.array([dt.date(1970, 1, 1), None, dt.date(2020, 2, 29), dt.date(1, 1, 1)], pa.date64())
    for u in ["s", "ms", "us", "ns"]:
        c["timestamp_" + u] = pa.array([0, None, 1_582_934_400 * 10 ** {"s": 0, "ms": 3, "us": 6, "ns": 9}[u], -1], pa.timestamp(u))
        c["timestamp_tz_" + u] = pa.array([0, None, 1, -1], pa.timestamp(u, "Europe/Paris"))
        c["duration_" + u] = pa.array([0, None, 1, -1], pa.duration(u))
    c["time_s"] = pa.array([0, None, 1, 86399], pa.time32("s"))
    c["time_ms"] = pa.array([0, None, 1, 86399999], pa.time32("ms"))
    c["time_us"] = pa.array([0, None, 1, 86399999999], pa.time64("us"))
    c["time_ns"] = pa.array([0, None, 1, 86399999999999], pa.time64("ns"))
    c["decimal128"] = pa.array([d("1.25"), None, d("-999.99"), d("0.01")], pa.decimal128(5, 2))
    c["decimal256"] = pa.array([d("1.25"), None, d("-999.99"), d("0.01")], pa.decimal256(50, 2))
    c["category"] = pa.DictionaryArray.from_arrays(pa.array([2, None, 0, 2], pa.int8()), ["lo", "mid", "hi"])
    c["ordered"] = pa.DictionaryArray.from_arrays(pa.array([2, None, 0, 2], pa.int8()), ["lo", "mid", "hi"], ordered=True)
    c["number_category"] = pa.DictionaryArray.from_arrays(pa.array([1, None, 0, 1], pa.int16()), pa.array([10, 20], pa.int64()))
    c["list"] = pa.array([[1, 2], None, [], [None]], pa.list_(pa.int64()))
    c["text_list"] = pa.array([["a", None], None, [], ["b"]], pa.list_(pa.string()))
    c["large_list"] = pa.array([[1.5], None, [], [None]], pa.large_list(pa.float32()))
    c["fixed_list"] = pa.array([[1, 2], None, [3, 4], [5, None]], pa.list_(pa.int32(), 2))
    c["struct"] = pa.array([{"x": 1, "y": "a"}, None, {"x": None, "y": "b"}, {"x": 3, "y": None}], pa.struct([("x", pa.int64()), ("y", pa.string())]))
    c["struct_list"] = pa.array([[{"x": 1}], None, [], [None]], pa.list_(pa.struct([("x", pa.int64())])))
    c["map"] = pa.array([[("k", 1)], None, [], [("a", None), ("b", 2)]], pa.map_(pa.string(), pa.int64()))
    c["null"] = pa.nulls(4)
    if not parquet:
        c["interval"] = pa.array([(1, 2, 3), None, (0, 0, 0), (-1, 5, 9)], pa.month_day_nano_interval())
        c["union"] = pa.UnionArray.from_dense(pa.array([0, 1, 0, 1], pa.int8()), pa.array([0, 0, 1, 1], pa.int32()),
                                              [pa.array([5, 7]), pa.array(["a", "b"])])
        c["run_end"] = pa.RunEndEncodedArray.from_arrays(pa.array([1, 3, 4], pa.int32()), pa.array([5, None, 7]))
        c["list_view"] = pa.array([[1, 2], None, [], [None]], pa.list_view(pa.int64()))
        c["binary_view"] = pa.array([b"a", None, b"", b"a text beyond twelve bytes"], pa.binary_view())
    fields = [pa.field(n, a.type, metadata={"units": "K", "note": n} if n == "float64" else None) for n, a in c.items()]
    # Instants of a calendar that arrow has no type for, as we write them.
    noleap = {"ARROW:extension:name": "hpda.instant", "ARROW:extension:metadata": '{"calendar":"noleap","unit":"us"}'}
    fields.append(pa.field("noleap", pa.int64(), metadata=noleap))
    c["noleap"] = pa.array([0, None, 1, -1])
    fields.append(pa.field("required", pa.int64(), nullable=False))
    c["required"] = pa.array([1, 2, 3, 4])
    return pa.Table.from_arrays(list(c.values()), schema=pa.schema(fields, metadata={"origin": "somewhere", "empty": ""}))


def frames():
    base = pd.DataFrame({
        "a": [1, 2, 3],
        "s": ["x", "y", None],
        "c": pd.Categorical(["hi", "lo", "hi"], categories=["lo", "mid", "hi"], ordered=True),
        "I": pd.array([1, None, 3], dtype="Int64"),
        "t": pd.to_datetime(["2020-01-01", "2020-01-02", None]),
    })
    base.attrs = {"title": "three rows", "version": 2, "ratio": 0.1, "nested": {"x": [1]}, "flags": [1, 2]}
    named = base.set_index("s")
    unnamed = base.copy()
    unnamed.index = [5, 7, 6]
    multi = base.copy()
    multi.index = pd.MultiIndex.from_tuples([(1, "x"), (1, "y"), (2, "x")], names=[None, "k"])
    ranged = base.copy()
    ranged.index = pd.RangeIndex(2, 8, 2, name="r")
    numbers = base[["a", "I"]].copy()
    numbers.columns = [10, 20]
    pairs = base[["a", "I"]].copy()
    pairs.columns = pd.MultiIndex.from_tuples([("it's", 1), ("b", 2)], names=["u", None])
    dates = base[["a", "I"]].copy()
    dates.columns = pd.DatetimeIndex(["2020-01-01", "2020-01-02 06:00"], name="when")
    clash = base[["a", "I"]].copy()
    clash.index = pd.Index([7, 8, 9], name="a")
    return {"base": base, "named": named, "unnamed": unnamed, "multi": multi, "ranged": ranged, "numbers": numbers, "pairs": pairs,
            "dates": dates, "clash": clash}


def main():
    os.makedirs(HERE, exist_ok=True)
    at = lambda name: os.path.join(HERE, name)
    pq.write_table(every_type(True), at("every_type.parquet"), compression="zstd")
    table = every_type(False)
    with pa.ipc.new_file(at("every_type.arrow"), table.schema) as f:
        f.write_table(table, max_chunksize=3)
    for codec, t in [("lz4", table.select(["int64", "string", "category", "list"])), ("zstd", table)]:
        with pa.ipc.new_stream(at(f"stream_{codec}.arrows"), t.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as f:
            f.write_table(t, max_chunksize=3)
    # Dictionaries that grow: as deltas in a file, replaced in a stream.
    batches = [pa.record_batch({"c": pa.array(v).dictionary_encode()}) for v in (["a", "b"], ["b", "c", None], ["a"])]
    with pa.ipc.new_stream(at("replaced.arrows"), batches[0].schema) as f:
        for b in batches:
            f.write_batch(b)
    delta = [pa.record_batch({"c": pa.DictionaryArray.from_arrays(pa.array(k, pa.int32()), v)}) for k, v in (([0, 1], ["a", "b"]), ([1, 2, None], ["a", "b", "c"]))]
    with pa.ipc.new_file(at("delta.arrow"), delta[0].schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)) as f:
        for b in delta:
            f.write_batch(b)
    rows = pa.table({"i": pa.array(range(400)), "x": pa.array([i / 7 if i % 10 else None for i in range(400)]),
                     "s": pa.array([f"name {i % 50}" for i in range(400)])})
    for codec in ["none", "snappy", "zstd", "lz4", "brotli", "gzip"]:
        pq.write_table(rows, at(f"codec_{codec}.parquet"), compression=codec, row_group_size=100,
                       data_page_version="2.0" if codec == "zstd" else "1.0", write_page_index=codec == "zstd")
    for name, df in frames().items():
        df.to_parquet(at(f"pandas_{name}.parquet"), compression="zstd")
        if name in ("base", "ranged", "named", "multi"):
            df.to_feather(at(f"pandas_{name}.feather"))
    p = pl.DataFrame({"i": [1, None, 3], "s": ["x", None, "a text beyond twelve bytes"], "c": pl.Series(["u", "v", None], dtype=pl.Categorical),
                      "e": pl.Series(["lo", None, "hi"], dtype=pl.Enum(["lo", "mid", "hi"])), "d": [dt.date(2020, 1, 1), None, dt.date(1999, 12, 31)],
                      "t": pl.Series([dt.datetime(2020, 1, 1, 6), None, dt.datetime(1, 1, 1)]), "l": [[1], None, []]})
    p.write_parquet(at("polars.parquet"))
    p.write_ipc(at("polars.arrow"))
    p.write_ipc(at("polars_zstd.arrow"), compression="zstd")
    duplicated = pa.Table.from_arrays([pa.array([1, 2]), pa.array([3, 4]), pa.array([5, 6])], names=["a", "a", "a.1"])
    pq.write_table(duplicated, at("duplicated.parquet"))
    # Plain values under checksums.
    pq.write_table(pa.table({"x": [i * i for i in range(100)]}), at("checked.parquet"), compression="none", use_dictionary=False,
                   write_statistics=False, store_schema=False, write_page_checksum=True)


if __name__ == "__main__":
    main()
