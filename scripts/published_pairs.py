"""Reads published sets of paraphrases and contradictions from a folder: nothing of them is in the project.

Their licences let anybody measure with them and not everybody hand them on. Used by ``cache_quality.py --sets``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

Row = tuple[str, str, bool]
"""Two sentences, and whether they mean the same."""


class Published(NamedTuple):
    """One set, as it is told of in the page."""

    name: str
    files: tuple[str, ...]
    said: str
    read: Callable[[list[str]], Row | None]


def _paws(cells: list[str]) -> Row | None:
    if len(cells) < 4 or cells[3] not in ("0", "1"):
        return None
    one, other = (ast.literal_eval(cell).decode("utf-8") for cell in cells[1:3])
    return _plain(one), _plain(other), cells[3] == "1"


def _mrpc(cells: list[str]) -> Row | None:
    return (cells[3], cells[4], cells[0].lstrip("\ufeff") == "1") if len(cells) >= 5 else None


def _sick(cells: list[str]) -> Row | None:
    named = len(cells) >= 5 and cells[4] in ("ENTAILMENT", "NEUTRAL", "CONTRADICTION")
    return (cells[1], cells[2], cells[4] == "ENTAILMENT") if named else None


SETS = (
    Published(
        "PAWS-QQP, development and test",
        ("paws_qqp/dev_and_test.tsv",),
        "questions with the same words in another order",
        _paws,
    ),
    Published(
        "MRPC, all",
        ("msr_paraphrase_train.txt", "msr_paraphrase_test.txt"),
        "sentences of news, in other words",
        _mrpc,
    ),
    Published(
        "SICK, training and test",
        ("SICK_train.txt", "SICK_test_annotated.txt"),
        "sentences that follow, contradict or neither; those that follow count as the same",
        _sick,
    ),
)


def pairs_of(folder: Path) -> Iterator[tuple[Published, list[Row]]]:
    """The sets that are there."""
    for one in SETS:
        paths = [folder / name for name in one.files]
        if not all(path.is_file() for path in paths):
            continue
        lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
        rows = (one.read(line.split("\t")) for line in lines)
        yield one, [row for row in rows if row is not None]


def _plain(text: str) -> str:
    """Without the spaces of a tokeniser."""
    for before, after in ((" n't", "n't"), (" '", "'"), (" ?", "?"), (" ,", ","), (" .", "."), (" :", ":")):
        text = text.replace(before, after)
    return text
