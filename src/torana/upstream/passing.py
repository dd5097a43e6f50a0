"""Passes a request on to a provider as it is, and its answer back: credentials of ours, headers by allow-list.

It judges no caller and knows no dialect: what reads the answer is given. Used by the modules of ``providers``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import NamedTuple, TypeVar

from torana.core.call import Ask, Chunk, Prompt, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, ConnectFailed, CredentialsParked, StatusFault, UpstreamFault
from torana.core.kept import Pin
from torana.core.snapshot import Deadlines
from torana.core.tickets import Attempt
from torana.ports.dialect import UpstreamSide
from torana.ports.passing import Errand
from torana.upstream.answers import SSE, Failed, StreamedAnswer, status_fault
from torana.upstream.pooled import Headers
from torana.upstream.reach import Rotation
from torana.upstream.seam import Incoming, Outgoing, Upstream

T = TypeVar("T")
Dress = Callable[[T], Headers | Awaitable[Headers]]
"""What is sent with a credential; awaited where a token must be had first."""

OURS = frozenset({401, 402, 403, 408, 429})
"""Statuses of the 4xx that are about our credential, our account or the moment: they are judged as of any request."""
UNTOUCHED = frozenset({401, 402, 403, 429})
"""Statuses by which a provider says that it did nothing."""
HANDED_ON: Mapping[bytes, str] = {
    b"x-request-id": "x-upstream-request-id",
    b"request-id": "x-upstream-request-id",
    b"openai-processing-ms": "openai-processing-ms",
    b"etag": "etag",
    b"last-modified": "last-modified",
    b"content-range": "content-range",
    b"accept-ranges": "accept-ranges",
}
"""The provider's headers that callers get. All others stay here: cookies, addresses to go on to, who pays."""
HARMLESS = ("audio/", "video/", "image/png", "image/jpeg", "image/webp", "image/gif", "text/plain", "text/csv",
            "text/vtt", "application/x-ndjson", "application/jsonl", "application/x-subrip")  # fmt: skip
"""How content types begin that keep their name; anything else is bytes, for a browser must run nothing of a provider's."""


class Road(NamedTuple):
    """How one opened provider is reached."""

    upstream: Upstream
    base: str
    plain: Deadlines
    stream: Deadlines
    max_bytes: int
    network: str = ""


async def pass_on(
    attempt: Attempt, prompt: Prompt, errand: Errand, road: Road, rotation: Rotation[T], dress: Dress[T]
) -> Reply:
    """The answer as it comes, whatever status says that the request itself was at fault.

    Raises CredentialsParked or an UpstreamFault; one that may have been acted
    upon says that it must not be tried again, unless the errand is repeatable.
    """
    position, credential = rotation.take() if prompt.pin is None else pinned(rotation, prompt.pin)
    deadlines = road.stream if prompt.ask.stream else road.plain
    url = joined(road.base, errand.path)
    body = prompt.body if errand.body is None else errand.body
    try:
        own = dress(credential)
        headers = merged(errand.headers, own if isinstance(own, tuple) else await own)
        outgoing = Outgoing(errand.method, url, headers, body, deadlines, road.max_bytes, road.network)
        incoming = await road.upstream.send(outgoing)
        source, told = await _begun(incoming, errand, prompt.ask)
    except UpstreamFault as fault:
        fault.once = not errand.repeatable and may_have_acted(fault)
        rotation.failed(position, attempt.deployment.provider, fault)
        if prompt.pin is not None and prompt.pin.provider:
            fault.another = False  # what it is about is only reached with this one
        raise
    rotation.accepted(position, attempt.deployment.provider, source)
    handed = incoming.chosen(HANDED_ON) + told + errand.told
    stream = not isinstance(source, WholeOrNothing)
    if not errand.repeatable and not isinstance(source, StreamedAnswer):
        source.once = True
    return Reply(attempt, incoming.status, prompt.dialect, stream, source, handed, (), str(position))


def pinned(rotation: Rotation[T], pin: Pin, preferred: str = "") -> tuple[int, T]:
    """The credential that the pin names, or one in turn (the preferred one while it is well), whose mark is written on it.

    Raises CredentialsParked, and GatewayError UPSTREAM_UNAVAILABLE when the credential is configured no more.
    """
    if not pin.provider:
        position, credential = rotation.take(preferred)
        pin.credential = rotation.marks[position]
        return position, credential
    found = rotation.again(pin.credential)
    if found is None:
        raise GatewayError("UPSTREAM_UNAVAILABLE", "The credential that this was made with is not configured any more.")
    return found


