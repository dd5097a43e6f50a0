"""Questions that were answered, so that one in other words can be given the same answer: never because it is similar alone.

Two questions are one only if all that decides in them is equal (``scan.question``, ``scan.agreement``) and the sentence model
finds them similar too. Those of equal words are found by a digest, others by their vectors. Asked by the cache room.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from torana.core.cache_entry import Entry, Where
from torana.core.cache_question import Answered, Question
from torana.line.guard_threads import FAULTS, Crew
from torana.ports.vectors import Vectors
from torana.scan.agreement import agree
from torana.scan.question import reading

TIGHTER = 0.01
"""By how much more than the similarity of a wrong answer the next must have, in its partition."""
LONGEST_WAIT_S = 0.25
"""For the sentence model: longer than that a request does not wait to be spared a provider."""
MOST_VECTORS = 4_096
MOST_WRONG = 10_000
MOST_TRIALS = 200
MOST_NEAR = 16
"""Questions that are found near and then read."""
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


class Match(NamedTuple):
    """A question that was answered, and by what."""

    id: str
    """Of the Entry."""
    similarity: float
    text: str = ""
    """Of the question that it was."""


class Trial(NamedTuple):
    """What would have been served, had it been more than a trial."""

    tenant: str
    model: str
    asked: str
    """The question, as guardrails left it."""
    answered: str
    """The one whose answer it would have got."""
    match: Match


class Served(NamedTuple):
    """Where an answer was served to other words: what is forgotten if it was wrong."""

    partition: str
    places: tuple[str, ...]
    similarity: float


class Alike:
    """The questions of one process, the oldest going first, and the index that finds others."""

    def __init__(
        self, embed: Embed, most_questions: int = 20_000, crew: Crew | None = None, index: Vectors | None = None
    ) -> None:
        """Without ``index`` only questions of equal words are found."""
        self._embed = embed
        self._most = most_questions
        self._crew = crew or Crew(threads=1, longest_queue=32)
        self._beside = Crew(threads=1, longest_queue=256)
        """Remembers, while requests are waiting for the other."""
        self.index = index
        """What finds them by their vectors; it may come later."""
        self._asking = threading.Lock()
        """Held in threads only: an index is asked by one at a time."""
        self._questions: OrderedDict[str, Answered] = OrderedDict()
        self._vectors: OrderedDict[str, Any] = OrderedDict()
        self._least: dict[str, float] = {}
        """Partition → the similarity that is asked there since something wrong was served."""
        self._wrong: OrderedDict[str, None] = OrderedDict()
        """Places at which nothing is served any more."""
        self._served: OrderedDict[tuple[str, str], Served] = OrderedDict()
        """Tenant and id of an Entry → where it was served last."""
        self.trials: list[Trial] = []
        self.faults = 0
        """Times that the sentence model or the index could not be asked in time."""

    def __len__(self) -> int:
        return len(self._questions)

    @property
    def bytes(self) -> int:
        """Memory for questions and vectors, estimated upward; without that of the index."""
        return QUESTION_BYTES * len(self._questions) + 2_000 * len(self._vectors)

    async def match(self, question: Question, least: float) -> Match | None:
        """The answered question that is the same in other words; None when there is none, or nobody can tell in time."""
        if question.place in self._wrong:
            return None
        least = max(least, self._least.get(question.partition, 0.0))
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                return await self._of_equal_words(question, least) or await self._near(question, least)
        except (*FAULTS, TimeoutError):
            self.faults += 1
            return None

    async def _of_equal_words(self, question: Question, least: float) -> Match | None:
        known = self._questions.get(question.place)
        if known is None:
            return None
        first, second = await self._vector(known.question.text), await self._vector(question.text)
        similarity = float(first @ second)
        if similarity < least:
            return None
        if question.place in self._questions:
            self._questions.move_to_end(question.place)
        return self._match(question, known, similarity)

    async def _near(self, question: Question, least: float) -> Match | None:
        """What the index finds near, as far as it agrees."""
        index = self.index
        if index is None or not index.may_have(question.partition):
            return None
        vector = await self._vector(question.text)
        found = await self._crew.run(self._agreeing, index, question, vector, least)
        return next(
            (self._match(question, one, like) for one, like in found if one.question.place not in self._wrong), None
        )

    def _agreeing(self, index: Vectors, question: Question, vector: Any, least: float) -> list[tuple[Answered, float]]:
        """In a thread: what is near and may be the same question, the likest first."""
        with self._asking:
            near = index.near(question.partition, vector, least, MOST_NEAR)
        return [
            (one, like)
            for one, like in near
            if one.question[:3] == question[:3] and like >= least and agree(one.question.text, question.text)
        ]

    def _match(self, question: Question, known: Answered, similarity: float) -> Match:
        place = (question.tenant, known.id)
        self._served.pop(place, None)
        self._served[place] = Served(question.partition, (question.place, known.question.place), similarity)
        if len(self._served) > MOST_WRONG:
            self._served.popitem(last=False)
        return Match(known.id, similarity, known.question.text)

    def would_have(self, question: Question, match: Match) -> None:
        """On trial: this would have been served. The latest are kept for who judges whether it should."""
        self.trials.append(Trial(question.tenant, question.model, question.text, match.text, match))
        del self.trials[:-MOST_TRIALS]

    def add(self, question: Question, entry: Entry) -> None:
        """It was answered."""
        self._questions.pop(question.place, None)
        known = self._questions[question.place] = Answered(question, entry.id, entry.made_at)
        while len(self._questions) > self._most:
            self._questions.popitem(last=False)
        if self.index is not None and not self._beside.put(self._remember, known):
            self.faults += 1

    def _remember(self, known: Answered) -> None:
        """In a thread: into the index."""
        assert self.index is not None  # noqa: S101 - the caller's case
        try:
            vector = self._vectors.get(known.question.text)
            if vector is None:
                vector = self._embed((known.question.text,))[0]
            with self._asking:
                self.index.add(known, vector)
        except FAULTS:
            self.faults += 1

    def drop(self, where: Where) -> int:
        """Forget the questions behind these entries; how many there were in this process."""
        gone = [place for place, one in self._questions.items() if one.meant_by(where)]
        for place in gone:
            del self._questions[place]
        if self.index is not None and not self._beside.put(self._drop, where):
            self.faults += 1
        return len(gone)

    def _drop(self, where: Where) -> None:
        assert self.index is not None  # noqa: S101 - the caller's case
        try:
            with self._asking:
                self.index.drop(where)
        except FAULTS:
            self.faults += 1

    def wrong(self, tenant: str, id_: str) -> tuple[int, float | None]:
        """An answer was served to a question that it does not answer: how many questions led to it, and what is asked now.

        None of their readings is served again here, and their partitions ask for more than it had.
        """
        served = self._served.pop((tenant, id_), None)
        found = [one.question for one in self._questions.values() if one.id == id_ and one.question.tenant == tenant]
        places = {one.place for one in found} | set(served.places if served is not None else ())
        partitions = {one.partition for one in found} | ({served.partition} if served is not None else set())
        least: float | None = None
        for partition in partitions:
            had = served.similarity if served is not None and served.partition == partition else 0.0
            least = self._least[partition] = max(self._least.get(partition, 0.0), had + TIGHTER)
        for place in places:
            self._wrong[place] = None
            self._questions.pop(place, None)
        self.drop(Where(tenant, id=id_))
        while len(self._wrong) > MOST_WRONG:
            self._wrong.popitem(last=False)
        while len(self._least) > MOST_WRONG:
            del self._least[next(iter(self._least))]
        return len(places), least

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
