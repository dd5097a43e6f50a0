"""What the control plane is given to try guardrails on a file.

It holds no logic and imports no adapter. Implemented by ``wiring``; part of the Office.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from torana.core.tickets import Caller

Plain = Mapping[str, Any]


class ScanWish(NamedTuple):
    """How a file is to be tried."""

    policy: str = ""
    """Name of a policy; empty: all that hold for the caller."""
    mode: str = ""
    """``flag``, ``redact``, ``replace`` or ``block`` instead of the policy's; empty: the policy's."""
    copy: bool = False
    """Whether a copy without what was found is wanted."""


class Scanned(NamedTuple):
    """What came of it."""

    policy: str
    """The names of the policies and the version of all of them."""
    type: str
    pages: int
    characters: int
    pieces: Mapping[str, int]
    """How many pieces of text of each kind: text, ocr, hidden, comment, metadata …"""
    blocked: bool
    message: str
    verdicts: Sequence[str]
    findings: Sequence[Plain]
    notes: Sequence[Plain]
    unread: Sequence[Plain]
    text: str
    """As it would go on; empty when blocked."""
    copy: bytes | None


class Scanner(Protocol):
    """Reads files and tries guardrails on them."""

    async def scan(self, caller: Caller, content: bytes, wish: ScanWish) -> Scanned:
        """What guardrails make of a file. Raises GatewayError REQUEST_INVALID (broken, hostile, over a limit), NOT_FOUND, OVERLOADED."""
        ...

    @property
    def most_bytes(self) -> int:
        """The largest file."""
        ...
