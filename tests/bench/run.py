"""The script ``make bench`` calls; it puts the repository's root on the path and runs ``python -m tests.bench``."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    # The script's own folder would let its modules shadow others'.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    runpy.run_module("tests.bench", run_name="__main__")
