"""Ordinary texts, against which it is measured how often a guardrail suspects something for nothing.

Python's own manual, the descriptions of installed packages, and whatever lies in folders: none of it is kept. Called by
train_injection.py.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from pydoc_data.topics import topics

LETTERS = 1024
EACH = 4
"""Pieces of one package, topic or file; of a large file more."""
PROSE = frozenset({"", ".md", ".rst", ".txt"})


def pieces(folders: Iterable[Path], most: int, seed: int = 11) -> list[list[str]]:
    """For each folder, and for what is installed, at most so many pieces of LETTERS signs; always the same of the same."""
    chance = random.Random(seed)
    found = []
    for texts in (_installed(), *map(_in, folders)):
        some: dict[str, None] = {}
        for text in texts:
            cut = [text[at : at + LETTERS] for at in range(0, len(text) - LETTERS, LETTERS)]
            some |= dict.fromkeys(chance.sample(cut, min(EACH + len(cut) // 4, len(cut))))
        kept = list(some)
        chance.shuffle(kept)
        found.append(kept[:most])
    return found


def _installed() -> Iterator[str]:
    for name in sorted(topics):
        yield topics[name]
    for one in sorted(metadata.distributions(), key=lambda one: one.name):
        yield str(one.metadata.get_payload() or "")


def _in(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in PROSE and path.is_file() and not path.is_symlink():
            yield path.read_text("utf-8", "replace")
