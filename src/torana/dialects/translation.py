"""Joins two codecs for one request: the caller's dialect on one side, the provider's on the other.

It knows no wire of its own; what cannot be said on the other side is named, never lost in silence. Used by the modules of
``providers`` for prompts in a dialect that they do not speak themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from torana.core.call import Ask, Chunk, Prompt, Usage
from torana.core.errors import GatewayError
from torana.core.events import (
    CONTENT,
    Began,
    Counted,
    Ended,
    Event,
    RefusalPiece,
    Request,
    TextPiece,
    ThinkingPiece,
    ToolPiece,
)
from torana.core.faults import UpstreamFault
from torana.core.trail import Trail
from torana.dialects import json_text
from torana.dialects.codecs import anthropic_messages, complete, gemini, generate, openai_chat, openai_responses
from torana.dialects.schema_fit import fitted, told
from torana.dialects.sealed import Seal, marks_of, seal, sealed_in
from torana.dialects.strict import refuse_lost
from torana.ports.codec import Codec, EventReader, EventWriter

_CODECS = (anthropic_messages, gemini, openai_chat, openai_responses)
CODECS: Mapping[str, Codec] = MappingProxyType({codec.ID: cast(Codec, codec) for codec in _CODECS})
"""The dialects of providers that callers may speak to a provider of another one."""
PROVIDERS_ONLY = ("bedrock_converse", "cohere_chat")
"""Dialects of providers that no caller speaks."""
_OWN = (complete, generate)
CLIENTS: Mapping[str, Codec] = MappingProxyType({**CODECS, **{codec.ID: cast(Codec, codec) for codec in _OWN}})
"""All dialects that callers may speak to a provider of another one: ours too, which no provider speaks."""

_NAMES = {"anthropic_messages": "msg_", "openai_chat": "chatcmpl-", "openai_responses": "resp_"}
"""How names of answers begin."""

STREAM_TYPE = "text/event-stream"


class Translation:
    """One request and its answer, on their way between two dialects. Has the upstream side of ``ports.dialect``."""

    __slots__ = (
        "ID", "STREAM_TYPE", "_client", "_provider", "_request", "_seal", "began", "body", "dropped", "schema_dropped",
    )  # fmt: skip

    def __init__(self, client: Codec, provider: Codec, request: Request, model: str, origin: str = "") -> None:
        """``origin``: the provider's name here, by which its sealed reasoning is known again; empty: its dialect's.

        Raises GatewayError CAPABILITY_MISSING for a part that the provider's dialect cannot carry, REQUEST_INVALID for
        a JSON schema that is none.
        """
        self.ID = provider.ID
        """The dialect of the provider's own errors."""
        self.STREAM_TYPE = getattr(provider, "STREAM_TYPE", STREAM_TYPE)
        self._client = client
        self._provider = provider
        self._request = request
        self._seal = seal(client.ID, provider.ID, model, origin or provider.ID)
        unsealed: tuple[str, ...] = ()
        if self._seal is not None:
            request, unsealed = self._seal.opened(request)
        request, self.schema_dropped = fitted(request, provider.ID, model)
        """Places in JSON schemas whose meaning the provider is not told."""
        self.body, dropped = provider.write_request(request, model)
        self.dropped = tuple(dict.fromkeys((*request.dropped, *unsealed, *dropped)))
        """Members of the caller's body that the provider is not told of."""
        self.began = Began()
        """What the answer is called, and when it was made, where the provider says neither."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What the caller is told of it."""
        rows = (("x-torana-dropped", self.dropped), ("x-torana-schema-dropped", self.schema_dropped))
        return tuple((name, told(names)) for name, names in rows if names)

    def retarget(self, body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
        """The provider's body, whatever the caller's was. ``stream_usage``: as in ``ports.dialect``."""
        if ask.stream and not stream_usage:
            return json_text.rewritten(self.body, {"stream_options": None})
        return self.body

    def decoder(self, ask: Ask) -> TranslatedStream:
        """A decoder for the stream that answers it."""
        return TranslatedStream(self._provider.reader(), self._client.writer(self._request), self._seal, self.began)

    def read_answer(self, body: bytes, ask: Ask) -> Chunk:
        """The whole answer in the caller's dialect. Raises AnswerMalformed, StatusFault."""
        events = self._provider.read_whole(body)
        if not any(isinstance(event, Began) for event in events):
            events = (Began(), *events)
        events = _named(events, self.began)
        marked = events if self._seal is None else self._seal.marked(events)
        chunk = chunk_of(events, self._client.write_whole(marked, self._request), content=True)
        return chunk if marked is events else replace(chunk, sealed=sealed_in(marked))


class TranslatedStream:
    """Implements ``ports.dialect.StreamDecoder`` over a reader and a writer."""

    __slots__ = ("_began", "_reader", "_seal", "_writer")

    def __init__(
        self, reader: EventReader, writer: EventWriter, seal: Seal | None = None, began: Began | None = None
    ) -> None:
        """``began``: as in ``Translation``."""
        self._began = began
        self._reader = reader
        self._writer = writer
        self._seal = seal

    @property
    def fault(self) -> UpstreamFault | None:
        """A fault that stood behind the chunks given last; the next call raises it."""
        return self._reader.fault

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """The chunk of the events completed by ``data``. Raises AnswerMalformed, StatusFault."""
        events = self._reader.feed(data)
        return (self._chunk(events),) if events else ()

    def finish(self) -> Sequence[Chunk]:
        """The end of the stream in the caller's dialect. Raises ConnectionBroken when the provider's was cut short."""
        events = self._reader.finish()
        chunk = self._chunk(events, last=True)
        return (chunk,) if events or chunk.wire else ()

    def _chunk(self, events: Sequence[Event], last: bool = False) -> Chunk:
        if self._began is not None and events:
            events, self._began = _named(events, self._began), None
        marked = events if self._seal is None else self._seal.marked(events)
        wire = self._writer.write(marked)
        chunk = chunk_of(events, wire + self._writer.finish() if last else wire)
        return chunk if marked is events else replace(chunk, sealed=sealed_in(marked))


def _named(events: Sequence[Event], began: Began) -> Sequence[Event]:
    """The events, the one that begins them with what its provider did not say."""
    first = events[0]
    if not isinstance(first, Began) or (first.id and first.created):
        return events
    return (Began(first.id or began.id, first.model, first.created or began.created), *events[1:])


def chunk_of(events: Sequence[Event], wire: bytes, content: bool = False) -> Chunk:
    """A Chunk of these events."""
    usage: Usage | None = None
    finish: str | None = None
    contents = letters = 0
    for event in events:
        if isinstance(event, Counted):
            usage = event.usage
        elif isinstance(event, CONTENT):
            contents += 1
            if isinstance(event, Ended):
                finish = event.reason
            elif isinstance(event, TextPiece | ThinkingPiece | RefusalPiece | ToolPiece):
                letters += len(event.text)
    return Chunk(wire, content or contents > 0, usage, finish, contents or 1, (), letters)


def translation(prompt: Prompt, provider: Codec, model: str, origin: str = "") -> Translation:
    """The Translation of a prompt for a provider's dialect. ``origin``: the provider's name here.

    Raises GatewayError CAPABILITY_MISSING when nobody can translate the prompt's dialect, or a part of it;
    REQUEST_INVALID when a strict caller's request would lose something.
    """
    client = CLIENTS.get(prompt.dialect)
    if client is None or prompt.operation != "chat":
        message = f"This model's provider does not offer {prompt.operation} in the dialect {prompt.dialect}."
        raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [prompt.operation]})
    request = client.read_request(prompt.body)._replace(model=prompt.model, stream=prompt.ask.stream)
    if prompt.carried:
        request = request._replace(dropped=(*request.dropped, *_betas(prompt.carried)))
    made = Translation(client, provider, request, model, origin)
    made.began = _began(client.ID, prompt.trail)
    refuse_lost(prompt, made.dropped, made.schema_dropped)
    return made


def _began(dialect: str, trail: Trail) -> Began:
    """What an answer in the dialect is called where its provider has no name for it: after the Receipt."""
    own = f"{_NAMES.get(dialect, '')}{trail.receipt_id}" if trail.receipt_id else ""
    return Began(own, created=int(trail.started_at))


def marks_under(provider: str, model: str) -> frozenset[str]:
    """Every mark that translated answers of this model there may carry."""
    return marks_of(provider, model, (*CODECS, *PROVIDERS_ONLY))


def _betas(carried: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Beta features that the caller asked for by a header: only the dialect they were said in has them."""
    for name, value in carried:
        if name.endswith("-beta"):
            yield from (f"{name} {beta.strip()[:64]}" for beta in value.split(",") if beta.strip())
