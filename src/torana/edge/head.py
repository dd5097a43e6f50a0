"""The head of a request: its id, credentials, length and address, read in one pass over the headers.

It judges no credential. Forwarded addresses count only from a listed proxy, for anybody can write them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torana.core.ids import sane_request_id
from torana.core.slotted import slotted
from torana.dialects.envelope import MEDIA_TYPE
from torana.edge.house import House, Scope
from torana.line.cache_wish import HEADERS as CACHE_HEADERS
from torana.line.identify import SECRET_HEADERS, allowed_address

LONGEST_ADDRESS = 64
"""A hop that is no address is kept as it is, so that no list of networks has it, but not at any length."""

ENVELOPE = MEDIA_TYPE.encode()
TRUE = frozenset({b"true", b"1"})
SWITCH = TRUE | {b"false", b"0", b""}
QUERY_KEY = b"x-goog-api-key"
NAMED = frozenset({b"origin", b"x-torana-conversation", b"traceparent", b"tracestate"})
"""Headers that are texts, and seldom there."""
NONE: Mapping[bytes, str] = {}
SAID = frozenset(name.encode() for name in CACHE_HEADERS)
CREDENTIALS = frozenset(name.encode() for name in SECRET_HEADERS)
READ = (
    CREDENTIALS | NAMED | SAID | {b"content-length", b"x-request-id", b"x-forwarded-for", b"accept", b"x-torana-strict"}
)
"""All headers that are looked at here."""


@slotted
class Head:
    """What the edge needs of a request's head."""

    request_id: str
    credentials: tuple[tuple[str, str], ...]
    content_length: int | None
    address: str
    origin: str
    conversation: str = ""
    """What the caller says belongs together."""
    envelope: bool = False
    """Whether the plain envelope is asked for."""
    strict: bool = False
    """Whether the caller wants a refusal rather than anything left out."""
    said: tuple[tuple[str, str], ...] = ()
    """What it says about the cache."""
    trace: str = ""
    tracestate: str = ""
    """The trace that the caller says it belongs to."""
    senseless: str = ""
    """A header of ours whose value is none that it takes; empty: there is none."""


def read_head(scope: Scope, house: House) -> Head:
    """The head. A request id of the caller's is taken over when it is short and plain, else one is made."""
    request_id = ""
    credentials: tuple[tuple[str, str], ...] = ()
    said: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    forwarded = ""
    named = NONE
    envelope = strict = False
    senseless = ""
    for name, value in scope["headers"]:
        if name not in READ:
            continue  # most are nothing to us
        if name in CREDENTIALS:
            credentials = (*credentials, (name.decode("latin-1"), value.decode("latin-1")))
        elif name == b"content-length":
            length = int(value) if value.isdigit() and len(value) < 19 else None
        elif name == b"x-request-id":
            text = value.decode("latin-1")
            request_id = text if sane_request_id(text) else ""
        elif name == b"x-forwarded-for":
            forwarded = value.decode("latin-1")
        elif name in NAMED:
            named = {**named, name: value.decode("latin-1")}
        elif name == b"accept" and value.find(ENVELOPE) >= 0:
            envelope = True
        elif name == b"x-torana-strict":
            word = value.strip().lower()
            strict = strict or word in TRUE
            senseless = senseless if word in SWITCH else "x-torana-strict"
        elif name in SAID:
            said = (*said, (name.decode(), value.decode("latin-1")))
    client = scope.get("client")
    address = client[0] if client else ""
    if forwarded and allowed_address(address, house.bounds.trusted_proxies):
        address = first_untrusted(forwarded, house.bounds.trusted_proxies) or address
    request_id = request_id or house.new_request_id()
    told = named.get
    return Head(
        request_id,
        credentials,
        length,
        address,
        told(b"origin", ""),
        told(b"x-torana-conversation", ""),
        envelope,
        strict,
        said,
        told(b"traceparent", ""),
        told(b"tracestate", ""),
        senseless,
    )


def with_key(scope: Scope, keys: Sequence[str]) -> Scope:
    """The request as if the keys of its query (``?key=``, Google's way) stood in a header, and as if it had no query.

    So nothing behind the edge's door can repeat one. Who accepts keys in addresses decides the route.
    """
    if not scope.get("query_string"):
        return scope
    headers = [*scope["headers"], *((QUERY_KEY, key.encode("utf-8", "replace")) for key in keys)]
    return {**scope, "headers": headers, "query_string": b""}


def first_untrusted(forwarded: str, trusted: tuple[str, ...]) -> str:
    """The last address of X-Forwarded-For that no trusted proxy wrote about itself.

    Read from the right: everything left of the first untrusted hop may be invented by the caller.
    """
    for hop in reversed(forwarded.split(",")):
        address = hop.strip()
        if not allowed_address(address, trusted):
            return address[:LONGEST_ADDRESS]
    return ""
