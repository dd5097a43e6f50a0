"""A command's ``--out``: standard output, or a file that is there whole or not at all.

It decides nothing about what is written. Called by ``torana export``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from torana.wiring.cli.say import say

STANDARD_OUTPUT = "-"
TOLD_EVERY = 100_000
"""Rows after which is said how many there are so far."""

Part = tuple[int, bytes]
"""How many rows it is, and their bytes."""


def refuse_existing(out: str, force: bool) -> None:
    """Raises ValueError for a file that must not be written, before anything is read for it."""
    path = Path(out)
    if out == STANDARD_OUTPUT or not path.exists():
        return
    if not path.is_file():
        raise ValueError(f"--out: {out} is no ordinary file; name a new one, or - for standard output")
    if not force:
        raise ValueError(f"--out: {out} is there already; name another file, or replace it with --force")


def write(out: str, force: bool, parts: Iterable[Part]) -> int:
    """Write all parts; how many rows they were. A file is readable by its owner only, for it may tell who asked what.

    Raises OSError, ValueError as ``refuse_existing``, and what the parts raise; then a file is as it was before.
    """
    if out == STANDARD_OUTPUT:
        return _copied(parts, sys.stdout.buffer)
    path = Path(out)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False) as file:
        beside = Path(file.name)
        try:
            count = _copied(parts, file)
            os.fsync(file.fileno())
            refuse_existing(out, force)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    return count


def _copied(parts: Iterable[Part], file: IO[bytes]) -> int:
    count = 0
    for rows, data in parts:
        file.write(data)
        if (count + rows) // TOLD_EVERY > count // TOLD_EVERY:
            say(f"{count + rows:,} rows so far", err=True)
        count += rows
    file.flush()
    return count
