"""Makes tests/files/data/netcdf: small files by netCDF4-python, h5py and ncgen, and what netCDF4-python reads from them.

Run: python tests/parity/make_netcdf.py (netCDF4, h5py, numpy; ncgen on PATH)
"""

import json
import pathlib
import subprocess

import h5py
import netCDF4
import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "files" / "data" / "netcdf"
OUT.mkdir(parents=True, exist_ok=True)
TYPES = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]


def values(t, n, k=0):
    """The extremes of a type and small numbers between."""
    d = np.dtype(t)
    if d.kind == "f":
        x = (np.arange(n) - 3.25 + k) * 1.5
    else:
        x = np.arange(n) + k
        x = x.astype(d)
        info = np.iinfo(d)
        x[0], x[-1] = info.min, info.max
    return x.astype(d)


def types():
    with netCDF4.Dataset(OUT / "types.nc", "w") as f:
        f.createDimension("x", 5)
        f.createDimension("y", 3)
        f.createDimension("t", None)
        f.createDimension("len", 4)
        f.createDimension("never", None)
        f.title = "every type"
        f.empty = ""
        f.setncattr_string("one", "a string")
        f.setncattr("many", ["ä", "", "long " * 5])
        for t in TYPES:
            f.setncattr("att_" + t, values(t, 3))
            v = f.createVariable("v_" + t, t, ("x", "y"))
            v[:] = values(t, 15).reshape(5, 3)
            v.setncattr("valid_range", values(t, 2))
            b = f.createVariable("b_" + t, ">" + t, ("x",), endian="big")
            b[:] = values(t, 5)
            f.createVariable("s_" + t, t, ())[...] = values(t, 3, 4)[1]
        x = f.createVariable("x", "i4", ("x",))
        x[:] = np.arange(5) * 10
        s = f.createVariable("text", str, ("x", "y"))
        s[:] = np.array(["ab", "", "ünï", "z" * 40, "e"] * 3, dtype=object).reshape(5, 3)
        f.createVariable("text0", str, ())[...] = "scalar"
        c = f.createVariable("chars", "S1", ("x", "len"))
        c[:] = netCDF4.stringtochar(np.array(["abcd", "x", "", "yz", "q"], "S4"))
        f.createVariable("char0", "S1", ())[...] = b"c"
        f.createVariable("void", "f4", ("never", "x"), chunksizes=(1, 5))
        p = f.createVariable("packed", "i2", ("t", "x"), fill_value=-999, zlib=True, complevel=3, shuffle=True, chunksizes=(2, 3))
        p.set_auto_maskandscale(False)
        p.scale_factor, p.add_offset, p.units = 0.01, 273.15, "K"
        p[0:7] = (np.arange(35).reshape(7, 5) * 7).astype("i2")
        f.createVariable("sum32", "f8", ("t", "x"), fletcher32=True, chunksizes=(4, 5))[0:7] = np.arange(35.0).reshape(7, 5) / 3
        f.createVariable("zst", "f4", ("t", "x"), compression="zstd", complevel=4, chunksizes=(3, 5))[0:7] = np.arange(35.0).reshape(7, 5)
        f.createVariable("late", "i4", ("t",), chunksizes=(4,))[0:2] = [1, 2]
        n = f.createVariable("nofill", "f4", ("y",), fill_value=False)
        n[:] = [1, 2, 3]


def groups():
    with netCDF4.Dataset(OUT / "groups.nc", "w") as f:
        f.createDimension("time", None)
        f.createDimension("x", 2)
        f.createVariable("time", "f8", ("time",), chunksizes=(4,))[:] = [0, 1, 2]
        f["time"].units = "days since 2000-01-01"
        o = f.createGroup("ocean")
        o.note = "below"
        o.createDimension("z", 3)
        o.createVariable("z", "f4", ("z",))[:] = [0, 10, 20]
        o.createVariable("temp", "f4", ("time", "z", "x"))[:] = np.arange(18).reshape(3, 3, 2)
        d = o.createGroup("deep")
        d.createDimension("x", 4)
        d.createVariable("salt", "i2", ("z", "x"))[:] = np.arange(12).reshape(3, 4)
        f.createGroup("empty")


def user_types():
    with netCDF4.Dataset(OUT / "user_types.nc", "w") as f:
        f.createDimension("x", 3)
        e = f.createEnumType("u1", "sky_t", {"clear": 0, "cloudy": 1, "fog": 200})
        f.createVariable("sky", e, ("x",))[:] = [0, 200, 1]
        c = f.createCompoundType(np.dtype([("a", "f4"), ("b", "i2")]), "pair_t")
        f.createVariable("pair", c, ("x",))
        v = f.createVLType("i4", "list_t")
        f.createVariable("list", v, ("x",))
        f.createVariable("plain", "i4", ("x",))[:] = [1, 2, 3]


def h5():
    with h5py.File(OUT / "plain.h5", "w") as f:
        f["flags"] = np.array([True, False, True])
        f["matrix"] = np.arange(6, dtype="f8").reshape(2, 3)
        f["names"] = np.array(["a", "bc"], dtype=h5py.string_dtype())
        f["fixed"] = np.array([b"ab", b"cde"])
        f["group/inner"] = np.int16([5, 6])


