"""Bodies as the answer cache needs them: what of a request decides its answer, and kept answers in the form asked for.

It keeps nothing and judges no caller. Implements ``ports.cache.Bodies``; called by the cache room through ``wiring``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from torana.core.cache_entry import Entry
from torana.core.call import Ask, Chunk
from torana.core.errors import GatewayError
from torana.core.events import Counted, Event, Text, ToolBegan
from torana.core.faults import UpstreamFault
from torana.dialects import json_text
from torana.dialects.translation import CLIENTS, chunk_of
from torana.ports.cache import Canonical
from torana.ports.codec import Codec

CACHE = "cache"
WISHES = frozenset(
    {"no-cache", "no-store", "ttl", "max-age", "s-maxage", "no_cache", "no_store", "max_age", "s_maxage"}
)
"""What the member ``cache`` may hold. With anything else in it, it is the provider's."""
ASIDE = ("model", "stream", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention")
"""Members that say which model (the key has its name here), how, and for whom, but not what is answered."""
SHAPE = "stream_options"
SMALL, MANY = 2 * 1024, 4096
SHORT, LATELY = 16 * 1024, 256
"""So many bodies of at most so many bytes are known as they were read: a few megabytes."""
FAULTS = (GatewayError, UpstreamFault, ValueError, RecursionError)

_decode = msgspec.json.Decoder().decode
_plain = msgspec.json.Encoder().encode
_sorted = msgspec.json.Encoder(order="sorted").encode


class _Doubled(Exception):
    """An object has a member twice."""


def canonical(body: bytes) -> Canonical | None:
    """See ``ports.cache.Bodies``.

    Equal bodies are what a cache is for: those that came lately are not read again.
    """
    if len(body) <= SMALL:
        return _read_small(body)
    return _read_short(body) if len(body) <= SHORT else _canonical(body)


def _canonical(body: bytes) -> Canonical | None:
    """The same, read.

    A body in which an object has a member twice has no canonical form: a provider may read the one that is lost here,
    and its answer would be found by a request that asks something else.
    """
    try:
        said = _decode(body)
        if type(said) is not dict or (_plain(said) != body and _doubled(body)):
            return None
        wish = said.get(CACHE)
        if isinstance(wish, dict) and WISHES.issuperset(wish):
            del said[CACHE]
        else:
            wish = None
        for name in ASIDE:
            said.pop(name, None)
        shape = said.pop(SHAPE, None)
        return Canonical(_sorted(said), _sorted(shape) if shape else b"", wish)
    except (ValueError, RecursionError):
        return None


_read_small = lru_cache(maxsize=MANY)(_canonical)
_read_short = lru_cache(maxsize=LATELY)(_canonical)


def without(body: bytes, name: str) -> bytes:
    """See ``ports.cache.Bodies``."""
    return json_text.rewritten(body, {name: None})


def given(entry: Entry, ask: Ask, body: bytes, shape: bytes) -> Sequence[Chunk] | None:
    """See ``ports.cache.Bodies``. What is wanted in another form than it was kept in goes through the dialect's codec."""
    if entry.stream == ask.stream and (not ask.stream or entry.shape == shape):
        return entry.chunks
    codec = CLIENTS.get(entry.dialect)
    if codec is None:
        return None
    try:
        events = events_of(entry, codec)
        request = codec.read_request(body)._replace(model=entry.model, stream=ask.stream, wants_usage=ask.wants_usage)
        if not ask.stream:
            return (chunk_of(events, codec.write_whole(events, request), content=True),)
        writer = codec.writer(request)
        wire = writer.write(events)
        return (chunk_of(events, wire + writer.finish()),)
    except FAULTS:
        return None


def calls_tools(entry: Entry) -> bool | None:
    """See ``ports.cache.Bodies``."""
    codec = CLIENTS.get(entry.dialect)
    if codec is None:
        return None
    try:
        return any(isinstance(one, ToolBegan) for one in events_of(entry, codec))
    except FAULTS:
        return None


def question(dialect: str, body: bytes) -> tuple[bytes, str] | None:
    """See ``ports.cache.Bodies``. A request that words cannot say all of has none: what is left out could differ."""
    codec = CLIENTS.get(dialect)
    if codec is None:
        return None
    try:
        request = codec.read_request(body)
    except FAULTS:
        return None
    if request.dropped or not request.turns or request.turns[-1].role != "user":
        return None
    parts = request.turns[-1].parts
    if len(parts) != 1 or not isinstance(parts[0], Text):
        return None
    last = request.turns[-1]._replace(parts=(parts[0]._replace(text=""),))
    around = request._replace(model="", turns=(*request.turns[:-1], last), stream=False, user="", wants_usage=True)
    return repr(around).encode("utf-8", "surrogatepass"), parts[0].text


def events_of(entry: Entry, codec: Codec) -> list[Event]:
    """The answer in words. Raises what the codec raises."""
    wire = b"".join([chunk.wire for chunk in entry.chunks])
    if entry.stream:
        reader = codec.reader()
        events = [*reader.feed(wire), *reader.finish()]
    else:
        events = list(codec.read_whole(wire))
    if entry.usage is not None and not any(isinstance(one, Counted) for one in events):
        events.append(Counted(entry.usage))
    return events


def _doubled(body: bytes) -> bool:
    try:
        json.loads(body, object_pairs_hook=_single)
    except _Doubled:
        return True
    return False


def _single(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) > 1 and len({name for name, _ in pairs}) != len(pairs):
        raise _Doubled
