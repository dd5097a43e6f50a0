"""What the control plane asks of recorded usage: sums from the roll-ups, single requests from the rows.

Implemented by the modules of ``stores/sql`` as functions that take a connection, given by ``wiring``; every question names
one tenant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from torana.ports.database import Connection

Grain = Literal["hour", "day"]
Order = Literal["cost", "requests", "errors", "tokens", "latency"]


class Window(NamedTuple):
    """Whose usage, and when: epoch seconds, ``until`` excluded.

    Sums are over the hours or days (``grain``) that begin within; ``where``: dimension → name, all of which must be so.
    """

    tenant: str
    since: int
    until: int
    grain: Grain = "day"
    where: Mapping[str, str] = {}
    nobody: bool = False
    """Whether nothing at all is within it: of somebody who may see no row."""


class Sums(NamedTuple):
    """Sums over requests; of times too, so that an average is the sum by ``requests``."""

    requests: int = 0
    errors: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost_nano: int = 0
    duration_ms: int = 0
    first_chunk_ms: int = 0
    upstream_ms: int = 0
    overhead_us: int = 0
    saved_nano: int = 0
    """What answers of the cache would have cost, less what they did."""


class Line(NamedTuple):
    """One line of an answer. Amounts of two currencies are never added: each has lines of its own."""

    at: int
    """The epoch second at which the hour or day begins; 0 when the line is over the whole window."""
    name: str
    """Of the dimension that was asked for; empty without one."""
    currency: str
    sums: Sums


class Place(NamedTuple):
    """Where a page ends: the last row's time and id."""

    at_ms: int
    receipt_id: str


class Times(NamedTuple):
    """How long completed requests took: time → how many had it."""

    duration_ms: Mapping[int, int]
    first_chunk_ms: Mapping[int, int]
    """Of streams only."""
    whole: bool
    """Whether these are all of the window, not the newest only."""
    nearness: int = 0
    """A time is off by no more than this part of it, a twentieth by 20; 0: it is exact."""


class Used(NamedTuple):
    """What somebody used of a model in an hour or a day: a row of the roll-ups."""

    at: int
    """The epoch second at which it begins."""
    department: str
    team: str
    user: str
    key: str
    model: str
    provider: str
    currency: str
    requests: int
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    cost_nano: int
    errors: int = 0
    reasoning_tokens: int = 0
    saved_nano: int = 0


class Upstream(NamedTuple):
    """What requests come to by the provider's own name of the model."""

    provider: str
    model: str
    currency: str
    requests: int
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    cost_nano: int


Row = dict[str, Any]
"""One request: its columns by name."""


class UsageReader(Protocol):
    """Sums and rows. Blocking: called with a connection in a worker thread."""

    def totals(self, connection: Connection, window: Window, /) -> list[Line]:
        """The window's sums, a line for each currency."""
        ...

    def series(
        self, connection: Connection, window: Window, by: str | None = None, among: Sequence[str] | None = None, /
    ) -> list[Line]:
        """Sums for each hour or day that has any, in order; with ``by``, for each of its names, or for those ``among`` them."""
        ...

    def top(
        self, connection: Connection, window: Window, by: str, order: Order = "cost", limit: int = 10, /
    ) -> list[Line]:
        """The names of a dimension with the most."""
        ...

    def leading(self, connection: Connection, window: Window, by: str, limit: int = 10, /) -> tuple[list[Line], int]:
        """``top`` by cost, and how many names have anything, the empty one not counted."""
        ...

    def request(self, connection: Connection, tenant: str, request_id: str, /) -> list[Row]:
        """The rows of one request id, with ``attempts``, ``dropped``, ``verdicts`` and ``findings``."""
        ...


class RequestLog(Protocol):
    """Single requests. Blocking, as above."""

    def sought(
        self, connection: Connection, window: Window, asked: Mapping[str, Any], after: Place | None, limit: int, /
    ) -> tuple[list[Row], Place | None]:
        """A page of those that are all that ``asked`` says, and where the next one goes on.

        It may be short, even empty, though more follows: no more than so many rows are looked at for one page.
        """
        ...

    def latencies(self, connection: Connection, window: Window, most: int, /) -> Times:
        """From counts where there are any by what is asked, else of those completed among the newest ``most`` requests."""
        ...

    def findings_of(self, connection: Connection, window: Window, most: int, /) -> tuple[dict[str, int], bool]:
        """How often each kind was found in the newest ``most`` requests that have findings; whether these are all."""
        ...

    def active_users(self, connection: Connection, window: Window, /) -> int:
        """How many people asked something in the hours or days that begin within."""
        ...


class UsageRows(Protocol):
    """Rows of the roll-ups, and what bills of providers are compared with. Blocking, as above."""

    def used(
        self, connection: Connection, window: Window, after: tuple[int, ...] | None, limit: int, /
    ) -> tuple[list[Used], tuple[int, ...] | None]:
        """A page of the rows, and where the next one goes on."""
        ...

    def by_upstream(self, connection: Connection, window: Window, /) -> list[Upstream]:
        """Sums of single requests by provider and the provider's own name of the model."""
        ...

    def tried_again(self, connection: Connection, rows: Sequence[tuple[str, int]], /) -> set[str]:
        """Of requests (receipt id, epoch milliseconds), those that took more than one try."""
        ...
