"""Small HDF5 files, one for each filter, made by h5py and hdf5plugin: tests/files/data/chunks/FILTER.h5.

`x` has the values of a formula that the tests know, `y` the same as big-endian shorts with a chunk that was never written,
`x_VARIANT` those of `x` (and `d_VARIANT` of `x` as doubles, `b_VARIANT` as bytes modulo 100, `h_VARIANT` as shorts) by another
variant of the filter."""
import pathlib

import h5py
import hdf5plugin as p
import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "files" / "data" / "chunks"
BLOSC = ("blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd")
BLOSC2 = ("blosclz", "lz4", "lz4hc", "zlib", "zstd")
szip = lambda how, n: dict(compression="szip", compression_opts=(how, n))
FILTERS = {
    "deflate": {"": dict(compression="gzip", shuffle=True, fletcher32=True)},
    "lzf": {"": dict(compression="lzf", shuffle=True)},
    "lz4": {"": dict(p.LZ4(nbytes=256))},
    "zstd": {"": dict(p.Zstd())},
    "bzip2": {"": dict(p.BZip2())},
    "bitshuffle": {
        "": dict(p.Bitshuffle(cname="lz4")),
        "x_none": dict(p.Bitshuffle(cname="none")),
        "x_zstd": dict(p.Bitshuffle(cname="zstd")),
        "x_small": dict(p.Bitshuffle(nelems=64, cname="lz4")),
        "d_lz4": dict(p.Bitshuffle(cname="lz4")),
    },
    "blosc": {
        "": dict(p.Blosc(cname="lz4", shuffle=p.Blosc.SHUFFLE)),
        **{f"x_{c}": dict(p.Blosc(cname=c, shuffle=i % 3)) for i, c in enumerate(BLOSC)},
        "d_copied": dict(p.Blosc(clevel=0)),
        "b_bits": dict(p.Blosc(cname="zstd", shuffle=p.Blosc.BITSHUFFLE)),
    },
    "blosc2": {
        "": dict(p.Blosc2(cname="zstd", filters=p.Blosc2.SHUFFLE)),
        **{f"x_{c}": dict(p.Blosc2(cname=c, filters=i % 3)) for i, c in enumerate(BLOSC2)},
        "d_delta": dict(p.Blosc2(cname="lz4", filters=p.Blosc2.DELTA)),
        "b_bits": dict(p.Blosc2(cname="zstd", filters=p.Blosc2.BITSHUFFLE)),
        "d_copied": dict(p.Blosc2(clevel=0)),
    },
    "szip": {"": szip("nn", 16), "x_ec": szip("ec", 8), "d_nn": szip("nn", 32), "b_nn": szip("nn", 8), "h_ec": szip("ec", 4)},
    "library": {"h_scaleoffset": dict(scaleoffset=0)},
    "unknown": {"x_zfp": dict(p.Zfp(reversible=True))},
}
TYPES = {"x": "f4", "d": "f8", "b": "i1", "h": "i2"}


def add_nbit(f, values):
    """Shorts of which 13 bits are stored."""
    kind = h5py.h5t.STD_I16LE.copy()
    kind.set_precision(13)
    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    create.set_chunk((2, 8, 17))
    create.set_filter(5)
    d = h5py.h5d.create(f.id, b"h_nbit", kind, h5py.h5s.create_simple(values.shape), create)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(values % 4000, "i2"))


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    t, y, x = np.meshgrid(np.arange(5), np.arange(13), np.arange(17), indexing="ij")
    values = (t * 1000 + y * 20 + x * x % 7).astype("f4")
    for name, variants in FILTERS.items():
        with h5py.File(OUT / f"{name}.h5", "w", libver="latest" if len(variants) > 2 else None) as f:
            for variant, options in variants.items():
                if not variant:
                    f.create_dataset("x", data=values, chunks=(2, 8, 17), **options)
                    part = f.create_dataset("y", shape=values.shape, dtype=">i2", chunks=(2, 8, 17), fillvalue=-5, **options)
                    part[2:] = values[2:].astype("i2")
                else:
                    data = values % 100 if variant[0] == "b" else values
                    f.create_dataset(variant, data=data.astype(TYPES[variant[0]]), chunks=(5, 13, 17), **options)
            if name == "library":
                add_nbit(f, values)
