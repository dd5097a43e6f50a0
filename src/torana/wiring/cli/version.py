"""``torana version``: say which version this is."""

from __future__ import annotations

import argparse
import platform

from torana.core.about import VERSION
from torana.wiring.cli.say import say

EXAMPLES = """examples:
  torana version
  torana version --long     with Python and platform, for a bug report
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--long", action="store_true", help="with Python and platform")


def run(args: argparse.Namespace) -> int:
    """Say it."""
    say(f"torana {VERSION}")
    if args.long:
        say(f"{platform.python_implementation()} {platform.python_version()}")
        say(platform.platform())
    return 0
