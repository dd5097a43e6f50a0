"""Ordinary texts, against which it is measured how often a guardrail suspects something for nothing.

Prompts put together from injection_samples/prompts.toml; Python's own manual, the descriptions of installed packages, and whatever
lies in folders, of which nothing is kept. Called by train_injection.py.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from pydoc_data.topics import topics

LETTERS = 1024
EACH = 4
"""Pieces of one package, topic or file; of a large file more."""
PROMPTS = Path(__file__).resolve().parent / "injection_samples" / "prompts.toml"
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


def prompts(each: int, seed: int = 12) -> list[str]:
    """So many requests of people, so many system prompts, and so many of both as one text; always the same."""
    chance = random.Random(seed)
    listed = tomllib.loads(PROMPTS.read_text("utf-8"))
    words, parts = listed["words"], listed["parts"]

    def some(kind: str, least: int, most: int) -> list[str]:
        chosen = chance.sample(parts[kind], chance.randint(least, most))
        return [_SLOT.sub(lambda found: chance.choice(words[found[1]]), one) for one in chosen]

    def asked() -> list[str]:
        return some("tasks", 1, 1) + some("rules", 0, 2) + some("contexts", 0, 2)

    def told() -> list[str]:
        return some("roles", 1, 1) + some("rules", 1, 5)

    makers = (asked, told, lambda: [*told(), *asked()])
    return [chance.choice(" \n").join(maker()) for maker in makers for _ in range(each)]


_SLOT = re.compile(r"{([a-z]+)}")


def _installed() -> Iterator[str]:
    for name in sorted(topics):
        yield topics[name]
    for one in sorted(metadata.distributions(), key=lambda one: one.name):
        yield str(one.metadata.get_payload() or "")


def _in(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in PROSE and path.is_file() and not path.is_symlink():
            yield path.read_text("utf-8", "replace")
