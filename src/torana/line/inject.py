"""Faults that an operator asks for, so that failover can be tried before it is needed.

They happen instead of a try, before its provider is touched, and count against nobody's health. The router reads
what is asked and who may ask it; the walker raises it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torana.core.errors import GatewayError
from torana.core.faults import (
    AnswerMalformed,
    ConnectFailed,
    ConnectionBroken,
    FirstTokenTimeout,
    IdleTimeout,
    Injection,
    StatusFault,
    TotalTimeout,
    UpstreamFault,
)
from torana.core.tickets import Attempt, Caller
from torana.line.outcome import AGAINST_POLICY, CONTENT_POLICY, CONTEXT_WINDOW, TOO_LONG

HEADER = "x-torana-inject"
PERMISSION = "routing.inject"
EVERYWHERE = "*"
MOST = 16
"""Faults that one request may ask for."""

FAULTS: Mapping[str, Callable[[], UpstreamFault]] = {
    "connect": ConnectFailed,
    "first_token": FirstTokenTimeout,
    "idle": IdleTimeout,
    "total": TotalTimeout,
    "broken": ConnectionBroken,
    "malformed": AnswerMalformed,
    CONTEXT_WINDOW: lambda: StatusFault(400, TOO_LONG[0]),
    CONTENT_POLICY: lambda: StatusFault(400, AGAINST_POLICY[0]),
}


def injections(text: str, caller: Caller) -> tuple[Injection, ...]:
    """What the header asks for: ``503``, ``connect@openai``, ``429@*``, several with commas.

    Raises GatewayError: PERMISSION_DENIED, REQUEST_INVALID.
    """
    if PERMISSION not in caller.key.permissions:
        raise GatewayError(
            "PERMISSION_DENIED",
            f"{HEADER} needs the permission {PERMISSION!r}, which the key {caller.key.prefix} does not have.",
            details={"permission": PERMISSION},
        )
    found = tuple(Injection(*(part.strip() for part in one.split("@", 1))) for one in text.split(",", MOST))
    if len(found) > MOST or not all(is_fault(one.fault) for one in found):
        known = ", ".join(FAULTS)
        message = f"{HEADER} takes statuses from 400 to 599 and {known}, each with @provider or @* where wanted."
        raise GatewayError("REQUEST_INVALID", message)
    return found


def is_fault(name: str) -> bool:
    """Whether it can be asked for."""
    return name in FAULTS or (len(name) == 3 and name.isascii() and name.isdigit() and 400 <= int(name) <= 599)


def injected(asked: Sequence[Injection], attempt: Attempt) -> UpstreamFault | None:
    """The fault that takes the place of this try; None when it is to be made."""
    for one in asked:
        first = not one.provider and attempt.number == 1
        if first or one.provider in (EVERYWHERE, attempt.deployment.provider):
            fault = FAULTS[one.fault]() if one.fault in FAULTS else StatusFault(int(one.fault), b"")
            fault.sent = False
            fault.injected = True
            return fault
    return None
