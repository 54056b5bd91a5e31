"""A sound file of each format, made by the real libraries, and where its parts lie.

A part is (name, spans, checked): `checked` tells that the format holds a checksum over those bytes, so that no damage there may
come out as other values without a word.
"""

import gzip
import json
import os
import re
import struct
import zipfile


def table():
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(7)
    n = 2000
    names = np.array(["nordvik", "plain", "harbour, old", 'the "mill"', "São Antão"])
    return pa.table(
        {
            "id": pa.array(np.arange(n)),
            "x": pa.array(np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)), from_pandas=True),
            "station": pa.array(names[rng.integers(0, len(names), n)]),
            "flag": pa.array(rng.random(n) < 0.5),
            "day": pa.array(rng.integers(0, 20000, n).astype("datetime64[D]")),
        }
    )


def cube():
    import numpy as np

    rng = np.random.default_rng(8)
    return rng.normal(280, 10, size=(24, 12, 18)).astype("f4")


def write_lines(path, opener=open):
    rows = table().to_pylist()
    with opener(path, "wt") as out:
        for row in rows:
            row["day"] = row["day"].isoformat()
            out.write(json.dumps(row) + "\n")


def write_csv(path, opener=open):
    import io

    import pyarrow.csv

    text = io.BytesIO()
    pyarrow.csv.write_csv(table(), text)
    with opener(path, "wb") as out:
        out.write(text.getvalue())


def write_parquet(path):
    import pyarrow.parquet as pq

    pq.write_table(table(), path, row_group_size=700, compression="zstd", use_dictionary=["station"])


def write_arrow(path):
    import pyarrow as pa

    with pa.ipc.new_file(path, table().schema) as out:
        out.write_table(table(), max_chunksize=700)


def write_nc(path, format="NETCDF4"):
    import netCDF4
    import numpy as np

    four = format == "NETCDF4"
    with netCDF4.Dataset(path, "w", format=format) as ds:
        ds.title = "damaged on purpose"
        for name, size in (("time", None), ("lat", 12), ("lon", 18)):
            ds.createDimension(name, size)
        time = ds.createVariable("time", "f8", ("time",))
        time.units, time.calendar = "days since 2000-01-01", "noleap"
        lat = ds.createVariable("lat", "f4", ("lat",))
        lat.units = "degrees_north"
        how = dict(zlib=True, shuffle=True, fletcher32=True, chunksizes=(6, 12, 18)) if four else {}
        tas = ds.createVariable("tas", "f4", ("time", "lat", "lon"), **how)
        tas.units = "K"
        time[:], lat[:], tas[:] = np.arange(24.0), np.linspace(-80, 80, 12), cube()


def write_h5(path):
    import h5py
    import numpy as np

    with h5py.File(path, "w") as f:
        f.attrs["title"] = "damaged on purpose"
        f["lat"] = np.linspace(-80, 80, 12)
        d = f.create_dataset("group/tas", data=cube(), chunks=(6, 12, 18), compression="gzip", fletcher32=True)
        d.attrs["units"] = "K"
        f["names"] = np.array(["a", "bb", "ccc"], dtype=h5py.string_dtype())


def write_npy(path):
    import numpy as np

    np.save(path, cube().astype("f8"))


def write_npz(path):
    import numpy as np

    np.savez_compressed(path, tas=cube(), lat=np.linspace(-80, 80, 12), count=np.arange(40))


def write_zarr(path):
    import numpy as np
    import zarr
    from zarr.codecs import BytesCodec, Crc32cCodec, ZstdCodec  # noqa: F401

    root = zarr.open_group(path, mode="w", zarr_format=3)
    a = root.create_array(
        "tas", shape=(24, 12, 18), chunks=(6, 12, 18), dtype="f4", compressors=[ZstdCodec(), Crc32cCodec()], dimension_names=("time", "lat", "lon")
    )
    a[:] = cube()
    b = root.create_array("lat", shape=(12,), chunks=(12,), dtype="f8", compressors=[Crc32cCodec()], dimension_names=("lat",))
    b[:] = np.linspace(-80, 80, 12)


