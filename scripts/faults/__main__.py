"""`scripts/check-faults [--binary PATH] [--damaged N] [--kills N] [--only a,b] [--keep FOLDER]`"""

import argparse
import os
import sys

import damage
import formats
import full
import kills

parser = argparse.ArgumentParser(prog="check-faults")
parser.add_argument("--binary", default="target/release/hpda-data")
parser.add_argument("--damaged", type=int, default=1000, help="damaged files per format; 0 for none")
parser.add_argument("--kills", type=int, default=200, help="kills per target format; 0 for none")
parser.add_argument("--only", default="", help="formats, separated by commas")
parser.add_argument("--keep", default="", help="a folder for files that went wrong")
args = parser.parse_args()
only = [n for n in args.only.split(",") if n]
binary = os.path.abspath(args.binary)
failures = 0
if args.damaged:
    failures += damage.main(binary, [n for n in formats.FORMATS if not only or n in only], args.damaged, args.keep)
if args.kills:
    print()
    failures += kills.main(binary, [n for n in kills.TARGETS if not only or n in only], args.kills)
    print()
    failures += full.main(binary, [n for n in kills.TARGETS if not only or n in only])
print(f"\n{failures} failures")
sys.exit(1 if failures else 0)
