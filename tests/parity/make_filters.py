"""Small HDF5 files, one for each filter, made by h5py and hdf5plugin: tests/files/data/chunks/FILTER.h5.

`x` has the values of a formula that the tests know, `y` the same with a chunk that was never written."""
import pathlib

import h5py
import hdf5plugin
import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "files" / "data" / "chunks"
FILTERS = {
    "deflate": dict(compression="gzip", shuffle=True, fletcher32=True),
    "lzf": dict(compression="lzf", shuffle=True),
    "lz4": dict(hdf5plugin.LZ4(nbytes=256)),
    "zstd": dict(hdf5plugin.Zstd()),
    "bzip2": dict(hdf5plugin.BZip2()),
    "bitshuffle": dict(hdf5plugin.Bitshuffle(cname="lz4")),
    "blosc": dict(hdf5plugin.Blosc(cname="lz4", shuffle=hdf5plugin.Blosc.SHUFFLE)),
}

if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    t, y, x = np.meshgrid(np.arange(5), np.arange(13), np.arange(17), indexing="ij")
    values = (t * 1000 + y * 20 + x * x % 7).astype("f4")
    for name, options in FILTERS.items():
        with h5py.File(OUT / f"{name}.h5", "w") as f:
            f.create_dataset("x", data=values, chunks=(2, 8, 17), **options)
            part = f.create_dataset("y", shape=values.shape, dtype=">i2", chunks=(2, 8, 17), fillvalue=-5, **options)
            part[2:] = values[2:].astype("i2")
