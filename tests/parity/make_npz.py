"""Makes tests/files/data/npz: archives as numpy writes them, and expected.json, what numpy says is in them.

Run from the root of the project: python tests/parity/make_npz.py
"""
import json
import pathlib
import zipfile

import numpy as np

OUT = pathlib.Path("tests/files/data/npz")
OUT.mkdir(parents=True, exist_ok=True)
expected = {}


def plain(a):
    """Elements in C order: times as microseconds, floats as text."""
    if a.dtype.kind == "M":
        return [None if np.isnat(x) else int(x.astype("i8")) for x in a.astype("datetime64[us]").ravel()]
    if a.dtype.kind == "S":
        return [x.decode() for x in a.ravel()]
    if a.dtype.kind == "f":
        return [repr(float(x)) for x in a.ravel()]
    return [x.item() for x in a.ravel()]


def note(name):
    with np.load(OUT / f"{name}.npz") as z:
        expected[name] = {key: {"shape": list(z[key].shape), "values": plain(z[key])} for key in z.files}


rng = np.random.default_rng(3)
arrays = {
    "x_train": rng.random((6, 2, 2)).astype("f4"), "y_train": np.arange(6), "x_test": rng.random((4, 2, 2)).astype("f4"),
    "y_test": np.arange(4, dtype="u1"), "scalar": np.float64(3.5), "text": np.array(["a", "k\u00f6ln", ""]), "ascii": np.array([b"a", b"bc"]),
    "fortran": np.asfortranarray(np.arange(12).reshape(3, 4)), "flags": np.array([True, False]),
    "times": np.array(["2020-01-01", "NaT", "1850-06-07"], "M8[D]"), "half": np.arange(3, dtype="f2") / 3, "big": np.arange(5, dtype=">i4"),
    "none": np.zeros((0, 3)), "ocean/tas": np.arange(6.0).reshape(2, 3), "many": np.tile(np.arange(50.0), (4, 1)),
}
np.savez(OUT / "stored.npz", **arrays)
np.savez_compressed(OUT / "deflated.npz", **arrays)
np.savez(OUT / "by_position.npz", np.arange(3), np.eye(2))
np.savez(OUT / "empty.npz")
for name in ["stored", "deflated", "by_position", "empty"]:
    note(name)

np.savez(OUT / "objects.npz", o=np.array([1, "a"], object), x=np.arange(3), c=np.array([1j]))
np.savez(OUT / "only_objects.npz", o=np.array([1, "a"], object))
with zipfile.ZipFile(OUT / "odd_names.npz", "w") as z:
    sound = (OUT / "by_position.npz").read_bytes()
    with zipfile.ZipFile(OUT / "by_position.npz") as p:
        array = p.read("arr_0.npy")
    for name in ["../../up.npy", "/absolute.npy", "a//b.npy", ".npy", "notes.txt", "good.npy"]:
        z.writestr(zipfile.ZipInfo(name), array)
    z.writestr(zipfile.ZipInfo("bzip2.npy"), array, compress_type=zipfile.ZIP_BZIP2)
# A header of one shape over the bytes of another; a member whose directory promises more than it has.
with zipfile.ZipFile(OUT / "too_short.npz", "w") as z:
    z.writestr(zipfile.ZipInfo("x.npy"), array.replace(b"(3,)", b"(9,)"))
with zipfile.ZipFile(OUT / "huge.npz", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(zipfile.ZipInfo("x.npy"), array.replace(b"(3,), }          ", b"(99999999999,), }"))

(OUT / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