CLASSIC = """netcdf c {
dimensions: t = UNLIMITED; x = 3; n = 5;
variables:
  double t(t); t:units = "days since 2000-01-01";
  int x(x);
  byte b(t); short s(t, x); int i(x); float f(t, x); double d(x, n); char c(t, n); char one;
  s:_FillValue = -1s; s:scale_factor = 0.5f; s:valid_range = 0s, 100s;
  double zero;
  :title = "classic"; :nothing = ""; :bytes = 1b, -2b; :floats = 1.5f, NaNf;
data:
  t = 0, 1, 2, 3; x = 10, 20, 30; b = 1, -2, 3, -4;
  s = 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, 11, 12;
  i = -1, 0, 2147483647; f = 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, NaN;
  d = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15;
  c = "hello", "you", "", "abcde"; one = "Z"; zero = 42.5;
}
"""
ONE_RECORD = "netcdf o { dimensions: t = UNLIMITED; variables: short s(t); :a = 1s; data: s = 1, 2, 3, 4, 5; }"
CDF5 = """netcdf w { dimensions: x = 3; t = UNLIMITED; variables:
  uint64 big(t, x); int64 neg(x); ubyte ub(x); ushort us(x); uint ui(x); :a = 5ull, 18446744073709551615ull; ui:u = 7u;
data: big = 1, 2, 18446744073709551615, 4, 5, 6; neg = -9223372036854775807, 0, 5; ub = 0, 128, 255; us = 0, 1, 65535; ui = 1, 2, 4294967295; }
"""


def ncgen(name, kind, text):
    source = OUT / (name + ".cdl")
    source.write_text(text)
    subprocess.run(["ncgen", "-k", kind, "-o", str(OUT / (name + ".nc")), str(source)], check=True)
    source.unlink()


def plain(x):
    """Values as JSON holds them: floats by their exact text, NaN too."""
    if isinstance(x, np.ndarray):
        return [plain(v) for v in x.ravel()]
    if isinstance(x, (bytes, np.bytes_)):
        return (x[0] if len(x) else 0)
    if isinstance(x, np.floating):
        return repr(float(x))
    if isinstance(x, np.bool_):
        return bool(x)
    if isinstance(x, np.integer):
        return int(x)
    return x


def describe(g):
    g.set_auto_mask(False)
    g.set_auto_scale(False)
    g.set_auto_chartostring(False)
    out = {"dims": {n: [len(d), d.isunlimited()] for n, d in g.dimensions.items()}, "vars": {}, "attrs": list(g.ncattrs())}
    for n, v in g.variables.items():
        if v.dtype is not str and (isinstance(v.datatype, (netCDF4.CompoundType, netCDF4.VLType)) and v.datatype is not str):
            continue
        entry = {"dims": list(v.dimensions), "shape": list(v.shape), "dtype": "str" if v.dtype is str else v.dtype.str[1:]}
        entry["values"] = plain(np.asarray(v[...]))
        entry["attrs"] = {a: plain(np.atleast_1d(v.getncattr(a))) for a in v.ncattrs()}
        if g.data_model.startswith("NETCDF4"):
            c = v.chunking()
            entry["chunks"] = None if c in ("contiguous", None) or not v.shape else list(c)
            f = v.filters() or {}
            entry["filters"] = {k: f.get(k) for k in ("zlib", "zstd", "shuffle", "complevel", "fletcher32")}
            entry["big"] = v.endian() == "big"
        out["vars"][n] = entry
    out["groups"] = {n: describe(h) for n, h in g.groups.items()}
    return out


def odd():
    """Files whose metadata netCDF-C gets wrong; not described by netCDF4-python for that reason."""
    import h5py

    odd = OUT / "odd"
    odd.mkdir(exist_ok=True)
    with netCDF4.Dataset(odd / "two_unlimited.nc", "w") as f:
        f.createDimension("a", None)
        f.createDimension("b", None)
        v = f.createVariable("v", "i4", ("a", "b"), chunksizes=(2, 2))
        v[:] = np.arange(6).reshape(2, 3)
        s = f.createVariable("s", "i2", ("a", "b"), chunksizes=(2, 2), fill_value=-7)
        s[0, 0] = 5
        w = f.createVariable("w", "f8", ("a",), chunksizes=(4,))
        w[:] = [1, 2, 3]
    with h5py.File(odd / "scale.nc", "w") as f:
        f["x"] = np.arange(4.0)
        f["d"] = np.arange(12.0).reshape(4, 3)
        f["x"].make_scale("x")
        f["d"].dims[0].attach_scale(f["x"])
        f["b"] = np.array([True, False])
        f["s"] = ["a", "bb"]


types()
groups()
user_types()
h5()
odd()
ncgen("classic", "classic", CLASSIC)
ncgen("offset64", "64-bit offset", CLASSIC)
ncgen("one_record", "classic", ONE_RECORD)
ncgen("cdf5", "cdf5", CDF5)
for path in sorted(OUT.glob("*.nc")) + [OUT / "plain.h5"]:
    with netCDF4.Dataset(path) as f:
        path.with_suffix(".json").write_text(json.dumps({"kind": f.data_model, **describe(f)}, indent=None, separators=(",", ":")) + "\n")
