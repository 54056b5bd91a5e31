"""Judges the NetCDF files that we write with the real libraries: netCDF4-python reads source and copy raw and compares
everything; ncdump must read the copy. Part of `make check-peers`.

Usage: peers_netcdf.py [--tool 'target/debug/hpda-data convert {in} {out} --overwrite'] FILE...
Without files: those under tests/files/data/netcdf, and tas/*.nc of HPDA_REAL_DATA.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import netCDF4
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
problems = []


def say(*words):
    problems.append(" ".join(map(str, words)))
    print("  DIFFERS", *words)


def raw(f):
    f.set_auto_mask(False)
    f.set_auto_scale(False)
    f.set_auto_chartostring(False)
    return f


def same_attribute(a, b, flat):
    if flat and isinstance(a, list) and isinstance(b, str):
        # A classic file has no list of texts: they are its lines, which `convert` lists as a loss.
        return "\n".join(a) == b
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    a, b = np.atleast_1d(a), np.atleast_1d(b)
    exact = flat or a.dtype == b.dtype
    return exact and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def compare(a, b, at, flat):
    """Group a of the source with group b of the copy; `flat`: the copy is classic and may have narrower or signed types."""
    for n, d in a.dimensions.items():
        e = b.dimensions.get(n)
        if e is None or len(e) != len(d) or (e.isunlimited() != d.isunlimited() and not flat):
            say(at, "dim", n, d, "is", e)
    if list(a.ncattrs()) != list(b.ncattrs()):
        say(at, "attributes", a.ncattrs(), "are", b.ncattrs())
    for n in a.ncattrs():
        if n in b.ncattrs() and not same_attribute(a.getncattr(n), b.getncattr(n), flat):
            say(at, n, repr(a.getncattr(n)), "is", repr(b.getncattr(n)))
    for n, v in a.variables.items():
        if isinstance(v.datatype, (netCDF4.CompoundType, netCDF4.VLType)):
            continue
        if n not in b.variables:
            say(at, n, "is missing")
            continue
        w, here = b.variables[n], f"{at}{n}"
        if v.dimensions != w.dimensions[: len(v.dimensions)]:
            say(here, "dims", v.dimensions, "are", w.dimensions)
        if not flat and v.dtype != w.dtype:
            say(here, "dtype", v.dtype, "is", w.dtype)
        x, y = np.asarray(v[...]), np.asarray(w[...])
        if x.dtype != object and y.dtype != object:
            if flat and x.dtype.kind == "u" and y.dtype.kind == "i" and y.dtype.itemsize == x.dtype.itemsize:
                # Bit for bit, whatever the byte order of either.
                y = y.astype(y.dtype.newbyteorder("=")).view(x.dtype.newbyteorder("="))
            if x.shape != y.shape or not np.array_equal(x, y, equal_nan=x.dtype.kind == "f"):
                say(here, "values differ")
        elif not flat and (x.shape != y.shape or not (x == y).all()):
            say(here, "texts differ")
        enum = isinstance(v.datatype, netCDF4.EnumType)
        unsigned = flat and "_Unsigned" in w.ncattrs()
        left, right = set(v.ncattrs()), set(w.ncattrs()) - ({"_Unsigned"} if unsigned else set())
        if left != right - ({"flag_values", "flag_meanings"} if enum else set()):
            say(here, "attributes", sorted(left), "are", sorted(right))
        for k in left & right:
            if not unsigned and not same_attribute(v.getncattr(k), w.getncattr(k), flat):
                say(here, k, repr(v.getncattr(k)), "is", repr(w.getncattr(k)))
        if not flat and a.data_model.startswith("NETCDF4"):
            if v.chunking() != w.chunking():
                say(here, "chunks", v.chunking(), "are", w.chunking())
            if v.filters() != w.filters():
                say(here, "filters", v.filters(), "are", w.filters())
            # An enumeration becomes its integers, of which the byte order is then told.
            if v.endian() != w.endian() and not enum:
                say(here, "byte order", v.endian(), "is", w.endian())
    if not flat:
        for n, g in a.groups.items():
            if n in b.groups:
                compare(g, b.groups[n], f"{at}{n}/", flat)
            else:
                say(at, "group", n, "is missing")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default=f"{ROOT}/target/debug/hpda-data convert {{in}} {{out}} --overwrite --allow-loss")
    p.add_argument("files", nargs="*", type=pathlib.Path)
    options = p.parse_args()
    files = options.files or sorted((ROOT / "tests/files/data/netcdf").glob("*.nc"))
    real = os.environ.get("HPDA_REAL_DATA")
    if real and not options.files:
        files += sorted(pathlib.Path(real).glob("tas/*.nc"))
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            for ending in ("nc", "nc3"):
                out = pathlib.Path(folder) / f"out.{ending}"
                words = [w.replace("{in}", str(path)).replace("{out}", str(out)) for w in options.tool.split()]
                run = subprocess.run(words, capture_output=True, text=True)
                print(path.name, "->", ending, "exit", run.returncode)
                if run.returncode != 0:
                    # A value that a classic file cannot hold is refused, which is right.
                    print("  ", run.stderr.strip().replace("\n", "\n   "))
                    if not (ending == "nc3" and "error[loss]" in run.stderr):
                        problems.append(f"{path.name} to {ending}")
                    continue
                with netCDF4.Dataset(path) as a, netCDF4.Dataset(out) as b:
                    want = {"nc": "NETCDF4", "nc3": "NETCDF3_64BIT_OFFSET"}[ending]
                    if b.data_model != want:
                        say(path.name, "is", b.data_model)
                    compare(raw(a), raw(b), "", ending == "nc3")
                subprocess.run(["ncdump", str(out)], check=True, stdout=subprocess.DEVNULL)
    print("problems:", len(problems))
    sys.exit(bool(problems))


main()
