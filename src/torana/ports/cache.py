"""What the cache room asks of the world: a store of entries, a reader of bodies, a memory of idempotency keys.

A store knows no request and no tenant's rights; whoever builds the id of an entry puts everything into it that keeps
answers apart. A store that is away is one that has nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from torana.core.cache_entry import Entry, Held, Where
from torana.core.call import Ask, Chunk


class Entries(Protocol):
    """Answers by id. Nothing here raises for a store that is away."""

    remote: bool
    """Whether finding needs the network."""

    def at_hand(self, tenant: str, model: str, id_: str) -> Entry | None:
        """The entry, where it can be had at once; expired ones are not there. Of a remote store: None."""
        ...

    async def find(self, tenant: str, model: str, id_: str) -> Entry | None:
        """The entry, wherever it is."""
        ...

    def keep(self, entry: Entry) -> None:
        """Keep it in the place of one with its id. Of a remote store: soon, without waiting, perhaps not."""
        ...

    async def drop(self, where: Where) -> int:
        """Forget these; how many there were."""
        ...

    async def held(self, tenant: str) -> Held:
        """What of the tenant is there."""
        ...


class Canonical(NamedTuple):
    """A request's body as far as it decides the answer."""

    body: bytes
    """Its members in order of their names, without those that say only how it is delivered, to whom, and by which model."""
    shape: bytes
    """What is wanted of the form of a stream, as JSON; empty: nothing."""
    wish: Mapping[str, object] | None = None
    """The member ``cache``, where it is meant for us."""


class Bodies(Protocol):
    """Reads and rewrites bodies of dialects."""

    def canonical(self, body: bytes) -> Canonical | None:
        """None for a body that two readers may understand differently, or that is no JSON object."""
        ...

    def without(self, body: bytes, name: str) -> bytes:
        """The body without this member."""
        ...

    def given(self, entry: Entry, ask: Ask, body: bytes, shape: bytes) -> Sequence[Chunk] | None:
        """The answer as this request wants it: a stream or whole; None where it cannot be had from what was kept."""
        ...

    def question(self, dialect: str, body: bytes) -> tuple[bytes, str] | None:
        """All of a request but its last question, and the question; None where there is none by itself."""
        ...

    def calls_tools(self, entry: Entry) -> bool | None:
        """Whether it asks the caller to run something; None when that cannot be told."""
        ...


class Mark(NamedTuple):
    """What is known of an idempotency key."""

    digest: str
    """Of the request that came with it first."""
    state: str
    """``running``, ``done``, or ``ended``: it came to no whole answer and may have been billed."""
    entry: Entry | None = None
    """Of one that is done; None: the answer was too long to be kept."""


class Once(Protocol):
    """Idempotency keys. Raises OSError when it cannot be asked: then nobody may act on a guess."""

    async def begin(self, name: str, digest: str) -> Mark | None:
        """None: the key is new, and now marked as running; else what is known of it."""
        ...

    def end(self, name: str, mark: Mark | None) -> None:
        """What came of it; None: nothing was sent, the key may be used again. Never waits."""
        ...
