"""What the judges share: running the binary, and a line per finding. `judge.py installed` tells whether the requirements are met."""
import atexit
import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("HPDA_BIN", str(ROOT / "target/release/hpda-data"))
REAL = pathlib.Path(os.environ["HPDA_REAL_DATA"]) if os.environ.get("HPDA_REAL_DATA") else None
WORK = pathlib.Path(os.environ.get("HPDA_WORK") or tempfile.mkdtemp())
DATA = ROOT / "data"
failures = 0


def say(good, what, detail=""):
    """One finding."""
    global failures
    failures += not good
    print(f"{'ok  ' if good else 'FAIL'} {what}" + (f": {detail}" if detail and not good else ""), flush=True)
    return good


def check(what, find, *args):
    """A finding that `find` makes: None or True is good, text or False is not, an exception is not."""
    try:
        found = find(*args)
    except Exception as e:  # noqa: BLE001  a judge that stumbles has found something
        return say(False, what, f"{type(e).__name__}: {e}")
    return say(found is None or found is True, what, found if isinstance(found, str) else "")


def run(*args, code=0):
    """Runs our binary; an exit code other than `code` is a finding. Gives standard output and error."""
    done = subprocess.run([BIN, *map(str, args)], capture_output=True, text=True, cwd=ROOT, timeout=600)
    if done.returncode != code:
        raise RuntimeError(f"exit {done.returncode}, not {code}, of {' '.join(map(str, args))}: {done.stderr.strip()}")
    return done.stdout, done.stderr


def convert(*args):
    """`convert IN... OUT [options]`; that the output is there is part of it."""
    run("convert", *args)
    target = [a for a in args if isinstance(a, pathlib.Path)][-1]
    if not target.exists():
        raise RuntimeError(f"exit 0, and {target.name} is not there")


def tool(*args, codes=(0,)):
    """Runs a tool; None where it is not installed. Any exit code but `codes` is a finding."""
    if shutil.which(args[0]) is None:
        return None
    done = subprocess.run(list(map(str, args)), capture_output=True, text=True, timeout=600)
    if done.returncode not in codes:
        raise RuntimeError(f"exit {done.returncode} of {' '.join(map(str, args))}: {done.stderr.strip()[-300:]}")
    return done.stdout + done.stderr


def opens(path, variable="tas"):
    """ncdump and cdo open a file and see the variable."""
    head = tool("ncdump", "-h", path)
    if head is not None and f" {variable}(" not in head:
        return "ncdump -h does not show the variable"
    said = tool("cdo", "-s", "sinfon", path)
    if said is not None and (variable not in said or re.search("warning|error", said, re.I)):
        return said.strip()[:300]
    return None


def cf_findings(path):
    """What the CF checker complains of, without the name of the file."""
    # It exits with 1 where it found something, in the source too.
    out = tool("compliance-checker", "--test=cf:1.8", "--format=json", "--output=-", path, codes=(0, 1))
    report = next(iter(json.loads(out[out.index("{"):out.rindex("}") + 1]).values()))
    report = report.get("cf:1.8", report)
    return sorted({m for level in ("high_priorities", "medium_priorities", "low_priorities") for p in report[level] for m in p["msgs"]})


@atexit.register
def finish():
    """The exit code tells whether anything failed."""
    if failures:
        sys.stdout.flush()
        os._exit(1)


if __name__ == "__main__" and sys.argv[1:] == ["installed"]:
    for line in (pathlib.Path(__file__).parent / "requirements.txt").read_text().splitlines():
        if m := re.match(r"([\w.-]+)==", line):
            try:
                importlib.metadata.version(m[1])
            except importlib.metadata.PackageNotFoundError:
                sys.exit(1)
