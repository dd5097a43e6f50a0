"""The words of a request and its answer: Call, Ask, Prompt, Chunk, Usage, Reply.

They say nothing of who may do what (tickets do) and hold no wire knowledge (dialects do): bodies are
bytes in a named dialect. Made by ``edge``, ``dialects`` and ``providers``; carried by the line.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from torana.core.slotted import slotted

if TYPE_CHECKING:
    from torana.core.kept import Pin, Wanted
    from torana.core.secret import Secret
    from torana.core.tickets import Attempt
    from torana.core.trail import Trail

ANY_PROVIDER = "*"
"""In ``Ask.provider``: whichever suits."""


@slotted
class Usage:
    """Tokens of one exchange. Input is always uncached + cache_read + cache_write; reasoning is part of output."""

    uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    estimated: bool = False
    extra: tuple[tuple[str, int], ...] = ()
    """Counts of finer kinds that came up (``core.prices.KINDS``), and variants of the prices, counted once."""

    @property
    def input(self) -> int:
        """All tokens that went in, cached or not."""
        return self.uncached + self.cache_read + self.cache_write


@slotted
class Ask:
    """What a body asks for, as far as the line must know; the rest stays bytes."""

    model: str | None
    stream: bool = False
    max_tokens: int | None = None
    """The most tokens of one candidate; 0 where nothing is generated, None where the caller set no bound."""
    wants_usage: bool = True
    """Whether the caller asked for the usage of a stream; if not, we ask for it and keep it to ourselves."""
    candidates: int = 1
    needs: frozenset[str] = frozenset()
    """Capabilities the request uses: tools, vision, audio, json_schema …"""
    user: str | None = None
    counted_bytes: int | None = None
    """How many bytes of text the body counts as where files are in it; None: all its bytes."""
    texts: tuple[str, ...] | None = None
    """What guardrails look at where the body is no JSON."""
    provider: str | None = None
    """Where the caller wants it answered: a provider's id or kind; ANY_PROVIDER: a model is chosen where none is named."""
    kept: Wanted | None = None
    """What it wants of things that a provider keeps; None: it is about none."""
    sealed: tuple[str, ...] = ()
    """How what is in it begins that only its maker can read (reasoning, signatures), in order."""
    units: tuple[tuple[str, int], ...] = ()
    """The most that it may come to of kinds that are no tokens: characters, milliseconds of sound, pictures, searches."""
    files: tuple[tuple[int, int, str], ...] = ()
    """Files in a body that is no JSON: from where to where, and what the caller calls them."""
    unread: str = ""
    """Which member holds words as token numbers, in which nobody here can read; empty: none does."""
    estimated: Callable[[bytes], Chunk] | None = None
    """What answers its body here where no provider can, by an estimate; None: only providers answer."""

    def at_most(self, tokens: int) -> Ask:
        """The same Ask with this bound. By hand: ``replace`` costs six times as much, and budgets ask for it."""
        return Ask(
            self.model, self.stream, tokens, self.wants_usage, self.candidates, self.needs, self.user, self.counted_bytes,
            self.texts, self.provider, self.kept, self.sealed, self.units, self.files, self.unread, self.estimated,
        )  # fmt: skip