def merged(given: Headers, own: Headers) -> Headers:
    """The caller's headers under ours: of content type and what is accepted, theirs win."""
    theirs = dict(given)
    kept = tuple((name, value) for name, value in own if name not in ("content-type", "accept") or name not in theirs)
    names = {name for name, _ in kept}
    return (*kept, *((name, value) for name, value in given if name not in names))


def joined(base: str, path: str) -> str:
    """The address. A first step of the path that the base ends with is not doubled: SDKs differ in where it stands."""
    last = base.rpartition("/")[2]
    return base + (path.removeprefix(f"/{last}") if path.startswith(f"/{last}/") else path)


def may_have_acted(fault: UpstreamFault) -> bool:
    """Whether the provider may have done what was asked although it failed."""
    if isinstance(fault, StatusFault):
        return fault.status not in UNTOUCHED
    return not isinstance(fault, ConnectFailed | CredentialsParked)


async def _begun(
    incoming: Incoming, errand: Errand, ask: Ask
) -> tuple[StreamedAnswer | Pieces | WholeOrNothing, Headers]:
    status = incoming.status
    good = 200 <= status < 300 or status == 304
    if not good and (not 400 <= status < 500 or status in OURS):
        raise await status_fault(incoming, errand.side.ID)
    kind = (incoming.header("content-type") or "").strip().lower()
    plain = kind.partition(";")[0].rstrip()
    free = errand.free or not 200 <= status < 300
    if plain == SSE and 200 <= status < 300:
        return StreamedAnswer(incoming, errand.side.decoder(ask)), ()
    if plain == "application/json" or plain.endswith("+json") or not plain or errand.method == "HEAD":
        return WholeOrNothing(incoming, None if free else errand.side, ask), ()
    told = kind if kind.startswith(HARMLESS) else "application/octet-stream"
    return Pieces(incoming, free), (("content-type", told),)


class WholeOrNothing:
    """The one chunk of a plain answer, which may be empty."""

    __slots__ = ("_ask", "_incoming", "_over", "_side", "failed", "once")

    def __init__(self, incoming: Incoming, side: UpstreamSide | None, ask: Ask) -> None:
        self._incoming = incoming
        self._side = side
        self._ask = ask
        self._over = False
        self.failed: Failed = None
        self.once = False
        """Whether a fault in reading it must not lead to another try."""

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        """The whole answer, once. Raises UpstreamFault when it cannot be read or has an error inside."""
        if self._over:
            raise StopAsyncIteration
        self._over = True
        try:
            body = await self._incoming.read()
            return self._read(body)
        except UpstreamFault as fault:
            fault.once = fault.once or self.once
            await self._incoming.aclose()
            if self.failed is not None:
                self.failed(fault)
            raise

    def _read(self, body: bytes) -> Chunk:
        if self._side is None:
            return Chunk(body, True, Usage())
        try:
            return self._side.read_answer(body, self._ask)
        except AnswerMalformed:
            return Chunk(body)  # not what its path promised: its bytes are the caller's all the same

    async def aclose(self) -> None:
        """Stop: the upstream connection is closed if the answer was not read to its end. Idempotent."""
        self._over = True
        await self._incoming.aclose()


class Pieces:
    """The pieces of an answer that is no JSON, as they come. ``free``: nothing of it was generated."""

    __slots__ = ("_begun", "_free", "_incoming", "_pieces", "failed", "once")

    def __init__(self, incoming: Incoming, free: bool) -> None:
        self._incoming = incoming
        self._pieces = incoming.pieces()
        self._free = free
        self._begun = False
        self.failed: Failed = None
        self.once = False
        """Whether a fault in reading it must not lead to another try."""

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        """The next piece. Raises StopAsyncIteration at the end, UpstreamFault when the provider fails."""
        usage = Usage() if self._free else None
        try:
            piece = await self._pieces.__anext__()
        except StopAsyncIteration:
            if self._begun:
                raise
            piece = b""
        except UpstreamFault as fault:
            fault.once = fault.once or self.once
            if self.failed is not None:
                self.failed(fault)
            raise
        self._begun = True
        return Chunk(piece, True, usage)

    async def aclose(self) -> None:
        """Stop: the upstream connection is closed if the answer was not read to its end. Idempotent."""
        await self._incoming.aclose()
