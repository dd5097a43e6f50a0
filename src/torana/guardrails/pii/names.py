"""Finds names of persons: words that the tagger takes for one, joined where they stand together.

It knows no one and looks nobody up. Called by the package's own guardrail when names are asked for.
"""

from __future__ import annotations

import lzma
import math
from array import array
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from torana.guardrails.pii import lexicon, surroundings, tagger
from torana.ports.guardrail import Finding

_FILE: Final = "weights.xz"
_SCALE: Final = 32.0
_BESIDE: Final = 0.3
"""How sure a word must be beside one that is sure: of a name found in part, the rest would be let go."""
_LONGEST_SEGMENT: Final = 400
_JOINTS: Final = frozenset({" ", "", "-", ". ", ".", " '", "' "})
_PARTICLES_TEXT: Final = """
van von de der den del della di da dos das du la le al el bin ibn abu ben ter ten
"""
_PARTICLES: Final = frozenset(_PARTICLES_TEXT.split())


class Names:
    """The tagger with its words and its weights."""

    __slots__ = ("_beside", "_listed", "_threshold", "_weights")

    def __init__(self, threshold: float, weights: bytes | None = None) -> None:
        """``weights``: one signed byte each; None: those of this release."""
        self._listed = lexicon.load()
        released = files("torana.guardrails.pii").joinpath(_FILE)
        self._weights = array("b", lzma.decompress(released.read_bytes()) if weights is None else weights)
        self._threshold = _margin(threshold)
        self._beside = _margin(min(threshold, _BESIDE))

    def check(self, text: str) -> list[Finding]:
        """Every name, with how sure its surest word is."""
        view, places = tagger.view(text, self._listed)
        weights, tokens = self._weights, view.tokens
        margins: dict[int, float] = {}
        sure: dict[int, float] = {}
        last = -1
        for place in places:
            margin = margins[place] = sum(weights[one] for one in tagger.features(view, place, place - 1 in sure))
            beside = margin >= self._beside and last in sure and self._together(text, tokens, last, place)
            if margin >= self._threshold or beside:
                sure[place] = margin
            last = place
        for place in reversed(margins):
            beside = place not in sure and margins[place] >= self._beside and last in sure
            if beside and self._together(text, tokens, place, last):
                sure[place] = margins[place]
            last = place
        return self._joined(text, tokens, dict(sorted(sure.items())))

    def _joined(self, text: str, tokens: Sequence[tagger.Token], sure: dict[int, float]) -> list[Finding]:
        runs: list[list[int]] = []
        for place in sure:
            if runs and self._together(text, tokens, runs[-1][-1], place):
                runs[-1].append(place)
            else:
                runs.append([place])
        found = []
        for run in runs:
            if not surroundings.of_no_person(tokens, run[0], run[-1]):
                margin = max(sure[place] for place in run)
                score = 1 / (1 + math.exp(-min(margin / _SCALE, 50.0)))
                found.append(Finding("person", tokens[run[0]].start, tokens[run[-1]].end, score))
        return found

    @staticmethod
    def _together(text: str, tokens: Sequence[tagger.Token], last: int, place: int) -> bool:
        """Whether two words of names are parts of one: nothing but a space, a hyphen, an initial's point, a particle between."""
        gap = text[tokens[last].end : tokens[place].start]
        if "." in gap:
            return gap in _JOINTS and (len(tokens[last].text) == 1 or gap == ".")
        return gap in _JOINTS or (len(gap) < 12 and set(gap.lower().split()) <= _PARTICLES and "\n" not in gap)

    def tail(self, text: str) -> int:
        """Where the last sentence or line begins: what stands to the right of a word within it counts."""
        near = max(0, len(text) - _LONGEST_SEGMENT)
        tokens = tagger.tokens(text[near:])
        if not tokens or tagger.ends(tokens, text[near:]):
            return len(text)
        last = tokens[-1].segment
        return near + next(token.start for token in tokens if token.segment == last)


def _margin(share: float) -> float:
    """The sum of weights at which the tagger is that sure."""
    return math.log(share / (1 - share)) * _SCALE
