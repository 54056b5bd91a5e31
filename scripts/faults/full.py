"""Converts into file systems that are too small: an error, nothing left, and the old file whole. Needs the right to mount one."""

import os
import subprocess
import sys
import tempfile

import kills


def main(binary, targets):
    folder = tempfile.mkdtemp(prefix="hpda-full-")
    small = os.path.join(folder, "small")
    os.mkdir(small)
    cube = os.path.join(kills.root(), "data", "climate.nc")
    failures = 0
    print("| target | sizes that were too small | one error, nothing left, old file whole |")
    print("| --- | --- | --- |")
    for name in targets:
        bad = tried = 0
        for pages in (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256):
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={4 * pages}k", "none", small], capture_output=True, text=True)
            if done.returncode:
                print(f"skipped: no file system may be mounted here: {done.stderr.strip()}")
                return 0
            try:
                target = os.path.join(small, kills.file_name(name))
                if name != "zarr":
                    with open(target, "wb") as f:
                        f.write(b"the old file")
                old = kills.state(target)
                run = subprocess.run(kills.command(binary, name, cube, cube, target), capture_output=True, text=True)
                if run.returncode == 0:
                    break
                tried += 1
                left = [f for f in os.listdir(small) if os.path.join(small, f) != target]
                if run.returncode != 2 or run.stderr.count("error[") != 1 or left or kills.state(target) != old:
                    bad += 1
                    print(f"{name} in {pages} pages: {run.returncode} {run.stderr} left: {left}", file=sys.stderr)
            finally:
                subprocess.run(["umount", small], check=True)
        failures += bad
        print(f"| `{name}` | {tried} | {tried - bad} |", flush=True)
    os.rmdir(small)
    os.rmdir(folder)
    return failures
