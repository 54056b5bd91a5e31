"""Damages copies of sound files part by part and lets the program compare each with the sound one.

What may happen: an error (exit 2), or a comparison (exit 0 or 1). What may not: a panic, a signal, no end, memory without bound, or
other values where the format has a checksum over the bytes that were damaged.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import formats

#: Seconds after which a comparison of files of some kB has no end.
HANG = 30
#: Bytes of resident memory that such a comparison may take.
MEMORY = 700_000_000


def damage(rng, data, spans):
    """One damage inside the spans; returns the bytes and what was done."""
    spans = [s for s in spans if s[1] > s[0]]
    start, end = rng.choices(spans, [min(e - s, 4096) for s, e in spans])[0]
    at = rng.randrange(start, end)
    out = bytearray(data)
    kind = rng.choice(["bit", "bit", "byte", "zeros", "ones", "word", "long", "swap", "cut", "shift"])
    if kind == "bit":
        out[at] ^= 1 << rng.randrange(8)
    elif kind == "byte":
        out[at] = rng.randrange(256)
    elif kind in ("zeros", "ones"):
        n = min(rng.choice([1, 2, 4, 8, 64]), end - at)
        out[at : at + n] = (b"\0" if kind == "zeros" else b"\xff") * n
    elif kind in ("word", "long"):
        n = 4 if kind == "word" else 8
        value = rng.choice([0, 1, 2 ** (8 * n) - 1, 2 ** (8 * n - 1), 2 ** (8 * n - 1) - 1, len(data), len(data) * 1000, rng.getrandbits(8 * n)])
        out[at : at + n] = (value % 2 ** (8 * n)).to_bytes(n, rng.choice(["little", "big"]))[: len(out) - at]
    elif kind == "swap":
        other = rng.randrange(start, end)
        out[at], out[other] = out[other], out[at]
    elif kind == "cut":
        del out[at:]
    elif kind == "shift":
        if rng.random() < 0.5:
            del out[at : at + rng.choice([1, 4, 8])]
        else:
            out[at:at] = bytes(rng.choice([1, 4, 8]))
    return bytes(out), f"{kind} at {at}"


def run(command):
    """Exit code (None: no end), what was printed, and peak memory."""
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    p = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
    end = time.monotonic() + HANG
    pause = 0.001
    while True:
        pid, status, usage = os.wait4(p.pid, os.WNOHANG)
        if pid:
            p.returncode = code = os.waitstatus_to_exitcode(status)
            break
        if time.monotonic() > end:
            p.kill()
            _, _, usage = os.wait4(p.pid, 0)
            p.returncode = -9
            code = None
            break
        time.sleep(pause)
        pause = min(pause * 1.3, 0.02)
    out.seek(0), err.seek(0)
    return code, out.read().decode(errors="replace"), err.read().decode(errors="replace"), usage.ru_maxrss * 1024


def judge(binary, sound, bad):
    code, out, err, memory = run([binary, "diff", "--json", "--memory", "256MB", sound, bad])
    if code is None:
        return "hang", err
    if code not in (0, 1, 2):
        return "crash", f"exit {code}: {err[-300:]}"
    if "fault of hpda-data" in err or "panicked" in err:
        return "panic", err
    if memory > MEMORY:
        return "memory", f"{memory} bytes"
    if code == 2:
        return ("refused", "") if err.count("error[") == 1 else ("crash", err)
    if code == 0:
        return "same", ""
    levels = json.loads(out)["levels"]
    changed = [k for k in ("structure", "labels", "dtype", "values") if levels[k]]
    return ("values", ", ".join(changed)) if changed else ("attributes", "")


COLUMNS = ["refused", "same", "attributes", "values", "silent", "panic", "crash", "hang", "memory"]


def main(binary, names, count, keep):
    folder = tempfile.mkdtemp(prefix="hpda-faults-")
    failures = 0
    print("| format | damaged | refused | read the same | other attributes | other values, no checksum there | silent where checksummed | panics | crashes | hangs | memory | seconds |")
    print("| --- " * 12 + "|")
    for name in names:
        file, make, parts_of = formats.FORMATS[name]
        sound = os.path.join(folder, file)
        make(sound)
        where = []
        for path in formats.files(sound):
            with open(path, "rb") as f:
                data = f.read()
            where += [(path, data, *part) for part in parts_of(data, path)]
        # Zarr has many files of each kind: a part is one of all files together.
        kinds = {}
        for path, data, part, spans, checked in where:
            kinds.setdefault((part, checked), []).append((path, data, spans))
        counts = dict.fromkeys(COLUMNS, 0)
        begun = time.monotonic()
        for i in range(count):
            (part, checked), places = list(kinds.items())[i % len(kinds)]
            rng = random.Random(f"{name} {i}")
            path, data, spans = rng.choice(places)
            bytes_, what = damage(rng, data, spans)
            bad = os.path.join(folder, "bad-" + file)
            target = bad
            if os.path.isdir(sound):
                shutil.rmtree(bad, ignore_errors=True)
                shutil.copytree(sound, bad)
                target = os.path.join(bad, os.path.relpath(path, sound))
            with open(target, "wb") as f:
                f.write(bytes_)
            outcome, more = judge(binary, sound, bad)
            if outcome == "values" and checked:
                outcome = "silent"
            counts[outcome] += 1
            if outcome in ("silent", "panic", "crash", "hang", "memory"):
                failures += 1
                print(f"{name}: {outcome}: case {i}, {part}, {what}: {more.strip()[:600]}", file=sys.stderr)
                if keep:
                    os.makedirs(keep, exist_ok=True)
                    to = os.path.join(keep, f"{outcome}-{i}-{file}")
                    (shutil.copytree if os.path.isdir(bad) else shutil.copy)(bad, to)
        seconds = round(time.monotonic() - begun)
        print("| " + " | ".join([f"`{name}`", str(count)] + [str(counts[c]) for c in COLUMNS] + [str(seconds)]) + " |", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    return failures
