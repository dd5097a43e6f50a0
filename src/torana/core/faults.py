"""What can go wrong between us and a provider, told apart by phase.

Raised by ``upstream`` and ``providers``; read by the line's walker, whose table decides on retry and
failover. These never reach a client as they are. ``sent`` is the one bit that money hangs on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

CREDENTIAL_REFUSED = frozenset({401, 402, 403})
"""Provider statuses by which it refuses the credential, not the request: such a credential is parked."""
CREDENTIAL_LIMITED = 429
"""The provider status by which a credential is used up for now: it rests."""


class Injection(NamedTuple):
    """One fault that an operator asks for: its name or status, and of which provider; empty: of the first of the Plan."""

    fault: str
    provider: str = ""


class UpstreamFault(Exception):
    """Base of the faults. ``sent``: whether the provider may have seen (and may bill) the request."""

    sent = True
    phase = "unknown"
    credential = ""
    """The position in its pool of the credential that was used; set by the provider."""
    another = False
    """Whether another credential of the same provider is free; set by the provider where the credential is at fault."""
    injected = False
    """Whether an operator asked for it: no provider was touched."""
    once = False
    """Whether the request must not be sent again: it may have been acted upon, and is no question to a model."""

    def __init__(self, message: str = "", *, sent: bool | None = None) -> None:
        super().__init__(message or type(self).__doc__ or type(self).__name__)
        if sent is not None:
            self.sent = sent


class ConnectFailed(UpstreamFault):
    """No connection: refused, unresolvable, or TLS failed. Nothing was sent."""

    sent = False
    phase = "connect"


class CredentialsParked(UpstreamFault):
    """Every credential of the provider is parked because it refused them. Nothing was sent.

    ``retry_after_s``: seconds until the first of them is asked again.
    """

    sent = False
    phase = "parked"

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("every credential is parked")
        self.retry_after_s = retry_after_s


class ConnectTimeout(ConnectFailed):
    """No connection within the connect deadline. Nothing was sent."""


class FirstTokenTimeout(UpstreamFault):
    """Connected and sent, but no first byte of the answer (or first content) in time."""

    phase = "first_token"


class DeadlinePassed(FirstTokenTimeout):
    """The request's own deadline for its first content passed, whatever the provider's would have been."""

    phase = "deadline"


class IdleTimeout(UpstreamFault):
    """The answer began, then nothing came for longer than the idle deadline."""

    phase = "idle"


class TotalTimeout(UpstreamFault):
    """The whole exchange outran its total deadline."""

    phase = "total"


class ConnectionBroken(UpstreamFault):
    """The connection died after the request may have been sent, or the answer was cut short."""

    phase = "broken"


class AnswerTooLarge(UpstreamFault):
    """The answer is larger than the configured bound."""

    phase = "too_large"


class AnswerMalformed(UpstreamFault):
    """The answer is not what its protocol allows: bad HTTP, bad event, half JSON."""

    phase = "malformed"


class StatusFault(UpstreamFault):
    """The provider answered with an error status (or an error inside a 200).

    ``status`` is its HTTP status, ``body`` its bounded error body, ``retry_after_s`` its own hint.
    Providers do not bill error answers, so ``sent`` is False here: there is nothing to settle.
    """

    sent = False
    phase = "status"

    def __init__(self, status: int, body: bytes, *, retry_after_s: float | None = None, dialect: str = "") -> None:
        super().__init__(f"the provider answered {status}")
        self.status = status
        self.body = body
        self.retry_after_s = retry_after_s
        self.dialect = dialect
        self.withheld: Mapping[str, object] = {}
        """Why nobody may read the body, as ``core.errors.UpstreamAnswered.withhold`` wants it; empty: they may."""
