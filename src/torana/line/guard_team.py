"""Which guardrails look at one side of a request, and what a finding of each leads to.

It runs none. Made by the guard room, once for each policy and side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from torana.core.json_places import places
from torana.core.tickets import Rule
from torana.ports.guardrail import Guardrail, Judge, Triggers
from torana.scan.gate import Gate

BOTH = ("input", "output")
BEHIND = {"input": "", "output": ":output"}
"""What stands behind a verdict on one side of a request."""
MOST_REMEMBERED = 4096
REPLACING = ("mask", "tokenise", "redact")
"""Modes by which a finding is replaced, from the mildest to the strictest."""


class Guard(NamedTuple):
    """One guardrail as configured: what finds."""

    guardrail_id: str
    guardrail: Guardrail | Judge
    sides: tuple[str, ...] = BOTH
    """What it looks at where its rule does not say."""
    price: str = "instant"
    """``instant``, ``fast`` or ``slow``."""
    unit: str = "span"
    """``span``, ``sentence`` or ``whole``: how much of a stream it must see to judge."""
    version: str = ""
    deadline_s: float = 1.0

    @property
    def name(self) -> str:
        """Its id, and its version where it has one."""
        return f"{self.guardrail_id}@{self.version}" if self.version else self.guardrail_id


class Member(NamedTuple):
    """One guardrail of a team."""

    number: int
    """Its number at the gate."""
    rule: Rule
    guard: Guard

    @property
    def does(self) -> str:
        """What its findings lead to."""
        return "shadow" if self.rule.shadow else self.rule.mode

    @property
    def is_closed(self) -> bool:
        """Whether nothing passes that it could not look at."""
        return self.rule.on_error != "open" and self.does != "shadow"


class Team(NamedTuple):
    """Those that look at one side, in the order of the policy."""

    side: str
    members: tuple[Member, ...]
    instant: tuple[Member, ...]
    """Those that look at once, on the event loop."""
    others: tuple[Member, ...]
    """Those that look in threads, or ask somebody."""
    numbers: frozenset[int]
    """Their numbers at the gate."""
    passes: tuple[str, ...]
    """What is written down of each when none of them found anything, with the side where it is the output."""
    primes: bool
    """Whether some of them look for what the system prompt says."""
    tokenises: bool = False
    """Whether the policy of which they are makes tokens, on whichever side: what stands for them is put back into answers."""

    @property
    def judges(self) -> frozenset[int]:
        """The numbers of those that ask somebody, whatever the text."""
        return frozenset(one.number for one in self.others if is_judge(one.guard.guardrail))


def team_of(side: str, members: Iterable[Member]) -> Team:
    """The team of these members."""
    them = tuple(members)
    instant = tuple(one for one in them if one.guard.price == "instant" and not is_judge(one.guard.guardrail))
    return Team(
        side,
        them,
        instant,
        tuple(one for one in them if one not in instant),
        frozenset(one.number for one in them),
        tuple(f"{one.guard.name}:pass{BEHIND[side]}" for one in them),
        any(hasattr(one.guard.guardrail, "primed") for one in them),
    )


def makes_tokens(rules: Sequence[Rule]) -> bool:
    """Whether values are replaced by tokens that stand for them."""
    return any(rule.mode == "tokenise" and not rule.shadow for rule in rules)


def is_judge(guardrail: Guardrail | Judge) -> bool:
    """Whether it asks somebody."""
    return hasattr(guardrail, "judge")


def sees_pieces(member: Member) -> bool:
    """Whether it looks at less than a whole text, and asks nobody."""
    return not is_judge(member.guard.guardrail) and member.guard.unit != "whole"


def finder_of(member: Member) -> Guardrail:
    """The guardrail of a member that asks nobody."""
    return cast(Guardrail, member.guard.guardrail)


class Teams:
    """The teams of every policy over the guardrails of one configuration."""

    __slots__ = ("_guards", "_known", "_lately", "gate")

    def __init__(self, guards: Mapping[str, Guard]) -> None:
        """Raises ValueError for a pattern that is none of RE2."""
        self._guards = {name: (number, guard) for number, (name, guard) in enumerate(guards.items())}
        self._known: dict[tuple[tuple[Rule, ...], str], Team] = {}
        self._lately: dict[tuple[int, str], tuple[tuple[Rule, ...], Team]] = {}
        """By the identity of the rules, which it keeps alive: to look them up by what they say costs a hash of all that."""
        self.gate = Gate([_triggers(guard.guardrail) for guard in guards.values()])

    def of(self, rules: tuple[Rule, ...], side: str) -> Team:
        """The team for these rules. Raises LookupError for a guardrail that does not exist."""
        lately = self._lately.get((id(rules), side))
        if lately is not None and lately[0] is rules:
            return lately[1]
        found = self._known.get((rules, side))
        if found is None:
            found = team_of(side, self._members(rules, side))._replace(tokenises=makes_tokens(rules))
            self._known[rules, side] = found
        if len(self._lately) >= MOST_REMEMBERED:
            self._lately.clear()
        self._lately[id(rules), side] = (rules, found)
        return found

    def _members(self, rules: Sequence[Rule], side: str) -> Iterable[Member]:
        for rule in rules:
            number, guard = self._guards[rule.guardrail_id]
            sides = BOTH if rule.side == "both" else (rule.side,) if rule.side else guard.sides
            if side in sides:
                yield Member(number, rule, guard)


def _triggers(guardrail: Guardrail | Judge) -> Triggers:
    return None if is_judge(guardrail) else getattr(guardrail, "triggers", None)


def primed(team: Team, body: bytes) -> Team:
    """The team with those of it told what the request's system prompt says that look for passages of it."""
    if not team.primes:
        return team
    try:
        texts = [place.text for place in places(body) if place.role == "system"]
    except (ValueError, RecursionError):
        return team
    return team_of(team.side, (_primed(one, texts) for one in team.members))


def _primed(member: Member, texts: Sequence[str]) -> Member:
    prime = getattr(member.guard.guardrail, "primed", None)
    if prime is None:
        return member
    return member._replace(guard=member.guard._replace(guardrail=prime(texts)))
