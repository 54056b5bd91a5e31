"""Makes the small stores of tests/files/data/zarr with zarr-python and xarray: python tests/parity/make_zarr.py

Every array `a` is i * 10 + j, so that the tests know the values by formula.
"""

import shutil
import sys
import warnings
from pathlib import Path

import numcodecs
import numpy as np
import xarray as xr
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec
from zarr.codecs import numcodecs as nc3

warnings.simplefilter("ignore")
out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "files" / "data" / "zarr")
shutil.rmtree(out, ignore_errors=True)
out.mkdir(parents=True)

grid = np.add.outer(np.arange(5) * 10, np.arange(7))


def v2(group, name, values, chunks, **more):
    a = group.create_array(name, shape=values.shape, chunks=chunks, dtype=values.dtype, **more)
    a.attrs["_ARRAY_DIMENSIONS"] = ["y", "x"] if values.shape == grid.shape else [f"{name}_y", f"{name}_x"]
    a[...] = values
    return a


# Version 2: every codec, both orders, both byte orders, types; one chunk in the middle of `gap` is not there.
root = zarr.open_group(out / "codecs2.zarr", mode="w", zarr_format=2)
g16 = grid.astype("<i2")
v2(root, "none", g16, (3, 4), compressors=None, fill_value=None)
v2(root, "zstd", g16, (3, 4), compressors=numcodecs.Zstd(3), fill_value=None)
v2(root, "gzip", g16, (3, 4), compressors=numcodecs.GZip(5), fill_value=None)
v2(root, "zlib", g16, (3, 4), compressors=numcodecs.Zlib(5), fill_value=None)
v2(root, "bz2", g16, (3, 4), compressors=numcodecs.BZ2(5), fill_value=None)
v2(root, "blosc", g16, (3, 4), compressors=numcodecs.Blosc("lz4", 5, 1), fill_value=None)
v2(root, "blosc_zstd", g16, (5, 7), compressors=numcodecs.Blosc("zstd", 3, 2), fill_value=None)
v2(root, "shuffle", g16, (3, 4), filters=[numcodecs.Shuffle(2)], compressors=numcodecs.Zlib(1), fill_value=None)
v2(root, "fortran", grid.astype("f8"), (3, 4), order="F", compressors=None, fill_value=None)
v2(root, "big", grid.astype(">f4"), (3, 4), compressors=numcodecs.Zlib(1), fill_value=None)
v2(root, "half", grid.astype("f2"), (3, 4), compressors=None, fill_value=None)
v2(root, "wide", grid.astype("u8"), (9, 9), compressors=None, fill_value=None)
v2(root, "flag", grid % 2 == 0, (3, 4), compressors=None, fill_value=False)
v2(root, "when", np.array([["2000-01-01", "NaT"]], dtype="M8[s]"), (1, 2), compressors=None, fill_value=None)
v2(root, "gap", grid.astype("f4"), (3, 4), compressors=None, fill_value=-1.0)
v2(root, "fixed", np.array([["a", "bb"], ["", "é"]], dtype="U3"), (1, 2), compressors=None, fill_value="")
v2(root, "bytes", np.array([[b"a", b"bb"], [b"", b"ccc"]], dtype="S3"), (1, 2), compressors=None, fill_value=b"")
(out / "codecs2.zarr" / "gap" / "1.1").unlink()

# Version 3: codecs, transpose, shards with the index at either end, big endian, variable text.
root = zarr.open_group(out / "codecs3.zarr", mode="w", zarr_format=3)


def v3(name, values, chunks, names=("y", "x"), **more):
    a = root.create_array(name, shape=values.shape, chunks=chunks, dtype=values.dtype, dimension_names=names, **more)
    a[...] = values
    return a


v3("none", g16, (3, 4), compressors=None)
v3("zstd", g16, (3, 4), compressors=ZstdCodec(level=3, checksum=True))
v3("gzip", g16, (3, 4), compressors=GzipCodec(level=5))
v3("blosc", g16, (3, 4), compressors=BloscCodec(cname="lz4", clevel=5, shuffle="shuffle", typesize=2))
v3("crc", g16, (3, 4), compressors=[ZstdCodec(level=1), Crc32cCodec()])
v3("transpose", g16, (3, 4), filters=[TransposeCodec(order=(1, 0))], compressors=None)
v3("big", grid.astype("f4"), (3, 4), serializer=BytesCodec(endian="big"), compressors=None)
v3("shard", g16, (2, 3), shards=(4, 6), compressors=ZstdCodec(level=1))
sharding = ShardingCodec(chunk_shape=(1, 3), codecs=[TransposeCodec(order=(1, 0)), BytesCodec()], index_location="start")
root.create_array("shard_first", shape=(5, 7), chunks=(3, 6), dtype="i2", dimension_names=("y", "x"), serializer=sharding, compressors=None)[...] = g16
v3("half", grid.astype("f2"), (3, 4), compressors=None)
v3("fixedscale", grid.astype("f8"), (3, 4), filters=[nc3.FixedScaleOffset(offset=0, scale=1, dtype="<f8", astype="<i2")], compressors=None)
v3("nameless", g16, (5, 7), names=(None, "x"), compressors=None)
v3("gap", grid.astype("f4"), (3, 4), compressors=None, fill_value=-1.0)
(out / "codecs3.zarr" / "gap" / "c" / "1" / "1").unlink()
texts = root.create_array("text", shape=(5,), chunks=(2,), dtype="string", dimension_names=("y",))
texts[...] = np.array(["a", "", "é", "long text that is longer than a view", "e"], dtype=object)
below = root.create_group("ocean/deep", attributes={"depth": 9})
below.create_array("b", shape=(3,), chunks=(2,), dtype="i4", dimension_names=("t",))[...] = [1, 2, 3]

# As xarray writes it: packed integers, times, booleans, texts, scalar coordinate, NaN among the attributes.
ds = xr.Dataset(
    {
        "a": (("t", "x"), np.where(grid[:3, :4] == 11, np.nan, grid[:3, :4]).astype("f4"), {"units": "K", "n": 3, "nan": np.float32("nan"), "list": [1, 2]}),
        "p": (("t", "x"), grid[:3, :4] / 2.0),
        "b": ("x", [True, False, True, True]),
        "s": ("x", np.array(["a", "bb", "", "é"])),
    },
    coords={"t": np.array(["2000-01-01", "2000-01-02", "2000-01-03"], dtype="M8[ns]"), "x": [1, 2, 3, 4], "h": 2.0},
    attrs={"title": "small"},
)
ds["p"].encoding = dict(dtype="i2", scale_factor=0.5, add_offset=1.0, _FillValue=-9)
for version in (2, 3):
    ds.to_zarr(out / f"xarray{version}.zarr", zarr_format=version, mode="w")
ds.to_zarr(out / "plain3.zarr", zarr_format=3, mode="w", consolidated=False)
