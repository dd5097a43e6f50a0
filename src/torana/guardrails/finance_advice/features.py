"""What the financial advice model knows of words, and which sentences it looks at.

It judges nothing. Called by the guardrail and by the script that trains its model.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from torana.scan import word_features
from torana.scan.word_classes import Word, WordClasses, read_classes

PARTS = {"invest": "act", "crypto": "asset", "portfolio": "asset"}
"""What gives a longer word away."""

MONEY = frozenset({"asset", "company", "act", "goal"})
"""Kinds without which nothing is looked at closer."""

_SMALL = frozenset({"be", "can", "how", "which", "you", "not"})


def word_classes() -> WordClasses:
    """The kinds of words, read from the file beside this one."""
    return read_classes(resources.files(__package__).joinpath("words.toml").read_text("utf-8"), PARTS)


def is_candidate(words: Sequence[Word]) -> bool:
    """Whether there is anything to look at."""
    return any(word.kind in MONEY for word in words)


def features(words: Sequence[Word]) -> set[str]:
    """The features of one sentence."""
    return word_features.features(words, _SMALL)
