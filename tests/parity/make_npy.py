"""Makes tests/files/data/npy: files as numpy writes them, and expected.json, what numpy says is in them.

Run from the root of the project: python tests/parity/make_npy.py
"""
import json
import pathlib
import struct

import numpy as np

OUT = pathlib.Path("tests/files/data/npy")
OUT.mkdir(parents=True, exist_ok=True)
expected = {}


def plain(a):
    """Elements in C order: times as integers of our unit, NaT and NaN by name."""
    if a.dtype.kind in "Mm":
        unit = "ns" if np.datetime_data(a.dtype)[0] == "ns" else "us"
        kind = "datetime64" if a.dtype.kind == "M" else "timedelta64"
        out = a.astype(f"{kind}[{unit}]").ravel(order="C")
        return [None if np.isnat(x) else int(x.astype("i8")) for x in out]
    if a.dtype.kind == "S":
        return [x.decode() for x in a.ravel(order="C")]
    if a.dtype.kind == "f":
        return [repr(float(x)) for x in a.ravel(order="C")]
    return [x.item() for x in a.ravel(order="C")]


def ours(dtype):
    unit = np.datetime_data(dtype)[0] if dtype.kind in "Mm" else ""
    ns = "[ns]" if unit == "ns" else ""
    return {"b": "bool", "i": f"i{dtype.itemsize * 8}", "u": f"u{dtype.itemsize * 8}", "U": "str", "S": "str",
            "f": f"f{max(dtype.itemsize, 4) * 8}", "M": "datetime" + ns, "m": "duration" + ns}[dtype.kind]


def save(name, a, version=None):
    a = np.asanyarray(a)
    with open(OUT / f"{name}.npy", "wb") as f:
        np.lib.format.write_array(f, a, version=version)
    expected[name] = {
        "dtype": ours(a.dtype), "shape": list(a.shape), "values": plain(a),
        # Whether our writer should give these very bytes back.
        "same": version in (None, (1, 0)) and (a.flags.c_contiguous or a.ndim < 2) and a.dtype.str[0] in "<|"
        and a.dtype.kind != "S" and a.dtype.str != "<f2" and (a.dtype.kind not in "Mm" or np.datetime_data(a.dtype) in (("us", 1), ("ns", 1))),
    }


grid = np.arange(24).reshape(2, 3, 4)
for code in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
    save(f"c_{code}", (grid * 5).astype("<" + code))
    save(f"f_{code}", np.asfortranarray((grid * 5).astype("<" + code)))
    if code[1] != "1":
        save(f"be_{code}", (grid * 5).astype(">" + code))
        save(f"bef_{code}", np.asfortranarray((grid * 5).astype(">" + code)))
save("extreme_i8", np.array([np.iinfo("i8").min, -1, 0, np.iinfo("i8").max]))
save("extreme_u8", np.array([0, np.iinfo("u8").max], dtype="u8"))
save("odd_f8", np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7976931348623157e308, 0.1]))
save("odd_f4", np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, 0.1], dtype="f4"))
save("odd_f2", np.array([np.nan, np.inf, -np.inf, -0.0, 6e-8, 65504, 0.1], dtype="f2"))
save("bool", np.array([[True, False], [False, True]]))
save("scalar_f8", np.float64(2.5))
save("scalar_U", np.array("k\u00f6ln"))
save("empty_2d", np.zeros((0, 3)))
save("empty_1d", np.zeros(0, dtype="i4"))
save("v2", np.arange(3.0), (2, 0))
save("v3", np.arange(3.0), (3, 0))
text = np.array([["a", "b,c"], ["", "\u20ac \U0001f600"], ["d\"e", "line\nbreak"]])
save("text_U", text)
save("text_U_be", text.astype(text.dtype.newbyteorder(">")))
save("text_U_f", np.asfortranarray(text))
save("text_S", np.array([b"abc", b"", "\u00e9".encode()]))
days = np.array(["1969-12-31", "NaT", "2024-02-29", "1582-10-14"], dtype="M8[D]")
for unit in ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "25s", "10D"]:
    save(f"time_{unit}", days.astype(f"M8[{unit}]") if unit != "ns" else np.array(["1969-12-31T23:59:59.999999999", "NaT", "2024-02-29"], dtype="M8[ns]"))
save("time_us_all", np.array(["1969-12-31T06:00", "3000-01-01"], dtype="M8[us]"))
save("time_s_be", days.astype(">M8[s]"))
for unit in ["W", "D", "h", "m", "s", "ms", "us", "ns"]:
    save(f"span_{unit}", np.array([-3, "NaT", 0, 7], dtype=f"m8[{unit}]"))

# Refused by name.
np.save(OUT / "refused_object.npy", np.array([1, "a"], dtype=object), allow_pickle=True)
np.save(OUT / "refused_complex.npy", np.array([1 + 2j]))
np.save(OUT / "refused_struct.npy", np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]))
np.save(OUT / "refused_void.npy", np.zeros(2, dtype="V3"))
np.save(OUT / "refused_long.npy", np.zeros(2, dtype=np.longdouble))
np.save(OUT / "refused_S_latin.npy", np.array([b"\xe9t\xe9"]))
np.save(OUT / "refused_far.npy", np.array(["500000-01-01"], dtype="M8[D]"))

# A header whose length is no multiple of 16, so that the doubles are not aligned, as other programs write it.
head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }\n"
(OUT / "unaligned.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + np.arange(4.0).tobytes())
expected["unaligned"] = {"dtype": "f64", "shape": [2, 2], "values": ["0.0", "1.0", "2.0", "3.0"], "same": False}

with open(OUT / "expected.json", "w") as f:
    f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in expected.items()) + "\n}\n")
