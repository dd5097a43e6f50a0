"""The one place through which commands speak.

It formats nothing but problems and tables. Called by every command.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from torana.wiring.problems import ConfigError, Problem


def say(text: str, *, err: bool = False) -> None:
    """One line, or several, to the terminal: results to standard output, everything else to standard error."""
    stream = sys.stderr if err else sys.stdout
    stream.write(text + "\n")
    stream.flush()


def say_problems(problems: Iterable[Problem]) -> None:
    """Problems and warnings, one a line, as compilers write them."""
    for problem in problems:
        say(str(problem), err=True)


def refuse(fault: ConfigError) -> int:
    """Say what is wrong with a configuration; the exit code."""
    say_problems(fault.warnings)
    say_problems(fault.problems)
    count = len(fault.problems)
    say(f"{count} error{'s' if count != 1 else ''}; nothing was done", err=True)
    return 1


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need to be."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [heads, *rows]
    ]
    return "\n".join(lines)
