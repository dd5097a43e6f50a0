"""What a finding leads to: refused, replaced, recorded or let pass; and what is written down of it.

It finds nothing and changes no body. Called by the guard room for both sides, whole and streamed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NoReturn

from torana.core.errors import GatewayError
from torana.core.json_places import Place
from torana.core.tickets import Found, Rule
from torana.core.trail import Trail
from torana.line.guard_look import Hit, Outcome
from torana.line.guard_team import BEHIND, Member, Team

MOST_FINDINGS = 200
"""Of one request that are written down."""
WHAT = {"input": "this request", "output": "this answer"}


class Verdicts:
    """What one team says of one side of a request."""

    __slots__ = ("_behind", "_closed", "_key", "_kinds", "_otherwise", "_said", "_seen", "_team", "_trail")

    def __init__(self, team: Team, trail: Trail, key: bytes, behind: str = "") -> None:
        """``behind``: what stands behind each verdict that is written down; empty: the side, unless it is the input."""
        self._behind = behind or BEHIND[team.side]
        self._team = team
        self._trail = trail
        self._key = key[:64]
        self._closed = False
        self._otherwise = "pass"
        """What they say who say nothing."""
        self._said: dict[Rule, str] = {}
        """By the member's rule: one guardrail may have a rule that is on trial beside the one that holds."""
        self._kinds: dict[Rule, set[str]] = {}
        self._seen: set[tuple[str, str, str, str, int]] = set()

    @property
    def trail(self) -> Trail:
        """The diary that they are written in."""
        return self._trail

    def note(self, outcome: Outcome, places: list[Place]) -> None:
        """Write down what was found. Raises GatewayError GUARDRAIL_BLOCKED, for the first that refuses."""
        for hit in outcome.hits:
            place = places[hit.place]
            begins, path = place.spot(hit.start) if place.spots else (0, place.path)
            self.found(hit, path, place.text[hit.start : hit.end], -begins)
        self.failed(outcome.failed)
        self.judge()

    def found(self, hit: Hit, path: str, value: str, offset: int = 0) -> None:
        """Write down one finding. ``offset``: where the text begins in all that was streamed at its place."""
        member = hit.member
        self._said.setdefault(member.rule, member.does)
        self._kinds.setdefault(member.rule, set()).add(hit.kind)
        trail = self._trail
        mark = (member.guard.name, member.does, path, hit.kind, hit.start + offset)
        if len(trail.findings) >= MOST_FINDINGS or mark in self._seen:
            return
        self._seen.add(mark)
        said = value.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(said, digest_size=8, key=self._key, person=b"torana-finding").hexdigest()
        start, end = hit.start + offset, hit.end + offset
        trail.findings.append(
            Found(member.guard.name, hit.kind, self._team.side, path, start, end, digest, member.does)
        )

    def failed(self, members: Iterable[Member]) -> None:
        """Write down who could not look."""
        for member in members:
            self._said[member.rule] = "not_evaluated"

    def unread(self, member: str) -> None:
        """Write down that a member of the body holds words nobody here can read. Raises GatewayError GUARDRAIL_BLOCKED."""
        self._otherwise = "not_evaluated"
        for one in self._team.members:
            if one.is_closed:
                self.close(one)
                self._cannot(one, f"{member} holds token numbers, in which it cannot look; send text")

    def judge(self) -> None:
        """Raises GatewayError GUARDRAIL_BLOCKED, for the first in the policy's order that refuses."""
        for member in self._team.members:
            said = self._said.get(member.rule)
            if said == "block":
                self.close(member)
                self._refuse(member)
            if said == "not_evaluated" and member.is_closed:
                self.close(member)
                self._cannot(member)

    def close(self, last: Member | None = None) -> None:
        """Put what each said on the trail, once. ``last``: who refused; those behind it were not heard."""
        if self._closed:
            return
        self._closed = True
        if not self._said and self._otherwise == "pass" and self._behind == BEHIND[self._team.side]:
            self._trail.verdicts.extend(self._team.passes)
            return
        for member in self._team.members:
            said = self._said.get(member.rule, self._otherwise)
            self._trail.verdicts.append(f"{member.guard.name}:{said}{self._behind}")
            if member is last:
                return

    def unchangeable(self, hits: Iterable[Hit]) -> NoReturn:
        """Refuse what would have to be changed and cannot be."""
        member = next(hit.member for hit in hits)
        self._said[member.rule] = "block"
        self.close(member)
        self._refuse(member)

    def _refuse(self, member: Member) -> NoReturn:
        name, kinds = member.guard.guardrail_id, sorted(self._kinds.get(member.rule, ()))
        raise GatewayError(
            "GUARDRAIL_BLOCKED",
            f"The guardrail {name} refused {WHAT[self._team.side]}: {', '.join(kinds)}.",
            details={"guardrail": name, "kinds": kinds},
        )

    def _cannot(self, member: Member, why: str = "") -> NoReturn:
        name = member.guard.guardrail_id
        raise GatewayError(
            "GUARDRAIL_BLOCKED",
            f"The guardrail {name} could not look, and nothing unseen passes{f': {why}' if why else ''}.",
            details={"guardrail": name, "kinds": ["not_evaluated"]},
        )
