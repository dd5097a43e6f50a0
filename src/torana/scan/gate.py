"""Many patterns at once over one text: whose patterns match anywhere in it.

It finds no places; the guardrails whose patterns match look for those. Called by the guard room.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import re2

MAX_MEM = 256 << 20
"""RE2's default is too little for some hundred patterns: a set that runs out of memory says that nothing matched."""

NOBODY: frozenset[int] = frozenset()


class Gate:
    """One set of patterns. Safe in threads."""

    __slots__ = ("_always", "_owners", "_set")

    def __init__(self, triggers: Sequence[Sequence[str] | None]) -> None:
        """``triggers``: the RE2 patterns of each asker; None: it wants every text. Raises ValueError for a bad pattern."""
        self._always = frozenset(number for number, patterns in enumerate(triggers) if patterns is None)
        self._owners = tuple(number for number, patterns in enumerate(triggers) for _ in patterns or ())
        self._set: Any = _compiled(tuple(pattern for patterns in triggers for pattern in patterns or ()))

    @property
    def always(self) -> frozenset[int]:
        """The askers that want every text."""
        return self._always

    def asked(self, text: bytes) -> frozenset[int]:
        """The numbers of the askers with a pattern that matches in the text (UTF-8), and of those that want every text."""
        if self._set is None:
            return self._always
        found = self._set.Match(text)
        if not found:
            return self._always
        owners = self._owners
        return self._always.union([owners[number] for number in found])


def utf8(text: str) -> bytes:
    """The text as RE2 reads it; of lone surrogates, which UTF-8 has not, a question mark is left."""
    return text.encode("utf-8", "replace")


@lru_cache(maxsize=8)
def _compiled(patterns: tuple[str, ...]) -> Any:
    """The set; None of no patterns. Kept, for a new Snapshot mostly has the same and making one takes long."""
    if not patterns:
        return None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEM
    made = re2.Set.SearchSet(options)
    for pattern in patterns:
        try:
            made.Add(pattern)
        except re2.error as wrong:
            raise ValueError(f"no pattern of RE2: {pattern}") from wrong
    made.Compile()
    return made
