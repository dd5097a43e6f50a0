"""The trace that one request belongs to: read from its head, handed on to providers, what was timed of it.

It makes no spans (``records/spans`` does, once the request is over) and costs nothing where nobody traces. Source: W3C Trace
Context. Begun by the edge, noted on by rooms.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from hashlib import blake2b
from typing import NamedTuple

_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_STATE = re.compile(r"[ -~\t]{1,512}")
_OURS = "70aa"
"""Before a receipt's id it makes a trace id: who has the one has the other."""
MOST_TIMED = 100
"""Of one request; a stream that is looked at piece by piece would be timed without end."""
NO_PARENT = "0" * 16
HANDED_ON: ContextVar[bytes] = ContextVar("lines of the head that hand the trace on", default=b"")
"""Set around the sending of one try; the client for providers adds it to the head."""


class Timed(NamedTuple):
    """One piece of work of a traced request."""

    what: str
    """``attempt``, ``guardrail`` or ``cache``."""
    name: str
    """Provider and model with a slash between, the guardrail's id and version, what the cache said."""
    began_us: int
    """Since the request came in."""
    took_us: int
    outcome: str = ""
    """As in the Receipt's attempts; of a guardrail the side that it looked at."""
    number: int = 0
    """Of an attempt: its span's id is made of it; negative for one of a fallback."""


class Trace:
    """Of one request. Branches of its diary share it."""

    __slots__ = ("asked", "flags", "parent_id", "receipt_id", "sampled", "started_s", "state", "timed", "trace_id")

    def __init__(self, trace_id: str, parent_id: str, sampled: bool, state: str, receipt_id: str) -> None:
        self.trace_id = trace_id
        self.parent_id = parent_id
        """Of the caller's span; NO_PARENT: it has none."""
        self.sampled = sampled
        """Whether we make spans; the caller decides it where there is one."""
        self.flags = "01" if sampled else "00"
        """What is handed on; where nobody takes spans, what came."""
        self.state = state
        self.receipt_id = receipt_id
        self.started_s = 0.0
        self.timed: list[Timed] = []
        self.asked = 0
        """How many tries were begun."""

    @property
    def text(self) -> str:
        """As a Receipt holds it: the form of ``traceparent``, with the caller's span."""
        return f"00-{self.trace_id}-{self.parent_id}-{'01' if self.sampled else '00'}"

    def note(self, what: str, name: str, began_s: float, ended_s: float, outcome: str = "", number: int = 0) -> None:
        """Write down one piece of work, by monotonic seconds."""
        if len(self.timed) < MOST_TIMED or what == "attempt":
            began_us = int((began_s - self.started_s) * 1_000_000)
            self.timed.append(Timed(what, name, began_us, int((ended_s - began_s) * 1_000_000), outcome, number))

    def lines(self, number: int) -> bytes:
        """What a provider is told: our span of the try of this number where there is one, else the caller's."""
        parent = span_id(self.receipt_id, number) if self.sampled else self.parent_id
        if parent == NO_PARENT:
            return b""
        head = f"traceparent: 00-{self.trace_id}-{parent}-{self.flags}\r\n"
        return (head + (f"tracestate: {self.state}\r\n" if self.state else "")).encode("ascii")


class Tracing:
    """Decides which requests are traced."""

    __slots__ = ("_below", "on")

    def __init__(self, ratio: float = 0.0, *, on: bool = False) -> None:
        """``ratio``: share of those whose callers did not decide it. ``on``: whether anybody takes spans."""
        self.on = on
        self._below = int(ratio * (1 << 56))

    def begin(self, parent: str, state: str, receipt_id: str) -> Trace | None:
        """The trace of a request with these headers; None where there is nothing to hand on and nobody traces."""
        found = read_parent(parent) if parent else None
        if found is not None:
            trace_id, parent_id, sampled = found
            own = Trace(trace_id, parent_id, sampled and self.on, state if _STATE.fullmatch(state) else "", receipt_id)
            own.flags = "01" if sampled else "00"
            return own
        if not self.on:
            return None
        trace_id = trace_id_of(receipt_id)
        return Trace(trace_id, NO_PARENT, int(trace_id[-14:], 16) < self._below, "", receipt_id)


def read_parent(text: str) -> tuple[str, str, bool] | None:
    """Trace id, span id and whether it is sampled; None for what is no ``traceparent`` (section 3.2 of the source)."""
    found = _PARENT.fullmatch(text.strip())
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    if found[2] == "0" * 32 or found[3] == NO_PARENT:
        return None
    return found[2], found[3], bool(int(found[4], 16) & 1)


def trace_id_of(receipt_id: str) -> str:
    """The trace id of a request that brought none."""
    if len(receipt_id) == 28 and receipt_id.isalnum():
        return _OURS + receipt_id
    return blake2b(receipt_id.encode(), digest_size=16).hexdigest()


def span_id(receipt_id: str, number: int) -> str:
    """The id of one span of a request: the try of this number, 0 for the request itself, below 0 for other work."""
    return blake2b(b"%b/%d" % (receipt_id.encode(), number), digest_size=8, person=b"torana-span").hexdigest()
