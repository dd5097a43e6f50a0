"""Runs guardrails over texts: the instant ones here and now, the others at the same time under their deadlines.

What one says that makes no sense counts as if it had not looked. It decides nothing. Called by the guard room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, NamedTuple, cast

from torana.core.clock import Clock
from torana.core.json_places import Number, Place
from torana.line.guard_memory import Memory
from torana.line.guard_team import Member, Team, finder_of, is_judge, sees_pieces
from torana.line.guard_threads import FAULTS as FAULTS  # noqa: PLC0414 - a word of this room
from torana.line.guard_threads import Crews
from torana.ports.guardrail import Finding, Judge, Where
from torana.scan.gate import Gate, utf8
from torana.scan.normal import Normal, normal

if TYPE_CHECKING:
    from torana.core.trace import Trace
    from torana.core.trail import Trail
    from torana.line.rooms import Rooms


class Judging(NamedTuple):
    """The request that is being judged, and the Rooms it runs through; None where nothing can be asked."""

    trail: Trail
    rooms: Rooms | None


JUDGED: ContextVar[Judging | None] = ContextVar("the request that is being judged", default=None)
"""For guardrails that ask models; tasks and threads that they start inherit it."""


class Shown(NamedTuple):
    """A text as guardrails see it."""

    text: str
    """With the name of its member before it, where that tells what it is."""
    normal: Normal
    lead: int
    """How many signs that name takes."""
    where: Where
    asked: frozenset[int]
    """Who wants to look at it, by their numbers at the gate."""
    inner: bool = False
    """Whether it stands in another text of the body, as JSON."""
    repeats: bool = False
    """Whether who needs a whole text, or asks somebody, has seen it or will."""


class Hit(NamedTuple):
    """A finding and where it is: in which of the texts, and from where to where in it."""

    member: Member
    place: int
    kind: str
    start: int
    end: int


class Outcome(NamedTuple):
    """What a team said. A member that is in neither list found nothing."""

    hits: list[Hit]
    failed: list[Member]


def show(places: Sequence[Place], side: str, gate: Gate, repeated: frozenset[Number] = frozenset()) -> list[Shown]:
    """The texts of the places."""
    return [_shown(place, side, gate, bool(repeated) and place.number[:1] in repeated) for place in places]


def _shown(place: Place, side: str, gate: Gate, repeats: bool) -> Shown:
    lead = f"{place.lead}: " if place.lead and not place.holds_json else ""
    text = lead + place.text
    form = normal(text)
    where, asked = Where(side, place.role), gate.asked(utf8(form.text))
    return Shown(text, form, len(lead), where, asked, len(place.number) > 1, repeats)


class Stopwatch(NamedTuple):
    """Times guardrails that look at a request that is traced."""

    trace: Trace
    monotonic: Callable[[], float]

    def ran(self, member: Member, side: str, began_s: float) -> None:
        """It looked, and has said what it says."""
        self.trace.note("guardrail", member.guard.name, began_s, self.monotonic(), side)


def stopwatch_of(trail: Trail, clock: Clock | None) -> Stopwatch | None:
    """What times the guardrails of this request; None: nobody does."""
    trace = trail.trace
    return Stopwatch(trace, clock.monotonic) if trace is not None and trace.sampled and clock is not None else None


def look(team: Team, shown: Sequence[Shown], watch: Stopwatch | None = None) -> Outcome:
    """What the instant members find, up to the first that blocks."""
    if watch is not None:
        return _look_watched(team, shown, watch)
    outcome = Outcome([], [])
    for member in team.instant:
        try:
            found = _check(member, shown)
            hits = _hits(member, found, shown)
        except FAULTS:
            outcome.failed.append(member)
            if member.is_closed:
                break
            continue
        outcome.hits.extend(hits)
        if hits and member.does == "block":
            break
    return outcome


class Lasting(NamedTuple):
    """What those that are slow are asked with, whatever the Snapshot."""

    memory: Memory
    crews: Crews


def _look_watched(team: Team, shown: Sequence[Shown], watch: Stopwatch) -> Outcome:
    """The same, one after the other, each timed that looks at anything."""
    outcome = Outcome([], [])
    for member in team.instant:
        began = watch.monotonic()
        one = look(team._replace(instant=(member,)), shown)
        if any(_wants(member, each) for each in shown):
            watch.ran(member, team.side, began)
        outcome.hits.extend(one.hits)
        outcome.failed.extend(one.failed)
        if (one.failed and member.is_closed) or (one.hits and member.does == "block"):
            break
    return outcome


async def _long_watched(
    member: Member, shown: Sequence[Shown], lasting: Lasting, watch: Stopwatch | None, side: str
) -> list[Hit] | None:
    if watch is None:
        return await _long(member, shown, lasting)
    began = watch.monotonic()
    try:
        return await _long(member, shown, lasting)
    finally:
        watch.ran(member, side, began)


async def look_long(team: Team, shown: Sequence[Shown], lasting: Lasting, watch: Stopwatch | None = None) -> Outcome:
    """What the others find, all asked at the same time."""
    outcome = Outcome([], [])
    found = await asyncio.gather(*(_long_watched(member, shown, lasting, watch, team.side) for member in team.others))
    for member, hits in zip(team.others, found, strict=True):
        if hits is None:
            outcome.failed.append(member)
        else:
            outcome.hits.extend(hits)
    return outcome


async def _long(member: Member, shown: Sequence[Shown], lasting: Lasting) -> list[Hit] | None:
    """The member's hits; None when it could not look."""
    guard, memory = member.guard, lasting.memory
    wanted = [number for number, one in enumerate(shown) if _wants(member, one)]
    known = {number: memory.recall(guard.name, shown[number].where, shown[number].text) for number in wanted}
    new = [number for number in wanted if known[number] is None]
    try:
        if new:
            async with asyncio.timeout(guard.deadline_s):
                found = await _asked(member, [shown[number] for number in new], lasting.crews)
            if len(found) != len(new):
                return None
            for number, findings in zip(new, found, strict=True):
                checked = known[number] = tuple(sane(one, shown[number].normal.text) for one in findings)
                memory.keep(guard.name, shown[number].where, shown[number].text, checked)
        every = [known.get(number) or () for number in range(len(shown))]
        return _hits(member, every, shown)
    except FAULTS:
        return None


