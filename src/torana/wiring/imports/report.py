"""What became of a foreign configuration: every setting as carried, changed or left behind, with what to do.

It never holds a value that may be a secret: those who note findings give names and numbers only. Filled by the
readers of foreign configurations, printed by ``torana config import-…``.
"""

from __future__ import annotations

import textwrap
from typing import Literal, NamedTuple

Level = Literal["lost", "changed", "carried"]

TITLES: dict[Level, str] = {"lost": "Could not be carried", "changed": "Changed", "carried": "Carried"}
WIDTH = 110


def printable(text: str) -> str:
    """The text on one line: what is no printable character is written as an escape, what is endless is cut."""
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
    return shown if len(shown) <= 300 else shown[:297] + "..."


class Finding(NamedTuple):
    """What became of one setting. ``path`` is dotted, such as ``model_list[3].litellm_params.tpm``."""

    level: Level
    path: str
    what: str
    advice: str = ""


class Findings:
    """Findings, in the order they were made."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def carried(self, path: str, what: str) -> None:
        """It means here what it meant there."""
        self._add("carried", path, what, "")

    def changed(self, path: str, what: str, advice: str = "") -> None:
        """It is there, and means something a little different, or asks for something to be done."""
        self._add("changed", path, what, advice)

    def lost(self, path: str, why: str, advice: str = "") -> None:
        """It is not in the result."""
        self._add("lost", path, why, advice)

    def _add(self, level: Level, path: str, what: str, advice: str) -> None:
        one = Finding(level, printable(path), printable(what), printable(advice))
        if one not in self.found:
            self.found.append(one)

    @property
    def complete(self) -> bool:
        """Whether nothing was lost."""
        return all(one.level != "lost" for one in self.found)

    def text(self) -> str:
        """The report: a line of counts, then what was lost, what changed, and what was carried."""
        groups = {level: [one for one in self.found if one.level == level] for level in TITLES}
        counts = ", ".join(f"{len(groups[level])} {level}" for level in ("carried", "changed", "lost"))
        lines = [counts]
        for level, group in groups.items():
            if group:
                lines += ["", f"{TITLES[level]}:"]
                for one in group:
                    lines += _lines(one)
        return "\n".join(lines) + "\n"


def _lines(one: Finding) -> list[str]:
    return [
        f"  {one.path or '(the file)'}",
        *_wrapped(one.what, "    ", "    "),
        *(_wrapped(one.advice, "    -> ", "       ") if one.advice else ()),
    ]


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    """Lines of prose. Words stay whole: they may be names that somebody searches for."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
