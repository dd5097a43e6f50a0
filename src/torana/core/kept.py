"""What a provider keeps beyond the request that made it, and whose it is: files and batches.

It decides nothing. Read off bodies by ``dialects``, written down through ``ports.kept``, gone by in the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torana.core.call import Usage

FILE = "file"
BATCH = "batch"

OPEN = "open"
"""A batch that may still cost something."""
MAKING = "making"
"""A batch that was asked for and that nobody has heard of since: it may have been made."""
SETTLED = "settled"
"""A batch whose Receipt was written."""


class Lines(NamedTuple):
    """What the lines of a file for a batch ask for, all together."""

    model: str
    """The model's name here: one for all lines."""
    endpoint: str
    """The path that all lines name, ``/v1/chat/completions``."""
    requests: int
    input_bytes: int
    output_tokens: int
    """The most output tokens of the lines that set a bound."""
    unbounded: int
    """How many answers have no bound of their own."""


class Made(NamedTuple):
    """What a provider's answer says of a thing: of a file or a batch that it made, or was asked about."""

    kind: str
    id: str
    over: bool = False
    """Whether a batch has come to its end."""
    outputs: tuple[str, ...] = ()
    """Ids of the files that a batch wrote, its answers first."""
    usage: Usage | None = None
    """What a batch that is over used; None: it does not say."""


class Wanted(NamedTuple):
    """What a request has to do with kept things."""

    kind: str
    deed: str
    """make, read, content, drop, stop or list."""
    id: str = ""
    """The thing that the path names."""
    source: str = ""
    """The file that a batch is made of."""
    endpoint: str = ""
    """What a batch says all its lines name."""
    lines: Lines | None = None
    """Of a file for a batch."""
    purpose: str = ""
    page: Page | None = None


class Page(NamedTuple):
    """Which part of a list is wanted."""

    limit: int = 20
    after: str = ""
    """The id of the last one seen."""
    purpose: str = ""
    oldest_first: bool = False


class Pin:
    """Where a request must go because of what it names; or, of one that makes something, where it went.

    Filled in by the provider: ``credential`` with the mark of the credential it used, ``made`` with what its answer says.
    """

    __slots__ = ("credential", "made", "provider", "upstream_model")

    def __init__(self, provider: str = "", credential: str = "", upstream_model: str = "") -> None:
        self.provider = provider
        """Empty: anywhere that keeps such things."""
        self.credential = credential
        """The mark of the credential (a digest, never the credential); empty: any."""
        self.upstream_model = upstream_model
        self.made: Made | None = None


class Kept(NamedTuple):
    """A thing that a provider keeps, and whose it is."""

    tenant: str
    kind: str
    id: str
    """The provider's."""
    key_id: str
    provider: str
    credential: str
    """The mark of the credential that made it."""
    created_at: float
    """Epoch seconds."""
    state: str = ""
    """Of a batch: making, open or settled."""
    purpose: str = ""
    """Of a file."""
    shown: bytes = b""
    """The object as the provider showed it last; empty: it never did."""
    department: str = ""
    team: str = ""
    user: str = ""
    lob: str = ""
    upstream_model: str = ""
    lines: Lines | None = None
    receipt_id: str = ""
    """Of the Receipt that settles a batch: there can only be one."""
    watcher: str = ""
    """The process that looks after a batch from its beginning."""
