"""What the toxicity model knows of words, and which sentences it looks at.

It judges nothing. Called by the guardrail and by the script that trains its model.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from torana.scan import word_features
from torana.scan.word_classes import Word, WordClasses, read_classes

PARTS = {
    "nigg": "slur", "fagg": "slur", "fuck": "strong", "bitch": "strong", "cunt": "strong", "whore": "strong", "slut": "strong",
    "asshole": "strong", "arsehole": "strong", "dickhead": "strong", "cocksuck": "strong", "wank": "strong", "bastard": "strong",
    "chutiy": "strong", "madarchod": "strong", "behenchod": "strong", "bhenchod": "strong", "bhosd": "strong", "shit": "mild",
}  # fmt: skip
"""What gives a longer word away."""

RUDE = frozenset({"slur", "strong", "swear", "mild", "insult", "bad", "harm", "hate"})
"""Kinds without which nothing is looked at closer."""

_SMALL = frozenset({"you", "they", "me", "be", "must", "every", "not", "group", "ask", "exclude"})
_DENIED = frozenset({"not", "exclude"})
"""Kinds that beside a group of people are worth a look: what it is denied."""

_FRAMES = frozenset({"said", "wrong", "not", "ask", "you", "they", "?"})


def word_classes() -> WordClasses:
    """The kinds of words, read from the file beside this one."""
    return read_classes(resources.files(__package__).joinpath("words.toml").read_text("utf-8"), PARTS)


def is_candidate(words: Sequence[Word]) -> bool:
    """Whether there is anything to look at."""
    kinds = {word.kind for word in words}
    return not kinds.isdisjoint(RUDE) or ("identity" in kinds and not kinds.isdisjoint(_DENIED))


def features(words: Sequence[Word]) -> set[str]:
    """The features of one sentence."""
    found = word_features.features(words, _SMALL)
    inside, outside = _quoted(words)
    if inside & RUDE and not outside & RUDE:
        # What is rude is said by somebody else; how the sentence speaks of it tells what the writer thinks.
        found.add("quoted")
        found.update(f"quoted {kind}" for kind in outside & _FRAMES)
    return found


def _quoted(words: Sequence[Word]) -> tuple[set[str], set[str]]:
    """The kinds inside quotation marks, and those outside of them."""
    sides: tuple[set[str], set[str]] = (set(), set())
    marks = sum(word.kind == '"' for word in words)
    seen = 0
    for word in words:
        if word.kind == '"':
            seen += 1
        else:
            # A mark without its partner opens nothing.
            sides[0 if seen % 2 and seen < marks else 1].add(word.kind)
    return sides
