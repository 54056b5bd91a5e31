"""Makes tests/files/data/losses: what formats hold that is easily lost between them, and expected.json, what h5py, netCDF4,
zarr-python and numpy say is in it.

Run from the root of the project: python tests/parity/make_losses.py
"""
import io
import json
import pathlib
import shutil
import zipfile

import h5py
import netCDF4
import numcodecs
import numpy as np
import zarr

OUT = pathlib.Path("tests/files/data/losses")
shutil.rmtree(OUT, ignore_errors=True)
OUT.mkdir(parents=True)
expected = {}


def plain(v):
    v = np.asarray(v)
    return [x.decode() if isinstance(x, bytes) else x.item() if hasattr(x, "item") else x for x in v.ravel()]


# Attributes of several dimensions and truth values, enumerations, floats of two bytes, fill values.
with h5py.File(OUT / "kinds.h5", "w", track_order=True) as f:
    f["flags"] = np.array([True, False, True])
    x = f.create_dataset("half", data=np.array([0.5, -2.0, 65504.0], "f2"), track_order=True)
    x.attrs["matrix"] = np.array([[1, 2, 3], [4, 5, 6]], "i2")
    x.attrs["names"] = np.array([["a", "b"], ["c", "k\u00f6ln"]], dtype=h5py.string_dtype())
    x.attrs["on"] = True
    x.attrs["switches"] = np.array([True, False])
    x.attrs["table"] = np.array([[True], [False]])
    state = h5py.enum_dtype({"OFF": 0, "ON": 1, "LOST": -2}, basetype=">i2")
    f.create_dataset("state", data=np.array([0, -2, 1]), dtype=state, chunks=(2,), compression="gzip")
    f.create_dataset("gaps", shape=(6,), dtype="i4", chunks=(2,), fillvalue=-3)[0:2] = [7, 8]
    f.create_dataset("bright", shape=(4,), dtype=bool, chunks=(2,), fillvalue=True)
with h5py.File(OUT / "kinds.h5") as f:
    a = f["half"].attrs
    expected["kinds"] = {
        "attrs": {k: {"shape": list(np.shape(a[k])), "values": plain(a[k])} for k in a},
        "half": [repr(float(v)) for v in f["half"][:]],
        "state": plain(f["state"][:]),
        "names": h5py.check_enum_dtype(f["state"].dtype),
        "gaps": plain(f["gaps"][:]),
        "fill": {"gaps": f["gaps"].fillvalue.item(), "bright": f["bright"].fillvalue.item()},
    }

with netCDF4.Dataset(OUT / "enum.nc", "w") as f:
    clouds = f.createEnumType(np.uint8, "cloud_t", {"Clear": 0, "Stratus": 7, "Missing": 255})
    f.createDimension("x", 4)
    v = f.createVariable("clouds", clouds, ("x",), fill_value=255)
    v[:] = [0, 7, 7, 255]
    w = f.createVariable("other", clouds, ("x",), zlib=True)
    w[:] = [7, 0, 0, 7]
    expected["enum"] = {"names": clouds.enum_dict, "clouds": [0, 7, 7, None], "other": [7, 0, 0, 7]}

# A dimension twice, one that no variable has, 64-bit integers.
with netCDF4.Dataset(OUT / "dims.nc", "w") as f:
    f.createDimension("x", 2)
    f.createDimension("spare", 7)
    f.createVariable("cov", "f8", ("x", "x"))[:] = np.eye(2)
    f.createVariable("tas", "f4", ("x",))[:] = [1.5, 2.5]
    f.createVariable("small", "i8", ("x",))[:] = [1, -2]
    f.createVariable("large", "i8", ("x",))[:] = [1, 2**40]

# Texts of Latin-1 where UTF-8 is said.
for name in ["latin.h5", "latin.nc"]:
    with h5py.File(OUT / name, "w", track_order=True) as f:
        f["tas"] = np.arange(2.0)
        f.create_dataset("city", (2,), dtype=h5py.string_dtype())[:] = np.array([b"k\xf6ln", b"ulm"], dtype=object)
with h5py.File(OUT / "latin.h5") as f:
    expected["latin"] = [v.decode("latin-1") for v in f["city"][:]]

# Archives that are not numpy's own, and one that is larger than it looks.
def archive(name, method, arrays):
    with zipfile.ZipFile(OUT / name, "w", method) as z:
        for key, a in arrays.items():
            b = io.BytesIO()
            np.lib.format.write_array(b, a, allow_pickle=False)
            z.writestr(zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0)), b.getvalue(), method)


numbers = {"a": np.arange(12.0).reshape(3, 4), "b": np.array([3, 1, 2], "i2")}
archive("bzip2.npz", zipfile.ZIP_BZIP2, numbers)
archive("lzma.npz", zipfile.ZIP_LZMA, numbers)
with np.load(OUT / "bzip2.npz") as f, np.load(OUT / "lzma.npz") as g:
    assert all((f[k] == g[k]).all() for k in numbers)
    expected["npz"] = {k: plain(f[k]) for k in numbers}
bomb = np.zeros((4096, 4096), "f4")
bomb[:, 1] = np.arange(4096)
archive("bomb.npz", zipfile.ZIP_BZIP2, {"a": bomb, "f": np.asfortranarray(bomb.T)})
np.savez(OUT / "gone.npz", gone=np.array([1, "NaT", 3], "m8[us]"), day=np.array(["2020-01-02", "NaT"], "M8[D]"), zero=np.array(["a\0b", "c"]))

# Codecs of numcodecs.
grid = (np.arange(60) * 3 % 17).reshape(6, 10)
expected["zarr"] = plain(grid)
root = zarr.open_group(OUT / "v2.zarr", mode="w", zarr_format=2)
for name, dtype, filters, compressor in [
    ("lz4", "<i4", None, numcodecs.LZ4()),
    ("lzma", "<f8", None, numcodecs.LZMA(preset=1)),
    ("delta", "<i2", [numcodecs.Delta("<i2")], numcodecs.Zlib(1)),
    ("delta_big", ">f4", [numcodecs.Delta(">f4")], None),
    ("delta_u1", "|u1", [numcodecs.Delta("|u1"), numcodecs.Shuffle(1)], numcodecs.LZ4()),
]:
    a = root.create_array(name, shape=grid.shape, chunks=(4, 5), dtype=dtype, filters=filters, compressors=compressor)
    a[:] = grid
    assert (a[:] == grid).all()
try:
    from zarr.codecs import numcodecs as three
except ImportError:
    from numcodecs import zarr3 as three
root = zarr.open_group(OUT / "v3.zarr", mode="w", zarr_format=3)
for name, dtype, filters, compressor in [
    ("lz4", "int32", (), three.LZ4(acceleration=1)),
    ("lzma", "float64", (), three.LZMA(preset=1)),
    ("delta", "int16", (three.Delta(dtype="<i2"),), three.Zlib(level=1)),
]:
    a = root.create_array(name, shape=grid.shape, chunks=(4, 5), dtype=dtype, filters=filters, compressors=compressor)
    a[:] = grid
    assert (a[:] == grid).all()

(OUT / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