def whole(data):
    return [(0, len(data))]


def find(data, pattern):
    return [(m.start(), m.end()) for m in re.finditer(pattern, data, re.S)]


def parts_text(data, path):
    head = data.index(b"\n") + 1
    return [
        ("header", [(0, head)], False),
        ("separators", find(data, rb'[,"\n:{}]'), False),
        ("numbers", find(data, rb"\d+"), False),
        ("body", [(head, len(data))], False),
        ("trailer", [(len(data) - 40, len(data))], False),
    ]


def parts_gzip(data, path):
    return [("header", [(0, 10)], False), ("body", [(10, len(data) - 8)], True), ("trailer", [(len(data) - 8, len(data))], True)]


def parts_npy(data, path):
    end = 10 + struct.unpack("<H", data[8:10])[0]
    return [
        ("magic", [(0, 8)], False),
        ("lengths", [(8, 10)], False),
        ("header", [(10, 10 + len(data[10:end].rstrip()))], False),
        ("body", [(end, len(data))], False),
        ("trailer", [(len(data) - 64, len(data))], False),
    ]


def parts_npz(data, path):
    local, body, central = [], [], []
    with zipfile.ZipFile(path) as z:
        for info in z.infolist():
            at = info.header_offset
            name, extra = struct.unpack("<HH", data[at + 26 : at + 30])
            start = at + 30 + name + extra
            local.append((at, start))
            body.append((start, start + info.compress_size))
        start = z.start_dir
    end = data.rindex(b"PK\5\6")
    central = [(start, end)]
    sizes = [(m.start() + 16, m.start() + 28) for m in re.finditer(rb"PK\x01\x02", data[:end])]
    offsets = [(m.start() + 42, m.start() + 46) for m in re.finditer(rb"PK\x01\x02", data[:end])]
    return [
        ("local headers", local, False),
        ("central directory", central, False),
        ("lengths", sizes, False),
        ("offsets", offsets, False),
        ("body", body, True),
        ("trailer", [(end, len(data))], False),
    ]


def parts_parquet(data, path):
    import pyarrow.parquet as pq

    meta = pq.ParquetFile(path).metadata
    footer = len(data) - 8 - struct.unpack("<I", data[-8:-4])[0]
    dictionary, pages, headers = [], [], []
    for g in range(meta.num_row_groups):
        for c in range(meta.num_columns):
            col = meta.row_group(g).column(c)
            start = col.data_page_offset
            if col.dictionary_page_offset:
                dictionary.append((col.dictionary_page_offset, start))
                headers.append((col.dictionary_page_offset, col.dictionary_page_offset + 16))
                first = col.dictionary_page_offset
            else:
                first = start
            pages.append((start, first + col.total_compressed_size))
            headers.append((start, start + 20))
    return [
        ("page headers", headers, False),
        ("dictionary pages", dictionary, False),
        ("body", pages, False),
        ("footer", [(footer, len(data) - 8)], False),
        ("lengths", [(len(data) - 8, len(data) - 4)], False),
        ("trailer", [(len(data) - 16, len(data)), (0, 4)], False),
    ]


def parts_arrow(data, path):
    footer = len(data) - 10 - struct.unpack("<I", data[-10:-6])[0]
    meta, lengths = [], []
    for m in re.finditer(rb"\xff\xff\xff\xff(....)", data[:footer], re.S):
        n = struct.unpack("<I", m.group(1))[0]
        if m.start() % 8 == 0 and 0 < n < 4096:
            meta.append((m.end(), m.end() + n))
            lengths.append((m.start(), m.end()))
    body, at = [], meta[0][1]
    for (start, end), (_, last) in zip(lengths[1:], meta[1:]):
        body.append((at, start))
        at = last
    body = [(a, b) for a, b in body + [(at, footer)] if b > a]
    return [
        ("message headers", meta, False),
        ("lengths", lengths, False),
        ("body", body, False),
        ("footer", [(footer, len(data) - 10)], False),
        ("trailer", [(len(data) - 10, len(data)), (0, 8)], False),
    ]


