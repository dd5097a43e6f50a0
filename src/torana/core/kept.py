"""What a provider keeps beyond the request that made it, and whose it is: files, batches and stored responses.

It decides nothing. Read off bodies by ``dialects``, written down through ``ports.kept``, gone by in the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torana.core.call import Usage

FILE = "file"
BATCH = "batch"
RESPONSE = "response"

ANSWER = "answer"
"""The deed of a request for an answer that is kept, or that goes on from one: a request for a model like any other."""

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
    """make, read, content, items, drop, stop or list; ``ANSWER``."""
    id: str = ""
    """The thing that the path names; of an ``ANSWER`` the one that it goes on from, empty where it begins."""
    source: str = ""
    """The file that a batch is made of."""
    endpoint: str = ""
    """What a batch says all its lines name."""
    lines: Lines | None = None
    """Of a file for a batch."""
    purpose: str = ""
    page: Page | None = None
    query: str = ""
    """What is passed on of the query, percent-encoded."""
    keep: bool = True
    """Of an ``ANSWER``: whether it is to be kept."""


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

    __slots__ = ("credential", "kept_by", "made", "provider", "upstream_model")

    def __init__(self, provider: str = "", credential: str = "", upstream_model: str = "") -> None:
        self.provider = provider
        """Empty: anywhere that keeps such things."""
        self.credential = credential
        """The mark of the credential (a digest, never the credential); empty: any."""
        self.upstream_model = upstream_model
        self.kept_by = ""
        """Of a request for an answer: the provider that keeps what it answers, with the credential that is written here."""
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
    context_tokens: int = 0
    """Of a response: the most that it and all before it come to when another goes on from it."""
    judged: str = ""
    """Of a file: the digest of the policies by which it was judged (``line/policy_mark``); empty: nobody said."""
    watcher: str = ""
    """The process that looks after a batch from its beginning."""
