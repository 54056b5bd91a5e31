"""Makes data/stations.csv, .tsv, .parquet and .arrow (one invented table in four formats) and data/matrix.npy, matrix_f.npy.

Run from the root of the project: python data/make/stations.py (numpy 2, pyarrow 23 or later).
"""
import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

D, T = dt.date, dt.datetime
# id, name, latitude, elevation, temperature, snow, opened, last_report, remark
ROWS = [
    (1, "Nordvik, harbour", 69.25, 12, -3.5, True, D(1871, 5, 1), T(2024, 1, 31, 6, 0), "moved twice"),
    (2, 'the "old" mill', 59.5, 48, 2.25, False, D(1901, 1, 1), T(2024, 1, 31, 6, 0, 30), ""),
    (3, "S\u00e3o Ant\u00e3o", 17.05, None, 22.0, False, D(1923, 11, 30), T(2024, 1, 31, 7, 0), None),
    (4, "\u6771\u5c71", 35.0, 301, None, None, D(1955, 2, 28), T(2023, 12, 31, 23, 59, 59, 500000), "two\nlines"),
    (5, "Plain", -33.875, 1204, 18.125, False, D(1960, 2, 29), None, "a, comma"),
    (6, "Kopf & Sohn; GmbH", 47.4, -4, 0.1, True, None, T(2024, 1, 31, 6, 0), "semicolon; tab\there"),
    (7, "O'Hara Peak", -0.0, 5895, -1e-05, True, D(1999, 12, 31), T(2024, 2, 29, 0, 0), None),
    (8, None, 90.0, 0, 123456.789, None, D(2000, 1, 1), T(1969, 7, 20, 20, 17, 40), "ok"),
]
NAMES = "id name latitude elevation temperature snow opened last_report remark".split()
TYPES = [pa.int64(), pa.string(), pa.float64(), pa.int64(), pa.float64(), pa.bool_(), pa.date32(), pa.timestamp("us"), pa.string()]

table = pa.table([pa.array(c, t) for c, t in zip(zip(*ROWS), TYPES)], names=NAMES)
pa.parquet.write_table(table, "data/stations.parquet", compression="zstd")
pa.feather.write_feather(table, "data/stations.arrow", compression="uncompressed")


def text(x):
    """As the project writes text: missing is an empty cell, empty text is quoted."""
    if x is None:
        return ""
    if isinstance(x, bool):
        return "true" if x else "false"
    if isinstance(x, (D, T)):
        return x.isoformat().replace(".500000", ".5")
    return repr(x) if isinstance(x, float) else str(x)


for path, sep in [("data/stations.csv", ","), ("data/stations.tsv", "\t")]:
    with open(path, "w", newline="", encoding="utf-8") as f:
        f.write(sep.join(NAMES) + "\n")
        for row in ROWS:
            cells = []
            for x in row:
                t = text(x)
                odd = isinstance(x, str) and (x == "" or any(c in t for c in (sep, '"', "\n", "\r")))
                cells.append('"' + t.replace('"', '""') + '"' if odd else t)
            f.write(sep.join(cells) + "\n")

i, j = np.indices((48, 40))
matrix = np.round(np.sin(i / 5) * np.cos(j / 7) * 100, 3)
np.save("data/matrix.npy", matrix)
np.save("data/matrix_f.npy", np.asfortranarray(matrix))
