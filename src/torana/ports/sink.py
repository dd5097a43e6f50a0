"""What the product asks of a place where records go.

A ``Sink`` keeps Receipts with the spool position they end at and so holds each once, whatever crashes; a ``Target`` is somebody
else's server that remembers no position of ours, so records reach it at least once and carry their ids. Both run in
threads of their own, never on the hot path, and may block.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from torana.core.clock import Clock
from torana.ports.receipt import Receipt

Kind = Literal["request", "admin", "security"]
KINDS: tuple[Kind, ...] = ("request", "admin", "security")
"""What a record tells of: an AI request (its Receipt), something that a person or a program administered, security."""


class Rewound(Exception):
    """A sink lost what it had: it is to be asked anew how far it came, and gets the rest again."""


class Unreachable(OSError):
    """The far side takes nothing now. ``retry_after_s``: how long it asked to be left alone; 0 where it said nothing."""

    def __init__(self, why: str, retry_after_s: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class Rejected(Exception):
    """The far side will never take this batch as it is: something in it is wrong, or it is too large."""


class Sink(Protocol):
    """One place for Receipts."""

    name: str

    def written(self) -> int:
        """The spool position up to which this sink has durably written; 0 at first."""
        ...

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        """Write the batch durably and remember ``position``, the spool position after it.

        Raises any exception when it could not: the batch comes again, after a growing pause.
        """
        ...

    def close(self) -> None:
        """Give up files and connections."""
        ...


class Record(NamedTuple):
    """One record as it is sent: a Receipt, or an entry of the audit trail."""

    kind: Kind
    id: str
    """Unique, the same each time it is sent: by it a far side that got it twice keeps it once."""
    at: float
    """Epoch seconds."""
    tenant: str
    fields: Mapping[str, Any]
    """All that it tells, plain values of JSON by the names of the audit file (docs/receipts.md, docs/sinks.md)."""


class Sent(NamedTuple):
    """How a batch was taken. Records in neither were."""

    left: Sequence[int] = ()
    """Places in the batch of those that are to be sent again."""
    refused: Mapping[int, str] = {}
    """Place in the batch → why it will never be taken."""
    unnamed: int = 0
    """How many more were refused without a word as to which."""
    retry_after_s: float = 0.0
    """How long to wait before those left are sent again."""


class Target(Protocol):
    """One place outside. Only one thread at a time is in it."""

    def send(self, batch: Sequence[Record]) -> Sent:
        """Send the batch; what is not returned is safe there.

        Raises Rejected when all of it was refused for something in it, Unreachable or another OSError when it is to
        come again as it is.
        """
        ...

    def close(self) -> None:
        """Give up connections and files. Idempotent."""
        ...


class Answered(NamedTuple):
    """A whole answer of a far side."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


class Post(Protocol):
    """Sends HTTP requests from a thread, on one connection that it keeps."""

    def __call__(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes, /, *, compressed: bool = False
    ) -> Answered:
        """The answer to a POST, redirects not followed. ``compressed``: the body goes as gzip.

        Raises OSError when no answer came, or the host has an address that is refused; ValueError for a URL that is none.
        """
        ...

    def close(self) -> None:
        """Close the connection. Idempotent."""
        ...


class Dial(Protocol):
    """Opens a socket to a host that people configured."""

    def __call__(self, host: str, port: int, /, transport: Literal["tcp", "tls", "udp"]) -> socket.socket:
        """A connected socket with a time-out. Raises OSError, also for an address that is refused."""
        ...


class Tools(NamedTuple):
    """What a target is opened with."""

    clock: Clock
    post: Post
    dial: Dial
    host: str
    """The name of this machine, as records tell it."""
    process: str
    """The name of this gateway process; no other's."""
    version: str
    wait: Callable[[float], None]
    """Lets so many seconds pass."""
