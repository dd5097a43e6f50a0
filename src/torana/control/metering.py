"""What the control plane is given to read usage and to say what it cost.

It holds no logic and imports no adapter. Implemented by ``wiring``; part of the Office.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple, Protocol

from torana.core.prices import Prices
from torana.ports.receipt import Receipt
from torana.ports.usage import RequestLog, UsageReader, UsageRows


class Rated(NamedTuple):
    """Whose price of what, and when."""

    tenant: str
    model: str
    provider: str
    upstream_model: str
    at: float
    """Epoch seconds."""


class Rate(NamedTuple):
    """What one unit of a currency is in another from a moment on."""

    source: str
    target: str
    since: float
    """Epoch seconds."""
    rate_nano: int


class Follower(Protocol):
    """Somebody who watches requests as they end."""

    async def some(self, wait_s: float) -> tuple[Sequence[Receipt], int]:
        """What has ended since the last call, waiting so long for the first; and how many were lost meanwhile."""
        ...


class Tail(Protocol):
    """Requests of this process as they end."""

    def admit(self) -> None:
        """Raises GatewayError OVERLOADED when too many watch already, NOT_FOUND where no requests end."""
        ...

    def follow(self, wanted: Callable[[Receipt], bool]) -> AbstractContextManager[Follower]:
        """Begin to watch. Raises GatewayError OVERLOADED when too many do."""
        ...

    @property
    def ending(self) -> bool:
        """Whether the process is about to stop: whoever watches should leave."""
        ...


@dataclass(frozen=True, slots=True)
class Metering:
    """The whole of it."""

    sums: UsageReader
    log: RequestLog
    rows: UsageRows
    tail: Tail
    zone: tzinfo
    """Whose hours and days are summed."""
    zone_name: str
    currency: str
    """In which requests are priced."""
    price: Callable[[Rated], Prices | None]
    """What the settings in force say that something cost at a moment; None where nobody knows."""
    rates: Callable[[], Sequence[Rate]]
    """The exchange rates of the configuration."""
