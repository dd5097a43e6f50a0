"""Requests that are passed on as they are: what they ask for, as far as it can be seen, and how their answers are read.

No provider's API is described here: a path that ends like one of a known dialect's is read as that dialect is, all else by
what is common. Made by ``edge`` for ``/passthrough/…``; used by the modules of ``providers``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from types import ModuleType
from typing import NamedTuple, cast
from urllib.parse import parse_qsl

import msgspec

from torana.core.call import Ask, Chunk, Prompt
from torana.core.errors import GatewayError
from torana.core.faults import UpstreamFault
from torana.core.json_texts import texts_of
from torana.dialects import (
    anthropic_count_tokens,
    anthropic_messages,
    completions,
    embeddings,
    form,
    gemini_content,
    gemini_count_tokens,
    gemini_embed_content,
    image_edits,
    image_generations,
    image_variations,
    json_text,
    moderations,
    openai_chat,
    openai_errors,
    openai_responses,
    passed_path,
    rerank,
    speech,
    transcriptions,
    translations,
)
from torana.ports.dialect import StreamDecoder, UpstreamSide
from torana.ports.passing import Errand

ID = "passthrough"
METHOD, PATH, QUERY, DROPPED = ":method", ":path", ":query", ":dropped"
"""What of the request line a Prompt carries beside headers; no header can have such a name (RFC 9110, section 5.1)."""

FORWARDED = frozenset({
    b"content-type", b"accept", b"accept-language", b"anthropic-version", b"anthropic-beta", b"openai-beta",
    b"idempotency-key", b"range", b"if-none-match", b"if-modified-since",
})  # fmt: skip
"""The caller's headers that may go on. All others stay here: credentials, cookies, what belongs to the connection, what
names an organisation that pays."""
IDEMPOTENCY = "idempotency-key"
FREE = frozenset({"GET", "HEAD", "DELETE"})
"""Methods by which nothing is generated."""

KNOWN: Mapping[str, ModuleType] = {
    "/chat/completions": openai_chat,
    "/completions": completions,
    "/responses": openai_responses,
    "/embeddings": embeddings,
    "/moderations": moderations,
    "/rerank": rerank,
    "/images/generations": image_generations,
    "/images/edits": image_edits,
    "/images/variations": image_variations,
    "/audio/speech": speech,
    "/audio/transcriptions": transcriptions,
    "/audio/translations": translations,
    "/messages": anthropic_messages,
    "/messages/count_tokens": anthropic_count_tokens,
    ":generateContent": gemini_content,
    ":streamGenerateContent": gemini_content,
    ":countTokens": gemini_count_tokens,
    ":embedContent": gemini_embed_content,
}
"""How the path of a POST ends → the dialect it is in; the longest that fits counts."""


class Way(NamedTuple):
    """Where a request wants to go."""

    provider: str
    method: str
    path: str
    """Begins with a slash, percent-encoded, checked."""
    query: str
    """Percent-encoded, without credentials."""


class Passing:
    """The client side of one request. Has what ``ports.dialect.ClientSide`` names."""

    __slots__ = ("_known", "_way")
    ID = ID
    OPERATION = ID
    CARRIES = FORWARDED | {name.encode() for name in (METHOD, PATH, QUERY, DROPPED)}
    COMMENTS = False

    def __init__(self, way: Way) -> None:
        self._way = way
        self._known = known(way.method, way.path)

    def read(self, body: bytes) -> Ask:
        """What the request asks for, as far as it can be seen.

        Raises GatewayError REQUEST_INVALID for a body that two readers might read differently, and for two models.
        """
        way = self._way
        query = parse_qsl(way.query, keep_blank_values=True)
        seen = _look(body)
        names = (*seen.models, passed_path.model_in(way.path), *(value for name, value in query if name == "model"))
        named = {name.removeprefix("models/") for name in names if name}  # Google's bodies and paths differ in that
        if len(named) > 1:
            raise GatewayError("REQUEST_INVALID", "The request names more than one model.", param="model")
        ask = self._told(body) or Ask(None, seen.stream)
        texts = (*seen.texts, *(value for _, value in query if value))
        stream = ask.stream or ":stream" in passed_path.plain(way.path)
        bound = 0 if way.method in FREE else ask.max_tokens if named else ask.max_tokens or None
        return replace(
            ask, model=next(iter(named), None), stream=stream, max_tokens=bound, wants_usage=True, needs=frozenset(),
            texts=texts, provider=way.provider, counted_bytes=ask.counted_bytes or None, estimated=None,
        )  # fmt: skip

    def refuse(self, error: GatewayError, request_id: str) -> bytes:
        """A refusal of ours, as the path's dialect has them; OpenAI's where none is known."""
        return cast(bytes, (self._known or openai_errors).refuse(error, request_id))

    def refuse_event(self, error: GatewayError, request_id: str) -> bytes:
        """The last event of a stream that failed after it began."""
        return cast(bytes, (self._known or openai_errors).refuse_event(error, request_id))

    def _told(self, body: bytes) -> Ask | None:
        """What its dialect makes of it; None where none is known, or where it is not what the dialect knows."""
        if self._known is None:
            return None
        try:
            return cast(Ask, self._known.read(body))
        except GatewayError:
            return None  # the provider may know more than we do: it is the one to refuse it


def known(method: str, path: str) -> ModuleType | None:
    """The dialect of a request; None when it is in none that we know."""
    if method != "POST":
        return None
    path = passed_path.plain(path)
    fitting = [end for end in KNOWN if path.endswith(end)]
    return KNOWN[max(fitting, key=len)] if fitting else None


class _Seen(NamedTuple):
    """What can be seen of a body in no known dialect."""

    models: tuple[str, ...] = ()
    stream: bool = False
    texts: tuple[str, ...] = ()


class _Common(msgspec.Struct, gc=False):
    model: object = None
    stream: object = None


_common = msgspec.json.Decoder(_Common)


def _look(body: bytes) -> _Seen:
    """Raises GatewayError REQUEST_INVALID for what begins as JSON or a form and is none that every reader reads alike."""
    start = body.lstrip()[:1]
    if start == b"{":
        said = json_text.decode_request(body, _common)
        models: tuple[str, ...] = (said.model,) if isinstance(said.model, str) else ()
        return _Seen(models, said.stream is True, tuple(texts_of(body)))
    if start == b"[":
        try:
            return _Seen(texts=tuple(texts_of(body)))
        except (ValueError, RecursionError):
            raise GatewayError("REQUEST_INVALID", "The body begins as JSON and is none.") from None
    if body.startswith(b"--"):
        given = form.read(body)
        models = tuple(filter(None, (given.text("model"),)))
        return _Seen(models, given.text("stream") == "true", (*given.texts(), *_text_files(given)))
    text = _text(body)
    if text is None:
        return _Seen()
    return _Seen(tuple(value for name, value in parse_qsl(text) if name == "model"), texts=(text,)) if text else _Seen()


def _text_files(given: form.Form) -> Sequence[str]:
    """The files of a form that are text."""
    texts = (_text(given.body[part.start : part.end]) for part in given.parts if part.filename is not None)
    return [text for text in texts if text]


def _text(data: bytes) -> str | None:
    try:
        return None if b"\0" in data else str(data, "utf-8")
    except UnicodeDecodeError:
        return None


def errand(prompt: Prompt) -> Errand:
    """What a provider is asked to pass on for a Prompt that ``Passing`` read."""
    said = dict(prompt.carried)
    method, path, query = said[METHOD], said[PATH], said.get(QUERY, "")
    caller = prompt.trail.caller
    headers = [
        (name, scoped(value, caller.tenant if caller is not None else "") if name == IDEMPOTENCY else value)
        for name, value in prompt.carried
        if name[:1] != ":" and name != "content-type"
    ]
    if prompt.body:
        headers.append(("content-type", content_type(prompt.body, said.get("content-type", ""))))
    module = known(method, path)
    side = cast(UpstreamSide, module) if module is not None else RAW
    repeatable = module is not None or method in FREE or method == "PUT" or IDEMPOTENCY in said
    free = method in FREE or (module is None and not prompt.ask.model)
    told = (("x-torana-dropped", said[DROPPED]),) if DROPPED in said else ()
    return Errand(method, f"{path}?{query}" if query else path, tuple(headers), side, repeatable, free, told)


def scoped(key: str, tenant: str) -> str:
    """The idempotency key as the provider gets it: the same for the same key of the same tenant, and for nobody else's.

    A provider knows one account, ours: under the same key it would give one tenant the answer of another.
    """
    said = f"{len(tenant)}:{tenant}{key}".encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=16, person=b"idempotency").hexdigest()


def content_type(body: bytes, given: str) -> str:
    """The content type that the body goes on with: what it was judged as here, whatever the caller's header says."""
    start = body.lstrip()[:1]
    if start in (b"{", b"["):
        kind = given.partition(";")[0].strip().lower()
        return given if kind.endswith("+json") else "application/json"
    if body.startswith(b"--"):
        return form.content_type(body)
    kind = given.lower()
    return "application/octet-stream" if "json" in kind or "multipart" in kind or not kind else given


class _Raw:
    """Answers in no dialect that we know. Has the upstream side of ``ports.dialect``."""

    ID = ID

    def retarget(self, body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
        """The body as it is."""
        return body

    def decoder(self, ask: Ask) -> StreamDecoder:
        """A decoder that hands on what comes."""
        return _RawStream()

    def read_answer(self, body: bytes, ask: Ask) -> Chunk:
        """The answer as it is; nothing is known of its usage."""
        return Chunk(body)


class _RawStream:
    """A stream in no dialect that we know."""

    __slots__ = ()
    fault: UpstreamFault | None = None

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """The bytes as they are."""
        return (Chunk(data),) if data else ()

    def finish(self) -> Sequence[Chunk]:
        """Nothing more: it is whole when HTTP says so."""
        return ()


RAW: UpstreamSide = _Raw()
