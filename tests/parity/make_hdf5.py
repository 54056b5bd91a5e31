"""Makes tests/files/data/hdf5: files as h5py, netCDF4 and pandas write them, and expected.json, what h5py says is in them.

Run from the root of the project: python tests/parity/make_hdf5.py
"""
import json
import pathlib

import h5py
import netCDF4
import numpy as np

OUT = pathlib.Path("tests/files/data/hdf5")
OUT.mkdir(parents=True, exist_ok=True)
expected = {}


def plain(v):
    """Elements in C order: floats as text, texts decoded."""
    v = np.asarray(v)
    out = []
    for x in v.ravel():
        if isinstance(x, bytes):
            out.append(x.decode())
        elif isinstance(x, str):
            out.append(x)
        elif v.dtype.kind == "f":
            out.append(repr(float(x)))
        else:
            out.append(x.item() if hasattr(x, "item") else x)
    return out


def note(name, skip=()):
    """Every dataset of a file, by path, as h5py reads it."""
    found = expected[name] = {}
    with h5py.File(OUT / f"{name}.h5") as f:
        def visit(path, d):
            if isinstance(d, h5py.Dataset) and d.shape is not None and path not in skip:
                if h5py.check_string_dtype(d.dtype) is not None:
                    values = d.asstr()[()] if d.shape != () else np.array(d.asstr()[()], dtype=object)
                elif d.dtype.names:
                    for member in d.dtype.names:
                        found[f"{path}/{member}"] = {"shape": list(d.shape + d.dtype[member].shape), "values": plain(d[member])}
                    return
                else:
                    values = d[()]
                found[path] = {"shape": list(np.shape(values)), "values": plain(values)}
        f.visititems(visit)


