"""A team looks at a streamed answer: who sees pieces as they come, who waits for sentences or the end, who sees what is whole.

It holds nothing back; the streams of the guard room do. Made by them, once for each answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from torana.core.json_places import Number, Place
from torana.line.guard_body import Body, read_body
from torana.line.guard_channel import Channel, watch_of
from torana.line.guard_look import Hit, look, look_long, show, stopwatch_of
from torana.line.guard_team import Member, sees_pieces, team_of
from torana.line.guard_trial import Trial

WHOLE_ROLES = frozenset({"arguments", "tool"})
WHOLE_NAMES = frozenset({"code", "content", "output", "refusal", "text", "thinking"})
"""Members that hold what the model says, where an event brings it as a whole."""


class StreamTeam:
    """Of one answer."""

    __slots__ = ("_events", "_heard", "_numbers", "_unit", "trial", "watch")

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        members = trial.team.members
        spans = tuple(one for one in members if one in trial.team.instant and one.guard.unit == "span")
        later = tuple(one for one in members if one not in spans)
        known = trial.tokens if trial.tokens is not None and trial.tokens.known else None
        self.watch = watch_of(trial.means.gate, spans, _unit(later), known)
        self._unit = trial.of(team_of("output", later))
        self._events = trial.of(team_of("output", (one for one in members if sees_pieces(one))))
        self._numbers = self._events.team.numbers
        self._heard: dict[Channel, hashlib.blake2b] = {}

    def suspects(self, text: bytes) -> bool:
        """Whether anybody wants to look at an event that reads so."""
        return bool(self._numbers and self.trial.means.gate.asked(text, self._numbers))

    def heard(self, channel: Channel, piece: str) -> None:
        """Remember what comes in pieces."""
        self._heard.setdefault(channel, hashlib.blake2b(digest_size=16)).update(_bytes(piece))

    def is_new(self, place: Place) -> bool:
        """Whether a text that comes whole is for those too that look at whole texts or ask somebody.

        Most repeat what came in pieces, or say nothing: who asks somebody is not asked about those.
        """
        name = place.path.rpartition(".")[2]
        if place.role not in WHOLE_ROLES and name not in WHOLE_NAMES:
            return False
        digest = hashlib.blake2b(_bytes(place.text), digest_size=16).digest()
        return all(one.digest() != digest for one in self._heard.values())

    async def event(self, data: bytes, places: list[Place], without: frozenset[Number]) -> bytes:
        """The event with its whole texts judged. Raises GatewayError GUARDRAIL_BLOCKED."""
        old = frozenset(place.number for place in places if len(place.number) == 1 and not self.is_new(place))
        return await self.trial.judged(Body(data, places, "json", "assistant", without, old))

    async def text(self, wire: bytes) -> bytes:
        """Something that stands by itself, judged. Raises GatewayError GUARDRAIL_BLOCKED."""
        return await self._events.judged(read_body(wire, "assistant"))

    async def answer(self, wire: bytes) -> bytes:
        """All of an answer that is no stream of events, judged. Raises GatewayError GUARDRAIL_BLOCKED."""
        body = read_body(wire, "assistant")
        if body.kind != "text" or b"\n" not in wire.strip():
            return await self.trial.judged(body)
        parts = []
        for line in wire.splitlines(keepends=True):
            ends = line[len(line.rstrip()) :]
            parts.append(await self.answer(line.rstrip()) + ends if line.strip() else line)
        return b"".join(parts)

    async def unit(self, channel: Channel, start: int, end: int) -> list[Hit]:
        """What those find in the letters there that waited for them; places count from the text's beginning.

        Raises GatewayError GUARDRAIL_BLOCKED when one of them could not look.
        """
        trial = self._unit
        shown = show(
            [Place(channel.part(start, end), (), channel.where.role, channel.path)], "output", trial.means.gate
        )
        watch = stopwatch_of(trial.verdicts.trail, trial.means.clock)
        first = look(trial.team, shown, watch)
        late = await look_long(trial.team, shown, trial.means.lasting, watch)
        trial.verdicts.failed([*first.failed, *late.failed])
        return [hit._replace(start=hit.start + start, end=hit.end + start) for hit in first.hits + late.hits]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _unit(members: Sequence[Member]) -> str:
    """How much must be there before the last of them can judge."""
    if not members:
        return "span"
    return "whole" if any(one.guard.unit == "whole" for one in members) else "sentence"
