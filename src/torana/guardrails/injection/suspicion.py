"""Says cheaply whether a text is worth reading for attacks: words and phrases looked up in one pass, their weights summed.

It judges nothing: most of what it suspects is harmless. Called by the guard room's gate, by the guardrail and by the script that trains it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files

from ahocorasick_rs import BytesAhoCorasick, Implementation

from torana.scan import decode
from torana.scan.gate import utf8

NEAR = 400
"""Bytes within which words count together."""
CLOSE = 130
CLOSE_ENOUGH = 0.75
"""What is enough within CLOSE bytes, where 1 is within NEAR bytes."""
REMEMBERED = 256
_KEPT = b"<|:"
# Digits stand for the letters that they are used for, so that a word in such a disguise is the word.
_UNLEET = bytes.maketrans(b"4@831057$!", b"aabeiosts!")


def _folded() -> bytes:
    """What each byte is read as: letters small, what parts words a space, other scripts as they are."""
    kept = bytes(byte if byte >= 0x80 or chr(byte).isalnum() or byte in _KEPT else 0x20 for byte in _UNLEET)
    return kept.lower()


_FOLD = _folded()


class Suspicion:
    """Phrases, each with the feature that it shows, and the features' weights. Safe in threads."""

    __slots__ = ("_features", "_lately", "_machine", "_weights")

    def __init__(self, phrases: Sequence[tuple[bytes, int]], weights: Sequence[float]) -> None:
        """``phrases``: as they stand in a folded text, with the number of their feature; a text is suspected from 1.0 on."""
        # A DFA takes 22 MB, which is faster only where nothing else uses the processor's caches.
        self._machine = BytesAhoCorasick([phrase for phrase, _ in phrases], implementation=Implementation.ContiguousNFA)
        self._features = [feature for _, feature in phrases]
        # Whole thousandths: what is added and taken away again leaves nothing behind.
        self._weights = [round(1000 * weight) for weight in weights]
        self._lately: set[int] = set()
        """Hashes of texts that were suspected: the guardrail asks again after the gate. A wrong one costs a closer look."""

    def suspects(self, text: bytes) -> bool:
        """Whether the text (UTF-8, in normal form) may be an attack, said openly or encoded.

        What is suspected stays so, whatever stands before and after it.
        """
        mark = hash(text)
        if mark in self._lately:
            return True
        if not self.speaks(text) and not self._hides(text):
            return False
        if len(self._lately) >= REMEMBERED:
            self._lately.clear()
        self._lately.add(mark)
        return True

    def speaks(self, text: bytes) -> bool:
        """Whether the words as they stand weigh enough, somewhere within NEAR bytes."""
        found = self.found(text)
        features, weights = self._features, self._weights
        # The sum of all says for most texts that nothing in them can be enough.
        if sum([weights[one] for one in {features[number] for number, _, _ in found}]) < 1000 * CLOSE_ENOUGH:
            return False
        return self.most(found, CLOSE) >= CLOSE_ENOUGH or self.most(found, NEAR) >= 1

    def _hides(self, text: bytes) -> bool:
        """Whether words that weigh enough are in the text in an encoding."""
        if not decode.may_hide(text):
            return False
        readings = decode.decoded(str(text, "utf-8", "replace"))
        return len(readings) >= decode.MOST or any(self.speaks(utf8(one.text)) for one in readings)

    def found(self, text: bytes) -> list[tuple[int, int, int]]:
        """The phrases in the text: number, start, end."""
        return self._machine.find_matches_as_indexes(folded(text), overlapping=True)

    def most(self, found: Sequence[tuple[int, int, int]], near: int) -> float:
        """What the heaviest features within so many bytes weigh together."""
        features, weights = self._features, self._weights
        counts = [0] * len(weights)
        most = weighs = 0
        first = 0
        for number, _, end in found:
            feature = features[number]
            if not counts[feature]:
                weighs += weights[feature]
            counts[feature] += 1
            while found[first][1] < end - near and first < len(found) - 1:
                gone = features[found[first][0]]
                counts[gone] -= 1
                if not counts[gone]:
                    weighs -= weights[gone]
                first += 1
            most = max(most, weighs)
        return most / 1000

    def shown(self, text: bytes) -> frozenset[int]:
        """The features of the text."""
        return frozenset(self._features[number] for number, _, _ in self.found(text))


def folded(text: bytes) -> bytes:
    """The text as phrases are looked up in it."""
    return b" %b " % text.translate(_FOLD)


def read(lines: str) -> Iterator[tuple[float, list[bytes]]]:
    """Features from lines of a weight and phrases, parted by tabs; ``~`` in a phrase stands for what parts words."""
    for line in lines.splitlines():
        weight, *phrases = line.split("\t")
        yield float(weight), [phrase.replace("~", " ").encode() for phrase in phrases]


def made(features: Sequence[tuple[float, list[bytes]]]) -> Suspicion:
    """The suspicion that these features make."""
    phrases = [(phrase, number) for number, (_, some) in enumerate(features) for phrase in some]
    return Suspicion(phrases, [weight for weight, _ in features])


@lru_cache(maxsize=1)
def suspicion() -> Suspicion:
    """The one of this release, made at the first call."""
    return made(list(read(files("torana.guardrails.injection").joinpath("suspicion.tsv").read_text("utf-8"))))