# Every type that a cube holds.
with h5py.File(OUT / "types.h5", "w") as f:
    grid = np.arange(12).reshape(3, 4)
    for code in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
        f[f"le_{code}"] = (grid * 5).astype("<" + code)
        if code[1] != "1":
            f[f"be_{code}"] = (grid * 5).astype(">" + code)
    f["flags"] = np.array([[True, False], [False, True]])
    f["scalar"] = 2.5
    f["scalar_text"] = "k\u00f6ln"
    f["none"] = np.zeros((0, 3))
    f["fixed"] = np.array([b"a", b"", b"abc"])
    f.create_dataset("variable", data=["a", "", "k\u00f6ln", "a longer text than twelve bytes"], dtype=h5py.string_dtype())
    f.create_dataset("utf8_fixed", data=np.array(["k\u00f6ln".encode(), b"x"], dtype=h5py.string_dtype("utf-8", 7)))
    f["letters"] = np.array([b"a", b"b", b"c"])
    f.create_dataset("state", data=np.array([0, 2, 1], "i2"), dtype=h5py.enum_dtype({"OFF": 0, "ON": 1, "LOST": 2}, basetype="i2"))
    f.create_dataset("arrays", data=np.arange(24).reshape(2, 3, 4)[:, 0, :], dtype="i4")
    f.create_dataset("vectors", shape=(3,), dtype=np.dtype(("f4", (2, 2))))
    f["vectors"][...] = np.arange(12.0).reshape(3, 2, 2)
    # Written through the low-level interface: types that numpy does not have.
    space = h5py.h5s.create_simple((3,))
    space_padded = h5py.h5t.C_S1.copy()
    space_padded.set_size(5)
    space_padded.set_strpad(h5py.h5t.STR_SPACEPAD)
    h5py.h5d.create(f.id, b"space_padded", space_padded, space).write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"ab   ", b"     ", b"abcde"], "S5"), space_padded)
    h5py.h5d.create(f.id, b"bits", h5py.h5t.STD_B16BE, space).write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, 256, 65535], "u2"), h5py.h5t.NATIVE_B16)
    small = h5py.h5t.STD_I32LE.copy()
    small.set_size(3)
    small.set_precision(24)
    h5py.h5d.create(f.id, b"three_bytes", small, space).write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([-1, 0, 70000], "i4"))
    # Larger ones, chunked and filtered, one with a chunk that was never written.
    big = np.arange(20 * 25, dtype="f8").reshape(20, 25) / 7
    f.create_dataset("deflated", data=big, chunks=(8, 8), compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("gaps", shape=(20, 25), dtype="i2", chunks=(8, 8), fillvalue=-3)[0:8, 0:8] = 1
    f.create_dataset("lzf", data=big.astype(">f4"), chunks=(20, 7), compression="lzf")
note("types", skip=("three_bytes", "deflated", "gaps", "lzf"))
expected["types"]["three_bytes"] = {"shape": [3], "values": [-1, 0, 70000]}
# A text of spaces alone is empty here; numpy takes no padding of spaces off.
expected["types"]["space_padded"]["values"] = ["ab", "", "abcde"]

# Dimension scales: attached, several to an axis, of another length, unlimited; labels; nameless ones.
with h5py.File(OUT / "scales.h5", "w") as f:
    f.create_dataset("time", data=[0.0, 1.0, 2.0, 3.0], maxshape=(None,), chunks=(2,)).attrs["units"] = "days since 2000-01-01"
    f["lat"] = [10.0, 20.0]
    f["lat_index"] = [0, 1]
    f["wrong"] = [1.0, 2.0, 3.0]
    f["only"] = np.arange(5)
    for s in ["time", "lat", "lat_index", "wrong"]:
        f[s].make_scale(s)
    tas = f.create_dataset("tas", data=np.arange(8.0).reshape(4, 2), maxshape=(None, 2), chunks=(2, 2))
    tas.dims[0].attach_scale(f["time"])
    tas.dims[1].attach_scale(f["lat"])
    tas.dims[1].attach_scale(f["lat_index"])
    tas.attrs["units"] = "K"
    f["mismatch"] = np.arange(5)
    f["mismatch"].dims[0].attach_scale(f["wrong"])
    f["labelled"] = np.zeros((5, 3))
    f["labelled"].dims[0].label = "station"
    f["labelled"].dims[1].label = "channel"
    f["nameless"] = np.zeros((5, 5, 3))
    g = f.create_group("deep/er")
    g["pr"] = np.arange(8.0).reshape(2, 4)
    g["pr"].dims[0].attach_scale(f["lat"])
    g["pr"].dims[1].attach_scale(f["time"])
    g["square"] = np.zeros((3, 3))
note("scales")

# Attributes of every sort.
with h5py.File(OUT / "attrs.h5", "w", track_order=True) as f:
    a = f.create_dataset("x", data=np.arange(3), track_order=True).attrs
    a["text"] = "k\u00f6ln"
    a["fixed"] = np.bytes_("abc")
    a["texts"] = ["a", "bc"]
    a["fixed_texts"] = np.array([b"a", b"bc"])
    a["i1"], a["u2"], a["f4"] = np.int8(-3), np.uint16(3), np.float32(0.5)
    a["list"] = np.array([1, 2, 3])
    a["matrix"] = np.array([[1.0, 2.0], [3.0, 4.0]])
    a["half"] = np.float16(0.5)
    a["flag"] = True
    a["empty_text"] = h5py.Empty("S1")
    a["empty_number"] = h5py.Empty("f8")
    a["reference"] = f["x"].ref
    a["record"] = np.array((1, 2.0), dtype=[("a", "i4"), ("b", "f8")])
    a.create("lists", data=np.array([np.arange(2), np.arange(3)], dtype=object), dtype=h5py.vlen_dtype("i4"))
    f.attrs["title"] = "attributes"

# What links make of a file: two names, links that lead nowhere or to other files, circles.
with h5py.File(OUT / "links.h5", "w") as f:
    f["data/x"] = np.arange(3)
    f["hard"] = f["data/x"]
    f["soft"] = h5py.SoftLink("/data/x")
    f["nowhere"] = h5py.SoftLink("/data/y")
    f["outside"] = h5py.ExternalLink("types.h5", "/scalar")
    f["through"] = h5py.SoftLink("/outside")
    f["data/circle"] = f["/"]
    f["data/soft_circle"] = h5py.SoftLink("/data")
    f["again"] = f["data"]

# Records, references, committed types, and what a cube does not hold.
with h5py.File(OUT / "records.h5", "w") as f:
    dt = np.dtype([("id", ">i4"), ("name", "S4"), ("pos", [("x", "f4"), ("y", "f8")]), ("v", "i2", (2,)), ("z", "c16")])
    d = np.zeros(3, dt)
    d["id"], d["name"], d["v"] = [1, 2, 3], [b"a", b"bcde", b""], [[1, 2], [3, 4], [5, 6]]
    d["pos"]["x"], d["pos"]["y"] = [0.5, 1.5, 2.5], [10, 20, 30]
    f.create_dataset("table", data=d, chunks=(2,), compression="gzip").attrs["note"] = "records"
    f["committed"] = np.dtype("f8")
    f.create_dataset("of_committed", data=np.arange(2.0), dtype=f["committed"])
    f["refs"] = np.array([f["table"].ref, f["committed"].ref, h5py.Reference()], dtype=h5py.ref_dtype)
    f["complex"] = np.array([1 + 2j])
    f["empty"] = h5py.Empty("f4")
    f.create_dataset("lists", data=np.array([np.arange(2), np.arange(3)], dtype=object), dtype=h5py.vlen_dtype("i4"))
    f["opaque"] = np.array([b"abc"], "V3")
    f.create_dataset("regions", data=np.array([f["of_committed"].regionref[0:1]], dtype=h5py.regionref_dtype))

# Texts of any length wherever they may stand: as they are, in chunks, in the header, in records, in arrays, in attributes.
with h5py.File(OUT / "texts.h5", "w") as f:
    words = np.array(["a", "", "k\u00f6ln", "a longer text than twelve bytes"], object)
    f.create_dataset("plain", data=words, dtype=h5py.string_dtype())
    f.create_dataset("chunks", data=words, dtype=h5py.string_dtype(), chunks=(3,))
    f.create_dataset("deflated", data=words, dtype=h5py.string_dtype(), chunks=(3,), compression="gzip", shuffle=True)
    header = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    header.set_layout(h5py.h5d.COMPACT)
    kind = h5py.h5t.py_create(h5py.string_dtype(), logical=True)
    h5py.h5d.create(f.id, b"header", kind, h5py.h5s.create_simple((4,)), header)
    f["header"][...] = words
    table = np.zeros(2, np.dtype([("id", "i4"), ("name", h5py.string_dtype())]))
    table["id"], table["name"] = [1, 2], ["one", "two"]
    f["table"] = table
    f.create_dataset("pairs", shape=(2,), dtype=np.dtype((h5py.string_dtype(), (2,))))
    f["pairs"][...] = words.reshape(2, 2)
    # More than are looked at when a file is opened, most of them never written.
    f.create_dataset("filled", shape=(5000,), dtype=h5py.string_dtype(), chunks=(100,), fillvalue="none")
    f["filled"][:4] = words
    f["plain"].attrs["one"] = "an attribute"
    f["plain"].attrs["several"] = ["b", "cd"]
note("texts", skip=("pairs", "filled"))
expected["texts"]["pairs"] = {"shape": [2, 2], "values": list(words)}

# NetCDF-4: the same cube as HDF5. Dimensions without variables, of two dimensions, growing ones that are not filled, groups, text.
with netCDF4.Dataset(OUT / "from_netcdf.h5", "w") as n:
    n.createDimension("time", None), n.createDimension("lat", 2), n.createDimension("lon", 3), n.createDimension("letters", 4)
    n.title = "as NetCDF"
    n.numbers = np.array([1, 2, 3], "i2")
    t = n.createVariable("time", "f8", ("time",), zlib=True)
    t.units, t.calendar = "days since 2000-01-01", "noleap"
    t[:] = np.arange(5)
    v = n.createVariable("tas", "f4", ("time", "lat", "lon"), zlib=True, shuffle=True, fill_value=-9)
    v.units, v.valid_range = "K", np.array([0, 400], "f4")
    v[:3] = np.arange(18).reshape(3, 2, 3)
    n.createVariable("short", "i2", ("time",))[:2] = [1, 2]
    n.createVariable("letters_of", "S1", ("lat", "letters"))[:] = np.array([list("abcd"), list("ef  ")], "S1")
    n.createVariable("names", str, ("lat",))[:] = np.array(["a", "k\u00f6ln"], object)
    n.createVariable("lat", "f8", ("lat", "lon"))[:] = np.arange(6).reshape(2, 3)
    n.createVariable("scalar", "i8", ())[:] = 5
    e = n.createEnumType("u1", "kind_t", {"LOW": 0, "HIGH": 3})
    n.createVariable("kind", e, ("lat",))[:] = np.array([0, 3], "u1")
    g = n.createGroup("ocean")
    g.createDimension("depth", 2)
    g.createVariable("depth", "i4", ("depth",))[:] = [5, 10]
    g.createVariable("so", "f8", ("time", "depth"), endian="big")[:] = np.ones((5, 2), ">f8")

# Raw structure of what pandas writes.
try:
    import pandas as pd
    pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5]}).to_hdf(OUT / "pandas_table.h5", key="df", format="table", index=False)
except ImportError:
    print("without PyTables: pandas_table.h5 stays as it is")

(OUT / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
