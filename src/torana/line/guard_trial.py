"""One team looks at one body, and what it finds is acted upon: refused, replaced, or let pass.

It reads no body and keeps no tokens. Made by the guard room for each side of a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torana.core.clock import Clock
from torana.core.json_places import Number, Place
from torana.line.guard_body import Body, read_body
from torana.line.guard_change import RESTORE, Change, changed, merged
from torana.line.guard_look import Hit, Lasting, Outcome, Shown, Stopwatch, look, look_long, show, stopwatch_of
from torana.line.guard_team import REPLACING, Team
from torana.line.guard_verdict import Verdicts
from torana.line.vault import TOKEN, Tokens
from torana.scan.gate import Gate

MOST_ROUNDS = 4
"""A text that holds JSON is looked at as such first, and once more, as a whole, when that was changed."""


class TrialMeans(NamedTuple):
    """What a trial is held with."""

    gate: Gate
    lasting: Lasting
    on_loop_bytes: int
    clock: Clock | None = None
    silent: frozenset[str] = frozenset()


class Trial:
    """Of one side of a request. All bodies of that side go through it."""

    __slots__ = ("means", "team", "tokens", "verdicts")

    def __init__(self, team: Team, verdicts: Verdicts, means: TrialMeans, tokens: Tokens | None = None) -> None:
        self.team = team
        self.verdicts = verdicts
        self.tokens = tokens
        self.means = means

    def of(self, team: Team) -> Trial:
        """The same trial before some of its team."""
        return Trial(team, self.verdicts, self.means, self.tokens)

    async def judged(self, body: Body) -> bytes:
        """The body that may go on. Raises GatewayError GUARDRAIL_BLOCKED."""
        for number in range(MOST_ROUNDS):
            hits = await self._hits(body)
            changes = self._restoring(body.places) if not number else {}
            if not hits and not changes:
                break
            if hits and (body.kind == "fixed" or number == MOST_ROUNDS - 1):
                self.verdicts.unchangeable(hits)
            for hit in hits:
                changes.setdefault(hit.place, []).append(self.change(hit))
            texts, later = self._texts(body.places, changes)
            wire = body.with_texts(texts)
            if not later:
                return wire
            body = body.again(wire)
        return body.wire

    async def hits(self, places: list[Place]) -> list[Hit]:
        """The hits in these texts that are to be replaced; all of them are written down. Raises GatewayError GUARDRAIL_BLOCKED."""
        return await self._hits(Body(b"", places, "fixed"), sum(len(place.text) for place in places))

    async def _hits(self, body: Body, size: int = 0) -> list[Hit]:
        """The same of a body. ``size``: of its texts, where it is not that of its bytes."""
        if max(len(body.wire), size) > self.means.on_loop_bytes:
            shown, outcome = await asyncio.to_thread(self._at_once, body)
        else:
            shown, outcome = self._at_once(body)
        self.verdicts.note(outcome, body.places)
        found = outcome.hits
        if self.team.others:
            late = await look_long(self.team, shown, self.means.lasting, self._watch())
            self.verdicts.note(late, body.places)
            found = found + late.hits
        return [hit for hit in found if hit.member.does in REPLACING]

    def _at_once(self, body: Body) -> tuple[list[Shown], Outcome]:
        shown = show(body.places, self.team.side, self.means.gate, body.repeated)
        return shown, look(self.team, shown, self._watch())

    def _watch(self) -> Stopwatch | None:
        return stopwatch_of(self.verdicts.trail, self.means.clock)

    def _texts(self, places: Sequence[Place], by_place: Mapping[int, list[Change]]) -> tuple[dict[Number, str], bool]:
        """The new text of each place with changes, and whether some must be looked at once more."""
        inner = {places[number].number[:depth] for number in by_place for depth in range(1, len(places[number].number))}
        texts: dict[Number, str] = {}
        later = False
        for number, changes in by_place.items():
            place = places[number]
            if place.number in inner:
                later = True
                continue
            texts[place.number] = changed(place.text, merged(changes), self.token)
        return texts, later

    def change(self, hit: Hit) -> Change:
        """What is to be done about a hit that is to be replaced."""
        mode = hit.member.does
        return Change(hit.start, hit.end, hit.kind, "redact" if mode == "tokenise" and self.tokens is None else mode)

    def token(self, kind: str, value: str) -> str:
        """What stands for a value."""
        if self.tokens is None:
            return f"[{kind.upper()}]"
        return self.tokens.token(kind, value)

    def restored(self, wire: bytes, without: frozenset[Number] = frozenset()) -> bytes:
        """A clean body with what its tokens stand for in their places, but for the places ``without``."""
        if not self._known or not any(token[1:-1].encode() in wire for token in self._known):
            return wire
        body = read_body(wire, without=without)
        changes = self._restoring(body.places)
        return body.with_texts(self._texts(body.places, changes)[0]) if changes else wire

    @property
    def _known(self) -> Mapping[str, str]:
        """Token → value, where values come back: in answers."""
        return self.tokens.known if self.tokens is not None and self.team.side == "output" else {}

    def _restoring(self, places: Sequence[Place]) -> dict[int, list[Change]]:
        """By place: the tokens in it, each to become what it stands for."""
        known = self._known
        if not known:
            return {}
        changes: dict[int, list[Change]] = {}
        for number, place in enumerate(places):
            if "<" not in place.text or place.holds_json:
                continue
            for found in TOKEN.finditer(place.text):
                if found.group() in known:
                    change = Change(found.start(), found.end(), "", RESTORE, known[found.group()])
                    changes.setdefault(number, []).append(change)
        return changes
