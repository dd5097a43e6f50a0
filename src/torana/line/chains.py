"""Which policies a caller is under, and what they come to.

It refuses nothing (``policy`` does). What one chain of policies comes to is worked out once. Called by the policy room
for every caller that it does not know yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from torana.core.policies import (
    LEVELS,
    SIDES,
    STRICTNESS,
    Attachment,
    Document,
    Stance,
    Terms,
    Wish,
    Wishes,
    combined,
)
from torana.core.tickets import Caller, Rule

LONGEST_NAMES = 80
MOST_REMEMBERED = 65_536
NOBODYS = "none"
"""Stands in Terms of callers that no policy is about."""
PLAIN_FIELDS = (
    "models",
    "providers",
    "dialects",
    "regions",
    "own_keys",
    "shadows",
    "fallbacks",
    "cache",
    "semantic_cache",
    "assumed_max_tokens",
    "files",
)
Chain = tuple[tuple[int, ...], ...]
"""For each of LEVELS the numbers of the documents."""


class Chains:
    """The policies of one Snapshot."""

    __slots__ = ("_base", "_documents", "_found", "_known", "_rows")

    def __init__(self, documents: Iterable[Document], base: Terms) -> None:
        """``base``: what holds where no policy says anything; all that holds where there are none."""
        self._documents = sorted(documents, key=lambda one: one.name)  # the order they are given in means nothing
        self._base = base
        self._rows: dict[tuple[int, str], list[tuple[Attachment, int]]] = {}
        """By level, and by the name that is wanted there."""
        for number, document in enumerate(self._documents):
            for one in document.attached:
                wanted = one[one.level - 1] if one.level else ""
                self._rows.setdefault((one.level, wanted), []).append((one, number))
        self._found: dict[Chain, Terms] = {}
        self._known: dict[int, tuple[Caller, Terms]] = {}
        """By the identity of the Caller, who is kept with it."""

    def terms_of(self, caller: Caller) -> Terms:
        """What the caller may do."""
        if not self._documents:
            return self._base
        known = self._known.get(id(caller))
        if known is not None and known[0] is caller:
            return known[1]
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        terms = self.terms_for(place_of(caller))
        self._known[id(caller)] = (caller, terms)
        return terms

    def terms_for(self, who: Attachment) -> Terms:
        """What somebody may do at this place of the tree."""
        chain = self.chain_of(who)
        terms = self._found.get(chain)
        if terms is None:
            terms = self._found[chain] = self._judged(chain)
        return terms

    def chain_of(self, who: Attachment) -> Chain:
        """The documents about somebody, by level."""
        found: list[tuple[int, ...]] = []
        for level, name in enumerate(("", *who)):
            rows = self._rows.get((level, name), ()) if name or not level else ()
            found.append(tuple(dict.fromkeys(number for wanted, number in rows if _is_about(wanted, who))))
        return tuple(found)

    def documents_of(self, who: Attachment) -> list[tuple[str, Document]]:
        """The level and the document of each that is about somebody, wide to narrow."""
        chain = self.chain_of(who)
        return [(LEVELS[level], self._documents[one]) for level, numbers in enumerate(chain) for one in numbers]

    def _judged(self, chain: Chain) -> Terms:
        levels = [[self._documents[number] for number in numbers] for numbers in chain]
        real = [[one for one in level if not one.shadow] for level in levels]
        terms = self._terms(real, combined(real))
        if all(len(one) == len(other) for one, other in zip(levels, real, strict=True)):
            return terms
        trial = self._terms(levels, combined(levels))
        more = trial_rules(terms.guardrails, trial.guardrails)
        return terms._replace(guardrails=terms.guardrails + more, trial=trial)

    def _terms(self, levels: Sequence[Sequence[Document]], stance: Stance) -> Terms:
        settled: dict[str, Any] = stance.settled()
        plain = {name: settled[name] for name in PLAIN_FIELDS if name in settled}
        return self._base._replace(
            name=label(levels), guardrails=rules_of(settled.get("guardrails", {})), own_keys=frozenset()
        )._replace(**plain)


def place_of(caller: Caller) -> Attachment:
    """Where the caller is in the tree."""
    return Attachment(caller.tenant, caller.department, caller.team, caller.user, caller.key_id)


def _is_about(wanted: Attachment, who: Attachment) -> bool:
    return all(not name or name == there for name, there in zip(wanted, who, strict=True))


def label(levels: Sequence[Sequence[Document]]) -> str:
    """The names of the documents, wide to narrow, and the version of all of them."""
    names = list(dict.fromkeys(one.name for level in levels for one in level))
    content = "\n".join(f"{place} {one.name} {one.digest}" for place, level in enumerate(levels) for one in level)
    text = "+".join(names) or NOBODYS
    short = text if len(text) <= LONGEST_NAMES else f"{text[:LONGEST_NAMES]}~"
    return f"{short}@{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def rules_of(wishes: Wishes) -> tuple[Rule, ...]:
    """The rules of the guard room: one for each guardrail, two where its sides differ."""
    found: list[Rule] = []
    for name in dict.fromkeys(guardrail for guardrail, _ in wishes):
        sides = {side: wishes[name, side] for side in SIDES if (name, side) in wishes}
        if len(set(sides.values())) == 1:
            (wish,) = set(sides.values())
            found.append(_rule(name, "both" if len(sides) == len(SIDES) else next(iter(sides)), wish))
        else:
            found += (_rule(name, side, wish) for side, wish in sides.items())
    return tuple(found)


def _rule(name: str, side: str, wish: Wish) -> Rule:
    return Rule(name, wish.mode, side, "closed" if wish.closed else "open")


def trial_rules(real: Sequence[Rule], trial: Sequence[Rule]) -> tuple[Rule, ...]:
    """What policies on trial would do beyond what is done: recorded, not done."""
    done = {(one.guardrail_id, side): one.mode for one in real for side in sides_of(one)}
    more: list[Rule] = []
    for one in trial:
        stricter = [
            side
            for side in sides_of(one)
            if STRICTNESS[one.mode] > STRICTNESS.get(done.get((one.guardrail_id, side), ""), -1)
        ]
        if stricter:
            more.append(one._replace(side="both" if len(stricter) == len(SIDES) else stricter[0], shadow=True))
    return tuple(more)


def sides_of(rule: Rule) -> tuple[str, ...]:
    """The sides that a rule is about."""
    return (rule.side,) if rule.side in SIDES else SIDES
