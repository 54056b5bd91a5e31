"""The cases of verbs of tables (tests/parity/calls) are what pandas gives today."""
import subprocess
import sys

sys.exit(subprocess.run([sys.executable, "tests/parity/make_calls.py", "--check"]).returncode)
