"""``python -m tests.bench``: the same as ``python tests/bench/run.py``."""

import sys

from tests.bench.bench import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
