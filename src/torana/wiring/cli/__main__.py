"""``python -m torana.wiring.cli``: the same as the ``torana`` script."""

import sys

from torana.wiring.cli import main

if __name__ == "__main__":
    sys.exit(main())
