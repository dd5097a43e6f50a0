"""Answers without a network, in OpenAI's shapes: says back what was said last, calls tools and fills schemas when asked.

It is no model and pretends none: for demonstrations, tests and as a last resort; other chat dialects come to it
translated. Found by its file name.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import shake_256
from typing import Annotated, NamedTuple, TypeVar

import msgspec

from torana.core.call import Ask, Chunk, Prompt, Reply, Usage
from torana.core.faults import StatusFault
from torana.core.tickets import Attempt
from torana.dialects import embeddings, openai_chat
from torana.dialects.codecs import openai_chat as codec
from torana.dialects.embedding_translation import EmbeddingTranslation
from torana.dialects.schema_example import example
from torana.dialects.translation import Translation, translation
from torana.upstream.seam import Upstream

BYTES_PER_TOKEN = 4
MOST_TOKENS = 16_384
"""Longest answer: a request may ask for many candidates of a long text."""
MOST_NUMBERS = 262_144
"""Most numbers in the embeddings of one request."""
T = TypeVar("T")

_encode = msgspec.json.encode


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it answers with."""

    prefix: str = ""
    """Put before what is said back."""
    dimensions: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 64
    """Numbers in an embedding when the request does not say."""


class _Function(msgspec.Struct, gc=False):
    name: str = ""


class _Tool(msgspec.Struct, gc=False):
    function: _Function | None = None


class _Part(msgspec.Struct, gc=False):
    text: str | None = None


class _Message(msgspec.Struct, gc=False):
    role: str
    content: str | list[_Part | str] | None = None


class _Schema(msgspec.Struct):
    schema: object = None


class _Format(msgspec.Struct):
    type: str | None = None
    json_schema: _Schema | None = None


class _Chat(msgspec.Struct):
    messages: list[_Message]
    tools: list[_Tool] | None = None
    tool_choice: str | _Tool | None = None
    response_format: _Format | None = None


class _Embed(msgspec.Struct):
    input: str | list[str | int | list[int]]
    dimensions: int | None = None
    encoding_format: str | None = None


_chat = msgspec.json.Decoder(_Chat).decode
_embed = msgspec.json.Decoder(_Embed).decode


class _Said(NamedTuple):
    """What is answered: a text, or the name of a tool to call."""

    text: str
    tool: str
    finish: str
    usage: Usage


class Given:
    """Chunks that are there already."""

    __slots__ = ("_chunks",)

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        """The next chunk. Raises StopAsyncIteration at the end."""
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Stop."""
        self._chunks = iter(())


class Echo:
    """One opened echo."""

    __slots__ = ("_settings",)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """The answer at once.

        Raises GatewayError CAPABILITY_MISSING for what can be translated neither to embeddings nor to a chat,
        StatusFault 400 for a body that its parts read otherwise than the dialect did.
        """
        model = attempt.deployment.model
        chunks: Iterator[Chunk]
        told: tuple[tuple[str, str], ...] = ()
        if prompt.dialect == embeddings.ID:
            chunks = iter((self._embedded(prompt.body, model),))
        elif prompt.operation == embeddings.OPERATION:
            turned = EmbeddingTranslation(prompt, model, embeddings.ID)
            chunks = iter((turned.read_answer(self._embedded(turned.body, model).wire, prompt.ask),))
            told = turned.headers
        else:
            head = _Head(prompt.trail.receipt_id, int(prompt.trail.started_at), model)
            if prompt.dialect == openai_chat.ID:
                chunks = self._chatted(prompt.body, prompt.ask, head)
            else:
                translated = translation(prompt, codec, model, attempt.deployment.provider)
                asked = openai_chat.read(translated.body)
                chunks = _translated(self._chatted(translated.body, asked, head), translated, asked)
                told = translated.headers
        return Reply(attempt, 200, prompt.dialect, prompt.ask.stream, Given(chunks), told)

    async def aclose(self) -> None:
        """Nothing was taken."""

    def _chatted(self, text: bytes, ask: Ask, head: _Head) -> Iterator[Chunk]:
        said = self._said(text, ask)
        return _streamed(said, head, ask) if ask.stream else iter((_whole(said, head, ask),))

    def _said(self, text_of_body: bytes, ask: Ask) -> _Said:
        body = _read(text_of_body, openai_chat.ID, _chat)
        into = max(1, len(text_of_body) // BYTES_PER_TOKEN)
        heard = _last_text(body.messages)
        tool = _tool_to_call(body, heard)
        if tool:
            return _Said("", tool, "tool_calls", Usage(uncached=into, output=max(1, len(tool) // BYTES_PER_TOKEN)))
        text = self._settings.prefix + heard
        wanted = body.response_format
        if wanted is not None and wanted.type in ("json_schema", "json_object"):
            schema = wanted.json_schema.schema if wanted.json_schema is not None else {"type": "object"}
            text = _encode(example(schema)).decode()
        output = max(1, len(text.encode()) // BYTES_PER_TOKEN)
        finish = "stop"
        asked = ask.max_tokens
        limit = MOST_TOKENS if asked is None else min(asked, MOST_TOKENS)
        if output > limit:
            text = text.encode()[: limit * BYTES_PER_TOKEN].decode("utf-8", "ignore")
            output, finish = limit, "length"
        return _Said(text, "", finish, Usage(uncached=into, output=output * ask.candidates))

    def _embedded(self, given_body: bytes, model: str) -> Chunk:
        body = _read(given_body, embeddings.ID, _embed)
        given = body.input
        many = given if isinstance(given, list) and not all(isinstance(one, int) for one in given) else [given]
        size = body.dimensions or self._settings.dimensions
        if size < 1 or len(many) * size > MOST_NUMBERS:
            raise _refused(f"expected at most {MOST_NUMBERS} numbers in all embeddings", embeddings.ID)
        data = []
        for index, one in enumerate(many):
            vector = _vector(_encode(one), size)
            packed = struct.pack(f"<{len(vector)}f", *vector)
            shown = base64.b64encode(packed).decode() if body.encoding_format == "base64" else vector
            data.append({"object": "embedding", "index": index, "embedding": shown})
        into = max(1, len(given_body) // BYTES_PER_TOKEN)
        usage = {"prompt_tokens": into, "total_tokens": into}
        answer = {"object": "list", "data": data, "model": model, "usage": usage}
        return Chunk(_encode(answer), True, Usage(uncached=into))


def open(settings: Settings, upstream: Upstream) -> Echo:  # noqa: A001 - the name and signature of every plug-in
    """An echo. It needs no upstream."""
    return Echo(settings)


def _read(body: bytes, dialect: str, decode: Callable[[bytes], T]) -> T:
    try:
        return decode(body)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        raise _refused("the request is not what it should be", dialect) from None


def _refused(message: str, dialect: str) -> StatusFault:
    """A 400 as a provider would answer it."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return StatusFault(400, _encode({"error": error}), dialect=dialect)


