"""Makes the schema of the database whose URL comes on standard input, in a process that ends with it."""

from __future__ import annotations

import sys

from torana.stores.migrations.upgrade import upgrade

if __name__ == "__main__":
    # Not an argument: other people of the machine can read those, and the URL has a password.
    upgrade(sys.stdin.read())
