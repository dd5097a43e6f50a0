"""A question that was asked, and one that was answered: what the semantic cache remembers.

Plain data; it compares nothing. Made by the cache room, held by indexes of vectors.
"""

from __future__ import annotations

from typing import NamedTuple

from torana.core.cache_entry import Where


class Question(NamedTuple):
    """What is asked, and what it is asked in."""

    tenant: str
    model: str
    partition: str
    """Digest of all that must be equal: tenant, policy, model, tools, system prompt, sampling, the turns before."""
    place: str
    """Digest of the partition and the reading."""
    text: str


class Answered(NamedTuple):
    """A question, and by which Entry it was answered."""

    question: Question
    id: str
    made_at: float
    """Epoch seconds."""

    def meant_by(self, where: Where) -> bool:
        """Whether its Entry is one of those."""
        return where.means(self.question.tenant, self.question.model, self.id, self.made_at)