class Call:
    """One request as it came in. Immutable but for the Ask, which is read from the body on first use.

    Reading late keeps the order honest: a caller nobody knows gets 401, not a lecture on JSON.
    """

    __slots__ = (
        "_ask",
        "_read",
        "body",
        "bound",
        "carried",
        "credentials",
        "dialect",
        "operation",
        "own_key",
        "pin",
        "trail",
    )

    def __init__(
        self,
        dialect: str,
        operation: str,
        body: bytes,
        credentials: Sequence[tuple[str, str]],
        read: Callable[[bytes], Ask],
        trail: Trail,
    ) -> None:
        self.dialect = dialect
        self.operation = operation
        self.body = body
        self.credentials = credentials
        """Header name and value of each credential header, as sent. Never printed."""
        self.carried: tuple[tuple[str, str], ...] = ()
        """Headers that belong to the dialect, by lower-case name; the provider decides what goes on."""
        self._read = read
        self.bound: Callable[[bytes, int], bytes] | None = None
        """The body with a bound on the tokens of each answer, in its dialect; None: the dialect has no word for that."""
        self.own_key: Secret | None = None
        """A provider's key that the caller brought along. Never printed, logged nor kept."""
        self.pin: Pin | None = None
        """Where it must go because of a kept thing that it is about; None: it is about none."""
        self._ask: Ask | None = None
        self.trail = trail

    @property
    def ask(self) -> Ask:
        """The Ask. Raises GatewayError REQUEST_INVALID for a body its dialect refuses."""
        if self._ask is None:
            ask = self._ask = self._read(self.body)
            self.trail.model = ask.model or ""
            self.trail.stream = ask.stream
        return self._ask

    def ask_for_at_most(self, tokens: int) -> None:
        """Bound each answer that the caller set no bound for, where the dialect can say so."""
        ask = self.ask
        if self.bound is not None and ask.max_tokens is None:
            self.body = self.bound(self.body, tokens)
            self._ask = ask.at_most(tokens)

    def meant(self, model: str) -> None:
        """The request is about this model, which its body does not name."""
        self._ask = replace(self.ask, model=model)
        self.trail.model = model

    def counted_with(self, tokens: int) -> None:
        """So many tokens that its body does not hold are read with it."""
        ask = self.ask
        given = len(self.body) if ask.counted_bytes is None else ask.counted_bytes
        self._ask = replace(ask, counted_bytes=given + tokens)

    def __repr__(self) -> str:
        return f"<Call {self.dialect} {len(self.body)} bytes>"


class Prompt:
    """What may go upstream: the request after the inbound guardrails, still bytes in its dialect."""

    __slots__ = ("ask", "body", "carried", "dialect", "model", "operation", "own_key", "pin", "trail")

    def __init__(self, call: Call, model: str, body: bytes) -> None:
        self.dialect = call.dialect
        self.operation = call.operation
        self.ask = call.ask
        self.trail = call.trail
        self.carried = call.carried
        self.own_key = call.own_key
        self.pin = call.pin
        self.model = model
        """The model's name here, after aliases and defaults."""
        self.body = body

    def on(self, trail: Trail) -> Prompt:
        """The same Prompt with a diary of its own."""
        other = copy(self)
        other.trail = trail
        return other

    def __repr__(self) -> str:
        return f"<Prompt {self.dialect} {len(self.body)} bytes>"


@slotted
class Chunk:
    """One or more whole events that arrived together, or a whole plain answer.

    ``wire`` is the exact bytes in the reply's dialect; ``content`` says that something the caller
    asked for is in it, after which no failover is possible; ``usage`` is what was learned of it so far.
    """

    wire: bytes
    content: bool = True
    usage: Usage | None = None
    finish: str | None = None
    events: int = 1
    """How many content events are in it: the least tokens that it has, where no usage ever comes."""
    sealed: tuple[str, ...] = ()
    """As of an Ask: what is in it that only its maker can read."""
    letters: int = 0
    """How much text its events bring, where the dialect tells: events may hold many tokens each."""

    def bearing(self, wire: bytes) -> Chunk:
        """The same Chunk with other bytes."""
        return Chunk(wire, self.content, self.usage, self.finish, self.events, self.sealed, self.letters)


class ChunkSource(Protocol):
    """A stream of chunks that can be given up at any moment. Closing twice is harmless."""

    def __aiter__(self) -> AsyncIterator[Chunk]: ...

    async def __anext__(self) -> Chunk:
        """The next chunk. Raises StopAsyncIteration at the end, UpstreamFault when the provider fails."""
        ...

    async def aclose(self) -> None:
        """Stop: the upstream connection is closed if the answer was not read to its end."""
        ...


@slotted
class Reply:
    """An answer that has begun. A plain answer is a stream of one chunk."""

    attempt: Attempt
    status: int
    dialect: str
    stream: bool
    source: ChunkSource
    headers: tuple[tuple[str, str], ...] = ()
    """Provider headers worth handing on, lower case."""
    seen: tuple[Chunk, ...] = ()
    """Chunks already taken from the source by the walker, up to and including the first content."""
    credential: str = ""
    """The position in its pool of the credential that was used, never the credential."""

    def begun(self, seen: tuple[Chunk, ...]) -> Reply:
        """The same Reply with the chunks that were seen."""
        return self.through(self.source, seen)

    def through(self, source: ChunkSource, seen: tuple[Chunk, ...]) -> Reply:
        """The same Reply from another source, of which these chunks were seen. By hand: ``replace`` costs four times it."""
        return Reply(self.attempt, self.status, self.dialect, self.stream, source, self.headers, seen, self.credential)
