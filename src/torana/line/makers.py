"""Remembers who made what only its maker can read: encrypted reasoning, signatures of thinking and of tool calls.

It reads no body: dialects tell how such things begin. The ledger notes them as answers pass, the router asks. One per
process, bounded; what it forgot, or never saw, is routed as if nothing were sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from torana.core.call import Prompt
from torana.core.tickets import Attempt, Plan
from torana.core.trail import Maker

MOST_REMEMBERED = 16_384
MARK_LENGTH = 16
"""Letters of a mark of ours, with which some sealed things begin."""
NOBODY: frozenset[tuple[str, str]] = frozenset()

Marks = Mapping[str, frozenset[tuple[str, str]]]
"""Mark → the deployments (provider, model there) that read what carries it."""


class Makers:
    """Digest of how a sealed thing begins → its maker; the oldest goes first."""

    __slots__ = ("_makers", "_most")

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._makers: dict[bytes, Maker] = {}

    def note(self, sealed: Sequence[str], maker: Maker) -> None:
        """These are of this maker."""
        makers = self._makers
        for one in sealed:
            key = _key(one)
            makers.pop(key, None)
            makers[key] = maker
        while len(makers) > self._most:
            del makers[next(iter(makers))]

    def at_maker(self, plan: Plan, prompt: Prompt, marks: Marks) -> Plan:
        """The Plan with the maker of what is sealed in the prompt first, where it is among the model's own deployments.

        Of the maker's tries the credential is told as well. ``marks``: who made what carries a mark that is known here,
        though nobody remembers its answer: another process made it, or one before this.
        """
        sealed = prompt.ask.sealed
        maker = prompt.trail.maker = self.of(sealed)
        if maker is None:
            marked = next((marks[one[:MARK_LENGTH]] for one in reversed(sealed) if one[:MARK_LENGTH] in marks), NOBODY)
            return _first(plan, lambda one: (one.deployment.provider, one.deployment.model) in marked)
        provider, credential = maker.provider, maker.credential
        attempts = tuple(
            replace(one, credential=credential) if one.deployment.provider == provider else one for one in plan.attempts
        )
        return _first(replace(plan, attempts=attempts), lambda one: one.deployment.provider == provider)

    def of(self, sealed: Sequence[str]) -> Maker | None:
        """The maker of the last of them that is known."""
        if not self._makers:
            return None
        return next((found for one in reversed(sealed) if (found := self._makers.get(_key(one))) is not None), None)


def _first(plan: Plan, wanted: Callable[[Attempt], bool]) -> Plan:
    """The Plan with the wanted ones of the model's own attempts before its others; else in the order they had."""
    own = [one for one in plan.attempts if not one.fallback and not one.only]
    ahead = [one for one in own if wanted(one)]
    if not ahead or own[: len(ahead)] == ahead:
        return plan
    behind = [one for one in own if not wanted(one)]
    rest = [one for one in plan.attempts if one.fallback or one.only]
    attempts = tuple(replace(one, number=number) for number, one in enumerate((*ahead, *behind, *rest), 1))
    return replace(plan, attempts=attempts)


def _key(sealed: str) -> bytes:
    return blake2b(sealed.encode("utf-8", "surrogatepass"), digest_size=12, person=b"torana maker").digest()
