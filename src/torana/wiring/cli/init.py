"""``torana init``: write a first torana.yaml and .env.example, never over a file that is there."""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

from torana.wiring.cli.say import say

EXAMPLES = """examples:
  torana init               here
  torana init --dir gateway in another folder
"""
FILES = {"torana.yaml": "torana.yaml", ".env.example": "env.example"}
NEXT = """
Next:
  1. cp .env.example .env, and put in the key of a provider you have
  2. torana config check
  3. torana keys create --name first     prints a key, once
  4. torana serve
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--dir", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)")


def run(args: argparse.Namespace) -> int:
    """Write what is missing. 1 when nothing could be written."""
    written = 0
    try:
        args.dir.mkdir(parents=True, exist_ok=True)
        for name, source in FILES.items():
            written += _write(args.dir / name, files("torana.wiring").joinpath("first", source).read_text("utf-8"))
    except OSError as fault:
        say(f"torana init: {fault.filename}: {fault.strerror}", err=True)
        return 1
    if written:
        say(NEXT.strip("\n"))
    return 0 if written else 1


def _write(path: Path, text: str) -> bool:
    """Write a new file; False when there is one."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        say(f"{path} is there already and stays as it is", err=True)
        return False
    say(f"wrote {path}")
    return True
