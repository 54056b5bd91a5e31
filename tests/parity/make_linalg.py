"""QR and singular values by numpy (LAPACK): tests/parity/linalg.json. Signs as ours: the diagonal of r is not negative, and in each vector of
the shorter side the number of the largest magnitude is positive."""

import json
from pathlib import Path

import numpy as np

rng = np.random.default_rng(20)


def svd(a):
    u, s, v = np.linalg.svd(a, full_matrices=False)
    short = v if a.shape[0] >= a.shape[1] else u.T
    sign = np.sign(short[np.arange(len(s)), np.abs(short).argmax(axis=1)])
    return u * sign, s, v * sign[:, None]


def qr(a):
    q, r = np.linalg.qr(a)
    sign = np.where(np.diag(r) < 0, -1.0, 1.0)
    return q * sign, r * sign[:, None]


cases = []
for name, a in {
    "tall": rng.normal(size=(40, 5)),
    "square": rng.normal(size=(6, 6)),
    "wide": rng.normal(size=(4, 23)),
    "scales": rng.normal(size=(30, 4)) * [1e-8, 1.0, 1e3, 1e6],
    "integers": rng.integers(-9, 9, (25, 3)),
    "one column": rng.normal(size=(12, 1)),
}.items():
    u, s, v = svd(a)
    case = {"name": name, "dtype": "i64" if a.dtype.kind == "i" else "f64", "a": a.tolist(), "u": u.tolist(), "s": s.tolist(), "v": v.tolist()}
    if a.shape[0] >= a.shape[1]:
        q, r = qr(a)
        case |= {"q": q.tolist(), "r": r.tolist()}
    cases.append(case)

lines = ",\n".join(json.dumps(c) for c in cases)
Path(__file__).with_name("linalg.json").write_text("[\n" + lines + "\n]\n")
