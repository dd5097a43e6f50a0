"""What has happened to one request so far: the facts from which its Receipt is written.

It decides nothing. Rooms note on it what they did; the edge opens it, the ledger turns it into the
Receipt when the request ends, whichever way that is.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torana.core.call import Reply, Usage
    from torana.core.faults import Injection
    from torana.core.snapshot import Prices
    from torana.core.tickets import Attempted, Caller, Dropped, Found, Grant
    from torana.core.trace import Trace
    from torana.core.vitals import Vitals


class Lost(NamedTuple):
    """A try whose answer was not used and that may have been billed."""

    prices: Prices | None
    usage: Usage | None = None
    """What it is taken to have used; None: its input, by bytes."""


class Record(Protocol):
    """What passes of an answer, for those who want it again."""

    takers: list[Any]

    def of(self, reply: Reply) -> Reply:
        """The Reply, recorded as it is read."""
        ...

    def over(self, ending: str) -> None:
        """The request is closed."""
        ...


class Maker(NamedTuple):
    """Who made something that nobody else can read: a deployment, and the position of its credential."""

    provider: str
    model: str = ""
    credential: str = ""


class Hit(NamedTuple):
    """What an answer that was kept cost its caller, and what it saved."""

    price_nano: int
    saved_nano: int
    saved_ms: int


class Trail:
    """The mutable diary of one request. One per request, never shared."""

    __slots__ = (
        "address",
        "attempted",
        "cache",
        "caller",
        "content_events",
        "conversation",
        "cost_nano",
        "counted_bytes",
        "dialect",
        "dropped",
        "findings",
        "finish",
        "first_chunk_s",
        "grant",
        "headers",
        "hit",
        "inject",
        "leaving",
        "letters",
        "lost",
        "maker",
        "model",
        "most_output",
        "operation",
        "output_bytes",
        "policy",
        "prices",
        "reading",
        "receipt_id",
        "record",
        "request_bytes",
        "request_id",
        "said",
        "sent",
        "started_at",
        "started_s",
        "status",
        "stream",
        "strict",
        "trace",
        "units",
        "upstream_s",
        "usage",
        "verdicts",
        "vitals",
        "waited_s",
    )

    hit: Hit | None
    record: Record | None
    """What is written down of the answer, and who is told of its end."""
    trace: Trace | None
    """The trace that it belongs to; None: nobody traces it, and there is nothing to hand on."""
    said: tuple[tuple[str, str], ...]
    """What the caller says about the cache, and its idempotency key: headers by lower-case name."""

    def __init__(self, request_id: str, receipt_id: str, started_at: float, started_s: float) -> None:
        self.request_id = request_id
        """The caller's or ours; not unique, for a caller may repeat it."""
        self.receipt_id = receipt_id
        """Ours alone, unique, sortable."""
        self.started_at, self.started_s = started_at, started_s
        """Epoch seconds, and monotonic seconds."""
        self.dialect = self.operation = self.address = self.model = self.policy = self.conversation = ""
        """``model``: the name asked for; filled once the body was read. ``policy``: name and version of the one that refused
        it before there was a Grant. ``conversation``: what the caller says belongs together (``x-torana-conversation``)."""
        self.reading = True
        """Whether the request's body is still coming in."""
        self.counted_bytes: int | None = None
        """What the body counts as where files are in it; None: all of it."""
        self.units: tuple[tuple[str, int], ...] = ()  # Ask.units
        self.caller: Caller | None = None
        self.grant: Grant | None = None
        self.stream = self.sent = False
        """``sent``: whether the latest try may have reached its provider: then the Hold is settled, never released."""
        self.prices: Prices | None = None  # of the latest try
        self.lost: list[Lost] = []
        """The earlier tries that failed, or were outrun, and may have been billed all the same."""
        self.most_output = 0  # tokens that were held for: the upper bound of any estimate
        self.attempted: list[Attempted] = []
        self.dropped: tuple[Dropped, ...] = ()
        self.verdicts: list[str] = []
        """What each guardrail said: ``id@version:verdict``, with ``:output`` behind what it said of the answer."""
        self.findings: list[Found] = []
        self.cache, self.hit, self.record, self.said, self.trace = "bypass", None, None, (), None
        self.headers: tuple[tuple[str, str], ...] = ()
        """The request headers that routing looks at, by lower-case name."""
        self.maker: Maker | None = None
        """Who made what is sealed in the request, where that is known."""
        self.strict = False
        """Whether nothing of the request may be left out: a provider that cannot be told all of it is not asked."""
        self.inject: Sequence[Injection] = ()
        """The faults that an operator asked for."""
        self.vitals: Vitals | None = None
        """Of the deployment that is being tried or is answering."""
        self.usage: Usage | None = None
        self.request_bytes = self.output_bytes = self.content_events = self.letters = self.status = self.cost_nano = 0
        self.finish: str | None = None
        self.first_chunk_s: float | None = None  # monotonic, when the first chunk came
        self.upstream_s = self.waited_s = 0.0
        """Seconds spent before the first chunk: for providers, and for places at those that were at their capacity."""
        self.leaving: str | None = None
        """Why the request is being cancelled, set by whoever cancels it: client_gone, body_timeout, shutdown, revoked."""

    def branch(self) -> Trail:
        """A diary for one of several tries at the same time: the same request, nothing tried yet."""
        other = copy(self)
        other.attempted, other.lost, other.verdicts, other.findings = [], [], [], []
        other.dropped = ()
        other.sent = False
        other.prices = other.vitals = other.usage = other.record = None
        other.upstream_s = other.waited_s = 0.0
        return other
