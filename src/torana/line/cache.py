"""Find an answer that may be given again, before a plan is made; write down one that may be, as it passes.

Nothing is found that was not asked by the same tenant, under the same policies, of the same model, in the same words and with
the same tools (``cache_key``). What callers say about it is read by ``cache_wish``, idempotency keys are ``once``'s.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from torana.core.cache_entry import Entry
from torana.core.cache_question import Question
from torana.core.call import Chunk, Prompt, Reply
from torana.core.clock import Clock
from torana.core.money import rounded_nano
from torana.core.tickets import Grant
from torana.core.trail import Hit, Trail
from torana.core.trail import Record as Recording
from torana.line import once
from torana.line.cache_alike import Alike, Semantic, question_of
from torana.line.cache_flight import AWAY, FAILED, LANDED, LEFT, Flight, Record
from torana.line.cache_key import Keys, scope_of
from torana.line.cache_make import Draft, Exact, again, entry_of, may_be_kept, may_be_repeated, may_go
from torana.line.cache_wish import IDEMPOTENCY, PLAIN, Wish, wish_of
from torana.ports.cache import Bodies, Canonical, Entries, Once

ON_LOOP_BYTES = 64 * 1024
"""Larger bodies are read in a thread: other callers do not wait for them."""
MEMBER = b'"cache"'


@dataclass(slots=True)
class CacheMeans:
    """What outlives a Snapshot."""

    entries: Entries
    bodies: Bodies
    once: Once
    clock: Clock
    flights: dict[str, Flight] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    alike: Alike | None = None
    """The questions behind the entries; None: only equal requests are answered."""
    too_long: int = 0
    """Answers that were not kept because they were longer than may be."""


class Asked(NamedTuple):
    """One request, as the cache sees it."""

    grant: Grant
    prompt: Prompt
    canonical: Canonical
    wish: Wish
    id: str
    question: Question | None = None
    """What is asked, where it may be found in other words."""


class CacheRoom:
    """Finds and keeps by one Snapshot's rules."""

    __slots__ = ("_exact", "_means", "_semantic")

    def __init__(
        self, means: CacheMeans | None = None, exact: Exact | None = None, semantic: Semantic | None = None
    ) -> None:
        """Without ``means`` nothing is looked at, without ``exact`` only idempotency keys are."""
        self._means = means
        self._exact = exact
        self._semantic = semantic

    @property
    def means(self) -> CacheMeans | None:
        """What outlives its Snapshot."""
        return self._means

    @property
    def keeps(self) -> bool:
        """Whether answers are kept for equal requests."""
        return self._exact is not None

    async def find(self, grant: Grant, prompt: Prompt) -> Reply | None:
        """A kept answer, or None. Raises GatewayError REQUEST_INVALID, CONFLICT, OVERLOADED."""
        means, trail = self._means, prompt.trail
        if means is None or (self._exact is None and not trail.said and prompt.body.find(MEMBER) < 0):
            return None
        small = len(prompt.body) <= ON_LOOP_BYTES
        canonical = means.bodies.canonical(prompt.body) if small else await self._read_beside(means, prompt)
        member = canonical.wish if canonical is not None else None
        if member is not None:
            prompt.body = means.bodies.without(prompt.body, "cache")
        wish = wish_of(trail.said, member) if trail.said or member else PLAIN
        reply = await self._once(means, grant, prompt) if trail.said else None
        if reply is None and self._exact is not None and canonical is not None and may_be_kept(grant, prompt):
            id_ = means.keys.id_of(grant, prompt, canonical.body)
            asked = Asked(grant, prompt, canonical, wish, id_)
            if trail.trace is None:
                # Most hits are at hand: then nobody is waited for.
                reply = self._at_hand(means, asked) or await self._look(means, asked)
            else:
                began = means.clock.monotonic()
                reply = await self._look(means, asked)
                if trail.trace.sampled:
                    trail.trace.note("cache", trail.cache, began, means.clock.monotonic())
        return None if reply is None else self.passing(prompt, reply)

    def passing(self, prompt: Prompt, reply: Reply) -> Reply:
        """The Reply, written down as it is read where somebody wants it."""
        record = prompt.trail.record
        return reply if record is None else record.of(reply)

    async def _read_beside(self, means: CacheMeans, prompt: Prompt) -> Canonical | None:
        return await asyncio.to_thread(means.bodies.canonical, prompt.body)

    def _at_hand(self, means: CacheMeans, asked: Asked) -> Reply | None:
        """The answer, where it is in this process's memory."""
        if not asked.wish.find:
            return None
        entry = means.entries.at_hand(asked.grant.caller.tenant, asked.grant.model.name, asked.id)
        return None if entry is None else self._fit(means, asked, entry)

    async def _look(self, means: CacheMeans, asked: Asked) -> Reply | None:
        trail, wish = asked.prompt.trail, asked.wish
        if not wish.find and not wish.keep:
            return None
        trail.cache = "miss"
        flight: Flight | None = None
        if self._semantic is not None:
            asked = asked._replace(question=self._question(means, asked))
        if wish.find:
            reply, flight = await self._found(means, asked)
            if reply is None and asked.question is not None:
                reply = await self._in_other_words(means, asked, flight)
            if reply is not None:
                return reply
        if wish.keep:
            self._record(trail).takers.append(partial(self._over, means, asked, flight))
        return None

    async def _found(self, means: CacheMeans, asked: Asked) -> tuple[Reply | None, Flight | None]:
        """The kept answer; or the flight that this request leads, if it does."""
        assert self._exact is not None  # noqa: S101 - the caller's case
        entries, flights, where = means.entries, means.flights, place_of(asked)
        while True:
            reply = self._fit(means, asked, entries.at_hand(*where))
            flight = flights.get(asked.id)
            if reply is not None or flight is None:
                break
            began = means.clock.monotonic()
            how = await flight.ended(self._exact.wait_s)
            asked.prompt.trail.waited_s += means.clock.monotonic() - began
            reply = self._fit(means, asked, flight.entry, flight.similarity)
            if reply is not None or how != LEFT:
                return reply, None
        lead = Flight() if asked.wish.keep and reply is None and self._exact.wait_s else None
        if lead is not None:
            flights[asked.id] = lead
        if reply is None and entries.remote:
            try:
                entry = await entries.find(*where)
            except BaseException:
                land(means, asked.id, lead, LEFT)
                raise
            reply = self._fit(means, asked, entry)
            if reply is not None:
                land(means, asked.id, lead, LANDED, entry)
        return reply, None if reply is not None else lead

    def _question(self, means: CacheMeans, asked: Asked) -> Question | None:
        """What is asked; None where it must be found in the same words."""
        grant, prompt = asked.grant, asked.prompt
        opted_in = grant.terms.semantic_cache or (self._semantic is not None and not self._semantic.by_policy)
        if means.alike is None or not opted_in or prompt.operation != "chat":
            return None
        said = means.bodies.question(prompt.dialect, prompt.body)
        if said is None:
            return None
        scope = repr((prompt.dialect, prompt.carried, *scope_of(grant)))
        return question_of(grant.caller.tenant, grant.model.name, scope, *said)

    async def _in_other_words(self, means: CacheMeans, asked: Asked, flight: Flight | None) -> Reply | None:
        """The answer to the same question in other words; on trial it is only written down that there is one."""
        assert means.alike is not None and self._semantic is not None and asked.question is not None  # noqa: S101
        tenant, model, _ = place_of(asked)
        try:
            match = await means.alike.match(asked.question, self._semantic.similarity)
            if match is None or match.id == asked.id:
                return None
            entry = means.entries.at_hand(tenant, model, match.id) or await means.entries.find(tenant, model, match.id)
        except BaseException:
            land(means, asked.id, flight, LEFT)
            raise
        if self._semantic.shadow and entry is not None:
            asked.prompt.trail.verdicts.append(f"cache:would_hit@{match.similarity:.3f}")
            means.alike.would_have(asked.question, match)
            return None
        ttl_s = self._semantic.ttl_s
        if entry is not None and ttl_s is not None and means.clock.now() - entry.made_at > ttl_s:
            return None
        reply = self._fit(means, asked, entry, match.similarity)
        if reply is not None:
            land(means, asked.id, flight, LANDED, entry, match.similarity)
        return reply

    def _fit(
        self, means: CacheMeans, asked: Asked, entry: Entry | None, similarity: float | None = None
    ) -> Reply | None:
        """The entry as this request wants it; None where it is none for it. ``similarity``: of one in other words."""
        if entry is None:
            return None
        now, wish, prompt = means.clock.now(), asked.wish, asked.prompt
        age_s = now - entry.made_at
        if entry.expires_at <= now or (wish.max_age_s is not None and age_s > wish.max_age_s):
            return None
        chunks = means.bodies.given(entry, prompt.ask, prompt.body, asked.canonical.shape)
        return None if chunks is None else self._hit(asked, entry, tuple(chunks), similarity, age_s)

    def _hit(
        self, asked: Asked, entry: Entry, chunks: tuple[Chunk, ...], similarity: float | None, age_s: float
    ) -> Reply:
        assert self._exact is not None and self._means is not None  # noqa: S101 - the caller's case
        trail = asked.prompt.trail
        share = self._exact.price_millionths
        price = rounded_nano(entry.cost_nano * share) if share else 0
        saved_ms = entry.took_ms - int((self._means.clock.monotonic() - trail.started_s) * 1000)
        trail.hit = Hit(price, entry.cost_nano - price, max(0, saved_ms))
        told = (*entry.headers, ("age", str(int(age_s)) if age_s > 0 else "0"), ("x-torana-cache-id", entry.id))
        if similarity is None:
            trail.cache = "hit"
        else:
            trail.cache = "semantic-hit"
            told = (*told, ("x-torana-cache-similarity", f"{similarity:.3f}"))
        return again(entry, asked.prompt, chunks, told)

    def _over(self, means: CacheMeans, asked: Asked, flight: Flight | None, ending: str, record: Record) -> None:
        """The request is closed: keep its answer, and let those go who wait for it."""
        entry = self._kept(means, asked, record) if ending == "completed" else None
        if entry is not None:
            means.entries.keep(entry)
            if asked.question is not None and means.alike is not None:
                means.alike.add(asked.question, entry)
        called_away = ending in AWAY or (ending == "completed" and not record.whole)
        land(means, asked.id, flight, LANDED if entry is not None else LEFT if called_away else FAILED, entry)

    def _kept(self, means: CacheMeans, asked: Asked, record: Record) -> Entry | None:
        """The Entry to keep; None for an answer that nobody else is to be given."""
        assert self._exact is not None  # noqa: S101 - the caller's case
        exact, wish = self._exact, asked.wish
        if record.chunks is None:
            means.too_long += 1
        ttl_s = exact.ttl_s if wish.ttl_s is None else min(wish.ttl_s, exact.most_ttl_s)
        if ttl_s <= 0 or not may_go(record, asked.prompt, exact.tool_calls):
            return None
        entry = entry_of(Draft(asked.id, asked.grant, asked.prompt, asked.canonical.shape, ttl_s), record, means.clock)
        offered = "tools" in asked.prompt.ask.needs and not exact.tool_calls
        if entry is None or (offered and means.bodies.calls_tools(entry) is not False):
            return None
        return entry

    def _record(self, trail: Trail) -> Recording:
        if trail.record is None:
            trail.record = Record(self._exact.most_bytes if self._exact is not None else Exact().most_bytes)
        return trail.record

    async def _once(self, means: CacheMeans, grant: Grant, prompt: Prompt) -> Reply | None:
        """The answer that was given under the request's idempotency key. Raises GatewayError."""
        key = next((value for name, value in prompt.trail.said if name == IDEMPOTENCY), None)
        if key is None or not may_be_repeated(prompt):
            return None
        digest = once.digest_of(prompt)
        draft = Draft(once.name_of(grant, key), grant, prompt, b"", once.LIFE_S)
        entry = await once.begun(means.once, draft.id, digest)
        if entry is None:
            self._record(prompt.trail).takers.append(partial(self._done, means, draft, digest))
            return None
        prompt.trail.cache = "hit"
        prompt.trail.hit = Hit(0, 0, 0)
        return again(entry, prompt, entry.chunks, (*entry.headers, ("idempotency-replayed", "true")))

    def _done(self, means: CacheMeans, draft: Draft, digest: str, ending: str, record: Record) -> None:
        entry = entry_of(draft, record, means.clock) if ending == "completed" else None
        trail = draft.prompt.trail
        means.once.end(draft.id, once.outcome(ending, entry, trail.sent or bool(trail.lost), digest))


def place_of(asked: Asked) -> tuple[str, str, str]:
    """Where its answer lies: tenant, model, id."""
    return asked.grant.caller.tenant, asked.grant.model.name, asked.id


def land(
    means: CacheMeans, id_: str, flight: Flight | None, how: str, entry: Entry | None = None,
    similarity: float | None = None,
) -> None:  # fmt: skip
    """End a flight: whoever comes from now on does not wait for it."""
    if flight is not None:
        if means.flights.get(id_) is flight:
            del means.flights[id_]
        flight.end(how, entry, similarity)
