"""What the line asks of a guardrail.

A guardrail finds; the guard room acts on what it found. A module in ``guardrails/`` offers
``Settings``, ``SIDES``, ``PRICE_CLASS``, ``MODES``, ``SAMPLE``, ``MUST_CATCH``, ``MUST_PASS`` and ``open(settings)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from torana.core.clock import Clock, SystemClock


class Where(NamedTuple):
    """Where a text stands."""

    side: str = "input"
    """``input`` or ``output``."""
    role: str = ""
    """``system``, ``user``, ``assistant``, ``tool`` (what a tool gave), ``arguments`` (what it is given), ``definition`` (of a
    tool); empty: not known."""


class Finding(NamedTuple):
    """Something found: its kind and its place in the text (code points, end exclusive). Never the text."""

    kind: str
    start: int
    end: int
    score: float = 1.0
    """How sure it is, from 0 to 1."""


Triggers = Sequence[str] | Callable[[bytes], bool] | None
"""RE2 patterns, or a function that tells of a text (UTF-8) whether it may hold anything: quick, pure, and of the same mind
when lines are put before or after; None: every text may."""


STIRRED = 32
"""The most bytes that a pattern of ``stirs`` may match."""


class Guardrail(Protocol):
    """One configured check that needs nobody else: pure, bounded in time, safe in threads.

    It may offer ``stirs`` too: one RE2 pattern that matches somewhere in each text in which ``check`` finds anything, no
    white space, and never more than STIRRED bytes. In a stream the last word is then enough to know that there is nothing to
    find, and triggers, which may lie far apart, are scanned for only once something stirs.
    """

    @property
    def triggers(self) -> Triggers:
        """RE2 patterns of which at least one matches every text in which ``check`` finds anything, or a function that says
        True to every such text; None: always asked.

        A scan for triggers alone decides which guardrails look. Far counts in them are dear: see ``scan.widen``.
        """
        ...

    def check(self, text: str, where: Where = ...) -> Sequence[Finding]:
        """Everything found in the text, which is in normal form (``scan.normal``). Never raises for any text."""
        ...

    def tail(self, text: str) -> int:
        """From where on something may begin that more text would complete; the text's length when nothing may.

        What lies before is let go in streams. Context before a finding stays known; context behind it does not count there.
        """
        ...


class Judge(Protocol):
    """One configured check that asks somebody: a server, a model."""

    async def judge(self, texts: Sequence[tuple[str, Where]]) -> Sequence[Sequence[Finding]]:
        """What is found in each text. Raises OSError, ValueError when it cannot be known; bounded by its caller."""
        ...


class Said(NamedTuple):
    """One message to a model."""

    role: str
    """``system``, ``user`` or ``assistant``."""
    text: str


class Ask(Protocol):
    """Asks a model behind this gateway, so that limits, budgets and records hold for what a guardrail asks too."""

    async def __call__(
        self, messages: Sequence[Said], model: str, /, *, max_tokens: int | None = None, stop: Sequence[str] = ()
    ) -> str:
        """The text of the answer, at temperature 0.

        Raises OSError when there is none (refused, no provider, too late), ValueError for a model that there is not.
        """
        ...


class Request(NamedTuple):
    """One POST of JSON. ``headers`` may hold credentials: it is never printed."""

    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    timeout_s: float
    max_answer_bytes: int
    allow_private: bool = False
    """Whether the host may have a private, loopback or link-local address."""

    def __repr__(self) -> str:
        return f"<Request {self.url} {len(self.body)} bytes>"


class Answered(NamedTuple):
    """A whole answer."""

    status: int
    body: bytes


class Fetch(Protocol):
    """Sends to a server that people configured."""

    async def __call__(self, request: Request, /) -> Answered:
        """Sent once, whatever becomes of it.

        Raises OSError when no answer came (an address that is refused, too late), ValueError for one that is too long.
        """
        ...


class Tools(NamedTuple):
    """What a guardrail is given that asks somebody: ``open(settings, tools)``. A module says so by ``NEEDS_TOOLS = True``."""

    ask: Ask
    fetch: Fetch
    clock: Clock = SystemClock()
