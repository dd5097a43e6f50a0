"""Questions that were answered, so that one in other words can be given the same answer: never because it is similar alone.

Two questions are one only if their readings are equal (``scan.question``): the same numbers, names, negations and comparatives
in the same order; then the sentence model must find them similar too. Everything around the question must be equal. Of one
process; asked by the cache room.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from torana.core.cache_entry import Entry, Where
from torana.line.guard_threads import FAULTS, Crew
from torana.scan.question import reading

TIGHTER = 0.01
"""By how much more than the similarity of a wrong answer the next must have, in its partition."""
LONGEST_WAIT_S = 0.25
"""For the sentence model: longer than that a request does not wait to be spared a provider."""
MOST_VECTORS = 4_096
MOST_WRONG = 10_000
MOST_TRIALS = 200
QUESTION_BYTES = 1_500
"""What one question takes with its keys, estimated upward."""

Embed = Callable[[Sequence[str]], Any]
"""Texts → one vector of length 1 each, as rows. Slow: called in a thread."""


class Semantic(NamedTuple):
    """How answers to similar questions are found."""

    similarity: float = 0.92
    shadow: bool = False
    """Whether it is only recorded what would have been served."""
    by_policy: bool = True
    """Whether only those are served whose policies say so; else everybody."""
    ttl_s: float | None = None
    """How old an answer to other words may be; None: as long as it is kept."""


class Question(NamedTuple):
    """What is asked, and what it is asked in."""

    tenant: str
    model: str
    partition: str
    """Digest of all that must be equal: tenant, policy, model, tools, system prompt, sampling, the turns before."""
    place: str
    """Digest of the partition and the reading."""
    text: str


class Match(NamedTuple):
    """A question that was answered, and by what."""

    id: str
    """Of the Entry."""
    similarity: float


class Trial(NamedTuple):
    """What would have been served, had it been more than a trial."""

    tenant: str
    model: str
    asked: str
    """The question, as guardrails left it."""
    answered: str
    """The one whose answer it would have got."""
    match: Match


@dataclass(slots=True)
class Answered:
    """What is remembered of a question: the newest of its reading."""

    question: Question
    id: str
    made_at: float
    served: float = 0.0
    """The similarity with which it was served last."""


class Alike:
    """The questions of one process, the oldest going first."""

    def __init__(self, embed: Embed, most_questions: int = 20_000, crew: Crew | None = None) -> None:
        self._embed = embed
        self._most = most_questions
        self._crew = crew or Crew(threads=1, longest_queue=32)
        self._questions: OrderedDict[str, Answered] = OrderedDict()
        self._vectors: OrderedDict[str, Any] = OrderedDict()
        self._least: dict[str, float] = {}
        """Partition → the similarity that is asked there since something wrong was served."""
        self._wrong: OrderedDict[str, None] = OrderedDict()
        """Places at which nothing is served any more."""
        self.trials: list[Trial] = []
        self.faults = 0
        """Times that the sentence model could not be asked in time."""

    def __len__(self) -> int:
        return len(self._questions)

    @property
    def bytes(self) -> int:
        """Memory for questions and vectors, estimated upward."""
        return QUESTION_BYTES * len(self._questions) + 2_000 * len(self._vectors)

    async def match(self, question: Question, least: float) -> Match | None:
        """The answered question that is the same in other words; None when there is none, or nobody can tell in time."""
        known = self._questions.get(question.place)
        if known is None or question.place in self._wrong:
            return None
        similarity = await self._similarity(known.question.text, question.text)
        if similarity is None or similarity < max(least, self._least.get(question.partition, 0.0)):
            return None
        known.served = similarity
        self._questions.move_to_end(question.place)
        return Match(known.id, similarity)

    def would_have(self, question: Question, match: Match) -> None:
        """On trial: this would have been served. The latest are kept for who judges whether it should."""
        self.trials.append(Trial(question.tenant, question.model, question.text, self._text_of(question), match))
        del self.trials[:-MOST_TRIALS]

    def _text_of(self, question: Question) -> str:
        known = self._questions.get(question.place)
        return known.question.text if known is not None else ""

    def add(self, question: Question, entry: Entry) -> None:
        """It was answered."""
        self._questions.pop(question.place, None)
        self._questions[question.place] = Answered(question, entry.id, entry.made_at)
        while len(self._questions) > self._most:
            self._questions.popitem(last=False)

    def drop(self, where: Where) -> int:
        """Forget the questions behind these entries; how many there were."""
        gone = [place for place, one in self._questions.items() if _is_there(one, where)]
        for place in gone:
            del self._questions[place]
        return len(gone)

    def wrong(self, tenant: str, id_: str) -> tuple[int, float | None]:
        """An answer was served to a question that it does not answer: how many questions led to it, and what is asked now.

        None of their readings is served again here, and their partitions ask for more than it had.
        """
        found = [one for one in self._questions.values() if one.id == id_ and one.question.tenant == tenant]
        least: float | None = None
        for one in found:
            partition, place = one.question.partition, one.question.place
            least = max(self._least.get(partition, 0.0), one.served + TIGHTER)
            self._least[partition] = least
            self._wrong[place] = None
            del self._questions[place]
        while len(self._wrong) > MOST_WRONG:
            self._wrong.popitem(last=False)
        while len(self._least) > MOST_WRONG:
            del self._least[next(iter(self._least))]
        return len(found), least

    async def _similarity(self, one: str, other: str) -> float | None:
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                first, second = await self._vector(one), await self._vector(other)
        except (*FAULTS, TimeoutError):
            self.faults += 1
            return None
        return float(first @ second)

    async def _vector(self, text: str) -> Any:
        found = self._vectors.get(text)
        if found is None:
            found = (await self._crew.run(self._embed, (text,)))[0]
            self._vectors[text] = found
            while len(self._vectors) > MOST_VECTORS:
                self._vectors.popitem(last=False)
        return found


def question_of(tenant: str, model: str, scope: str, around: bytes, text: str) -> Question | None:
    """The Question; None for one that has no reading. ``scope``: what keeps answers apart besides what is ``around``."""
    words = reading(text)
    if words is None:
        return None
    partition = sha256(scope.encode() + b"\0" + around).hexdigest()
    place = sha256(partition.encode() + repr(words).encode("utf-8", "surrogatepass")).hexdigest()
    return Question(tenant, model, partition, place, text)


def _is_there(one: Answered, where: Where) -> bool:
    question = one.question
    return (
        question.tenant == where.tenant
        and where.model in ("", question.model)
        and where.id in ("", one.id)
        and (where.made_before is None or one.made_at < where.made_before)
    )
