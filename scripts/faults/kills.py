"""Kills conversions at random moments: the target is then the old file or the new one, whole, and the next run leaves nothing behind."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import formats

TARGETS = ["csv", "tsv", "csv.gz", "csv.zst", "jsonl", "json", "parquet", "arrow", "nc", "nc3", "h5", "npy", "npz", "zarr", "raw"]


def state(path):
    """A hash of all bytes of a file or folder; `None` where nothing is."""
    if not os.path.lexists(path):
        return None
    h = hashlib.sha256()
    for file in formats.files(path):
        h.update(os.path.relpath(file, path).encode())
        with open(file, "rb") as f:
            h.update(f.read())
    return h.hexdigest()


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def root():
    """The folder of the project."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def file_name(name):
    return "out." + ("n.nc3" if name == "nc3" else name)


def command(binary, name, cube, rows, target):
    """A conversion to this format, of a cube or of rows."""
    is_cube = name in ("nc", "nc3", "h5", "npy", "npz", "zarr", "raw")
    var = ["--var", "tas"] if name in ("npy", "raw") else []
    return [binary, "convert", cube if is_cube else rows, target, "--overwrite", "--quiet", "--allow-loss", *var]


def main(binary, targets, count):
    folder = tempfile.mkdtemp(prefix="hpda-kills-")
    cube = os.path.join(root(), "data", "climate.nc")
    rows = os.path.join(folder, "rows.parquet")
    formats.write_parquet(rows)
    failures = 0
    print("| target | kills | old file whole | new file whole | damaged | left over at the kill | left over after the next run |")
    print("| --- " * 7 + "|")
    for name in targets:
        work = os.path.join(folder, "work-" + name)
        os.mkdir(work)
        target = os.path.join(work, file_name(name))
        words = command(binary, name, cube, rows, target)
        begun = time.monotonic()
        for _ in range(3):
            subprocess.run(words, check=True, capture_output=True)
        length = (time.monotonic() - begun) / 3
        new = state(target)
        counts = dict(old=0, new=0, damaged=0, left=0, after=0)
        for i in range(count):
            rng = random.Random(f"{name} {i}")
            # In turns: nothing there, and an old file there. Any file of that format will do as the old one.
            remove(target)
            if i % 2:
                if name == "zarr":
                    subprocess.run([binary, "convert", cube, target, "--var", "lat", "--quiet", "--allow-loss"], capture_output=True, check=True)
                else:
                    with open(target, "wb") as f:
                        f.write(b"the old file")
            old = state(target)
            p = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.random() * length * 1.1)
            p.send_signal(signal.SIGKILL)
            p.wait()
            now = state(target)
            counts["new" if now == new else "old" if now == old else "damaged"] += 1
            if now not in (old, new):
                failures += 1
                print(f"{name}: kill {i}: the target is neither the old nor the new file", file=sys.stderr)
            left = [f for f in os.listdir(work) if f != os.path.basename(target)]
            counts["left"] += bool(left)
            if left:
                done = subprocess.run(words, capture_output=True, text=True)
                left = [f for f in os.listdir(work) if f != os.path.basename(target)]
                if left or done.returncode or state(target) != new:
                    failures += 1
                    counts["after"] += 1
                    print(f"{name}: kill {i}: after the next run: {left} {done.stderr}", file=sys.stderr)
                    for f in left:
                        remove(os.path.join(work, f))
        print("| " + " | ".join([f"`{name}`", str(count)] + [str(counts[c]) for c in ("old", "new", "damaged", "left", "after")]) + " |", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    return failures
