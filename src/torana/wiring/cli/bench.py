"""``torana bench``: measure the gateway's own cost beside nginx, from a checkout of the source."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import torana
from torana.wiring.cli.say import say

EXAMPLES = """examples:
  torana bench                 in a checkout; the same as `make bench`
  torana bench -- --help       options of the bench itself
"""
PACKAGE = Path(torana.__file__).resolve().parent


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("rest", nargs="*", metavar="-- OPTION", help="handed on to the bench")


def run(args: argparse.Namespace, package: Path = PACKAGE) -> int:
    """Run the bench of the checkout that ``package`` is in; its exit code."""
    checkout = package.parents[1]
    if not (checkout / "tests" / "bench" / "__main__.py").is_file():
        say(
            "torana bench: the bench is not part of the installed package. In a checkout of the source:\n"
            "  make bench\nwhich sets up what it needs (nginx, test tools) and then measures.",
            err=True,
        )
        return 1
    command = [sys.executable, "-m", "tests.bench", *args.rest]
    return subprocess.run(command, cwd=checkout, check=False).returncode  # noqa: S603 - our own bench, no shell
