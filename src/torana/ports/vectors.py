"""What the semantic cache asks of the world: an index of questions by what they mean.

An index knows likeness only. Whether a question that it finds near may share an answer, the cache room decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from torana.core.cache_entry import Where
from torana.core.cache_question import Answered


class Vectors(Protocol):
    """Questions by their vectors, which have the length 1. All but ``may_have`` is called in one thread, never on the event loop.

    They raise OSError when the index cannot be asked.
    """

    def may_have(self, partition: str) -> bool:
        """Whether it could find something there; at once. Of an index elsewhere: True."""
        ...

    def near(self, partition: str, vector: Any, least: float, most: int) -> Sequence[tuple[Answered, float]]:
        """At most so many questions of the partition whose likeness (cosine) is at least this, the likest first."""
        ...

    def add(self, answered: Answered, vector: Any) -> None:
        """Remember it, in the place of one with its place."""
        ...

    def drop(self, where: Where) -> int:
        """Forget the questions behind these entries; how many there were."""
        ...

    def close(self) -> None:
        """It is asked no more."""
        ...

    def sizes(self) -> tuple[int, int]:
        """Questions and bytes of this process, for metrics; of an index elsewhere (0, 0). Any thread, at once."""
        ...