def parts_nc3(data, path):
    """The header is the magic and the number of records, then lists of dimensions, attributes and variables."""
    at = 8
    offsets, lengths = [], []

    def number(size=4):
        nonlocal at
        at += size
        return int.from_bytes(data[at - size : at], "big")

    def name():
        nonlocal at
        lengths.append((at, at + 4))
        n = number()
        at += (n + 3) // 4 * 4

    def attributes():
        nonlocal at
        number()
        for _ in range(number()):
            name()
            size = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8}[number()]
            lengths.append((at, at + 4))
            n = number() * size
            at += (n + 3) // 4 * 4

    number()
    for _ in range(number()):
        name()
        lengths.append((at, at + 4))
        number()
    attributes()
    number()
    for _ in range(number()):
        name()
        for _ in range(number()):
            number()
        attributes()
        number()
        lengths.append((at, at + 4))
        number()
        offsets.append((at, at + 8))
        number(8)
    return [
        ("magic and records", [(0, 8)], False),
        ("header", [(8, at)], False),
        ("offsets", offsets, False),
        ("lengths", lengths, False),
        ("body", [(at, len(data))], False),
        ("trailer", [(len(data) - 64, len(data))], False),
    ]


def parts_hdf5(data, path):
    import h5py

    chunks = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.chunks and item.fletcher32:
            for i in range(item.id.get_num_chunks()):
                info = item.id.get_chunk_info(i)
                chunks.append((info.byte_offset, info.byte_offset + info.size))

    with h5py.File(path) as f:
        f.visititems(visit)
    around = lambda sig, n: [(m.start(), min(m.start() + n, len(data))) for m in re.finditer(sig, data)]
    trees = around(b"TREE|BTHD|BTLF|FAHD|FADB|EAHD", 160)
    return [
        ("superblock", [(0, 96)], False),
        ("object headers", around(b"OHDR|OCHK", 200) or [(96, 1200)], False),
        ("heaps", around(b"HEAP|GCOL|FRHP|FHDB|SNOD", 160), False),
        ("chunk index", trees, False),
        ("body", chunks, True),
        ("trailer", [(len(data) - 200, len(data))], False),
    ]


def parts_zarr(data, name):
    if name.endswith("zarr.json"):
        return [("metadata", whole(data), False), ("numbers", find(data, rb"\d+"), False)]
    return [("chunk header", [(0, 16)], True), ("body", whole(data), True), ("trailer", [(len(data) - 4, len(data))], True)]


#: name: (file name, maker, parts)
FORMATS = {
    "csv": ("a.csv", write_csv, parts_text),
    "csv.gz": ("a.csv.gz", lambda p: write_csv(p, gzip.open), parts_gzip),
    "jsonl": ("a.jsonl", write_lines, parts_text),
    "parquet": ("a.parquet", write_parquet, parts_parquet),
    "arrow": ("a.arrow", write_arrow, parts_arrow),
    "nc": ("a.nc", write_nc, parts_hdf5),
    "h5": ("a.h5", write_h5, parts_hdf5),
    "nc3": ("a3.nc", lambda p: write_nc(p, "NETCDF3_64BIT_OFFSET"), parts_nc3),
    "npy": ("a.npy", write_npy, parts_npy),
    "npz": ("a.npz", write_npz, parts_npz),
    "zarr": ("a.zarr", write_zarr, parts_zarr),
}


def files(path):
    """The file, or the files of a folder."""
    if not os.path.isdir(path):
        return [path]
    return sorted(os.path.join(d, f) for d, _, names in os.walk(path) for f in names)