def _last_text(messages: list[_Message]) -> str:
    """The text of the last message of a user; of the last message when no user spoke."""
    last = next((one for one in reversed(messages) if one.role == "user"), messages[-1])
    if isinstance(last.content, list):
        return " ".join(part if isinstance(part, str) else part.text or "" for part in last.content).strip()
    return last.content or ""


def _tool_to_call(body: _Chat, heard: str) -> str:
    """The tool to call: the one forced, the first when any is, the one named after "call"; never after its result."""
    names = [tool.function.name for tool in body.tools or () if tool.function is not None]
    choice = body.tool_choice
    if not names or choice == "none" or body.messages[-1].role == "tool":
        return ""
    if isinstance(choice, _Tool) and choice.function is not None:
        return choice.function.name
    if choice == "required":
        return names[0]
    return next((name for name in names if f"call {name}" in heard), "")


class _Head(NamedTuple):
    """What every event of an answer begins with."""

    receipt_id: str
    created: int
    model: str

    def shown(self, kind: str) -> dict[str, object]:
        """The members that OpenAI's answers begin with."""
        return {"id": f"chatcmpl-{self.receipt_id}", "object": kind, "created": self.created, "model": self.model}


def _translated(chunks: Iterator[Chunk], into: Translation, ask: Ask) -> Iterator[Chunk]:
    """The chunks in the caller's dialect."""
    if not ask.stream:
        yield from (into.read_answer(chunk.wire, ask) for chunk in chunks)
        return
    decoder = into.decoder(ask)
    for chunk in chunks:
        yield from decoder.feed(chunk.wire)
    yield from decoder.finish()


def _whole(said: _Said, head: _Head, ask: Ask) -> Chunk:
    message: dict[str, object] = {"role": "assistant", "content": None if said.tool else said.text, "refusal": None}
    if said.tool:
        message["tool_calls"] = [_call(said.tool, head)]
    choices = [
        {"index": index, "message": message, "logprobs": None, "finish_reason": said.finish}
        for index in range(ask.candidates)
    ]
    answer = {**head.shown("chat.completion"), "choices": choices, "usage": _usage(said.usage)}
    return Chunk(_encode(answer), True, said.usage, said.finish)


def _call(tool: str, head: _Head) -> dict[str, object]:
    return {"id": f"call_{head.receipt_id}", "type": "function", "function": {"name": tool, "arguments": "{}"}}


def _streamed(said: _Said, head: _Head, ask: Ask) -> Iterator[Chunk]:
    """The events: who speaks, the text word by word or the call in two parts, the finish, usage, the end."""
    shown = _encode(head.shown("chat.completion.chunk"))[:-1]

    def event(deltas: dict[str, object], content: bool, finish: str | None = None) -> Chunk:
        choices = [{"index": index, "delta": deltas, "finish_reason": finish} for index in range(ask.candidates)]
        return Chunk(b"data: " + shown + b',"choices":' + _encode(choices) + b"}\n\n", content, None, finish)

    yield event({"role": "assistant", "content": ""}, content=False)
    if said.tool:
        function = {"name": said.tool, "arguments": ""}
        begun = {"index": 0, "id": f"call_{head.receipt_id}", "type": "function", "function": function}
        yield event({"tool_calls": [begun]}, content=True)
        yield event({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}, content=True)
    for number, word in enumerate(said.text.split(" ")) if said.text else ():
        yield event({"content": word if number == 0 else f" {word}"}, content=True)
    yield event({}, content=True, finish=said.finish)
    tail = b""
    if ask.wants_usage:
        tail = b"data: " + shown + b',"choices":[],"usage":' + _encode(_usage(said.usage)) + b"}\n\n"
    yield Chunk(tail + b"data: [DONE]\n\n", False, said.usage)


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
    }


def _vector(text: bytes, size: int) -> list[float]:
    """A unit vector that depends on the text alone: two bytes of its hash for each number."""
    numbers = struct.unpack(f"<{size}h", shake_256(text).digest(size * 2))
    length = sum(number * number for number in numbers) ** 0.5 or 1.0
    return [number / length for number in numbers]