async def _asked(member: Member, shown: Sequence[Shown], crews: Crews) -> Sequence[Sequence[Finding]]:
    if is_judge(member.guard.guardrail):
        judge = cast(Judge, member.guard.guardrail)
        return await judge.judge([(one.normal.text, one.where) for one in shown])
    crew = crews.of(member.guard.name)
    return await crew.run(copy_context().run, _check, member, shown)


def _wants(member: Member, one: Shown) -> bool:
    """Whether the member wants to look at the text."""
    if one.repeats and not sees_pieces(member):
        return False
    return member.number in one.asked or is_judge(member.guard.guardrail)


def _check(member: Member, shown: Sequence[Shown]) -> list[Sequence[Finding]]:
    guardrail = finder_of(member)
    check_all = getattr(guardrail, "check_all", None)
    alone = [one.inner or check_all is None for one in shown]
    wanted = [_wants(member, one) for one in shown]
    found = [
        guardrail.check(one.normal.text, one.where) if wants and by_itself else ()
        for one, wants, by_itself in zip(shown, wanted, alone, strict=True)
    ]
    if check_all is None:
        return found
    # What stands in another text counts there.
    numbers = [number for number, wants in enumerate(wanted) if wants and not alone[number]]
    together = check_all([(shown[number].normal.text, shown[number].where) for number in numbers])
    for number, findings in zip(numbers, together, strict=True):
        found[number] = findings
    return found


def _hits(member: Member, found: Sequence[Sequence[Finding]], shown: Sequence[Shown]) -> list[Hit]:
    """The findings at their places in the texts as they are. Raises ValueError, TypeError for nonsense."""
    hits: list[Hit] = []
    for place, (findings, one) in enumerate(zip(found, shown, strict=True)):
        for finding in findings:
            sane(finding, one.normal.text)
            start, end = one.normal.back(finding.start, finding.end)
            start, end = max(0, start - one.lead), end - one.lead
            if end > 0:  # else it is in the member's name, which is a place of its own
                hits.append(Hit(member, place, finding.kind, start, end))
    return hits


def sane(finding: Finding, text: str) -> Finding:
    """The finding. Raises ValueError, TypeError, AttributeError for nonsense."""
    if not 0 <= finding.start < finding.end <= len(text) or not finding.kind.isprintable() or not finding.kind:
        raise ValueError("a finding outside of its text, or of no kind")
    return finding
