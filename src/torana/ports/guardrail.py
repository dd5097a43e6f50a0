"""What the line asks of a guardrail.

A guardrail finds; the guard room acts on what it found. A module in ``guardrails/`` offers
``Settings``, ``SIDES``, ``PRICE_CLASS``, ``MUST_CATCH``, ``MUST_PASS`` and ``open(settings) -> Guardrail``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Finding(NamedTuple):
    """Something found: its kind and its place in the text (code points, end exclusive). Never the text."""

    kind: str
    start: int
    end: int


class Guardrail(Protocol):
    """One configured check."""

    def check(self, text: str) -> Sequence[Finding]:
        """Everything found in the text. Pure, bounded in time, never raises for any text."""
        ...
