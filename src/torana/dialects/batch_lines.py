"""The lines of a file for OpenAI's batches: what they ask for all together, whose names they carry, and what they cost.

Every line is read as the request that it is, by its own dialect. It sends nothing. Called by ``files`` and by whoever
settles a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import NamedTuple, NoReturn

import msgspec

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.json_texts import texts_of
from torana.core.kept import Lines
from torana.dialects import completions, embeddings, json_text, moderations, openai_chat, openai_responses
from torana.dialects.openai_usage import usage_of as usage_of_chat
from torana.dialects.openai_usage import usage_of_response
from torana.dialects.stored_ids import refuse_stored

MOST_LINES = 50_000
"""https://platform.openai.com/docs/guides/batch"""
ENDPOINTS: Mapping[str, ModuleType] = {
    path: dialect
    for dialect in (openai_chat, openai_responses, embeddings, completions, moderations)
    for path in dialect.PATHS
}
"""What a line may ask for."""


class Read(NamedTuple):
    """What was read of a file's lines."""

    lines: Lines
    texts: tuple[str, ...]
    """What guardrails look at."""
    needs: frozenset[str]
    unread: str = ""
    """As in ``Ask``."""


class _Line(msgspec.Struct, gc=False):
    custom_id: str
    method: str
    url: str
    body: msgspec.Raw


class _Answer(msgspec.Struct, gc=False):
    status_code: int | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Answered(msgspec.Struct, gc=False):
    response: _Answer | None = None


class _Used(msgspec.Struct, gc=False):
    usage: dict[str, object] | None = None


_line = msgspec.json.Decoder(_Line)
_answered = msgspec.json.Decoder(_Answered).decode
_used = msgspec.json.Decoder(_Used).decode


def read(content: bytes) -> Read:
    """What the lines ask for. Raises GatewayError REQUEST_INVALID, which names the line.

    All lines name one model, as OpenAI demands, and one endpoint; none of them streams.
    """
    model = endpoint = ""
    requests = size = bounded = unbounded = 0
    texts: list[str] = []
    needs: frozenset[str] = frozenset()
    unread = ""
    for number, line, ask in _asks(content):
        if requests and (ask.model, line.url) != (model, endpoint):
            _refuse(number, "all lines must name one model and one url")
        model, endpoint = ask.model or "", line.url
        requests += 1
        size += len(bytes(line.body)) if ask.counted_bytes is None else ask.counted_bytes
        answers = max(ask.candidates, 1)
        if ask.max_tokens is None:
            unbounded += answers
        else:
            bounded += ask.max_tokens * answers
        texts += texts_of(bytes(line.body)) if ask.texts is None else ask.texts
        needs |= ask.needs
        unread = unread or ask.unread
    if not requests:
        raise GatewayError("REQUEST_INVALID", "file: a batch needs at least one line.", param="file")
    return Read(Lines(model, endpoint, requests, size, bounded, unbounded), tuple(texts), needs, unread)


def renamed(content: bytes, model: str) -> bytes:
    """The lines with the provider's name of the model. ``content`` is what ``read`` accepted."""
    parts = []
    for _, line, ask in _asks(content):
        body = ENDPOINTS[line.url].retarget(bytes(line.body), ask, model, False)
        head = {"custom_id": line.custom_id, "method": line.method, "url": line.url, "body": msgspec.Raw(body)}
        parts.append(msgspec.json.encode(head))
    return b"\n".join(parts) + b"\n"


def usage_of(content: bytes) -> Usage | None:
    """What the answers of a batch used, all together; None when one of them does not say."""
    whole = Usage()
    for line in content.splitlines():
        if not line.strip():
            continue
        try:
            answer = _answered(line).response
            told = None if answer is None else _used(answer.body).usage
        except (ValueError, RecursionError):
            return None
        if answer is None or (answer.status_code or 200) >= 400:
            continue  # it was refused: nothing was made, and nothing is billed
        found = None
        if told is not None:
            found = usage_of_response(told) if "input_tokens" in told else usage_of_chat(told)
        if found is None:
            return None
        whole = Usage(
            whole.uncached + found.uncached,
            whole.cache_read + found.cache_read,
            whole.cache_write + found.cache_write,
            whole.output + found.output,
            whole.reasoning + found.reasoning,
        )
    return whole


def _asks(content: bytes) -> Iterator[tuple[int, _Line, Ask]]:
    for number, text in enumerate(content.split(b"\n"), 1):
        if not text.strip():
            continue
        if number > MOST_LINES:
            raise GatewayError("REQUEST_INVALID", f"file: more than {MOST_LINES} lines.", param="file")
        try:
            line = json_text.decode_request(text, _line)
            dialect = ENDPOINTS.get(line.url)
            if dialect is None or line.method != "POST":
                _refuse(number, f"only POST of {', '.join(ENDPOINTS)} can be asked for")
            refuse_stored(bytes(line.body))
            ask: Ask = dialect.read(bytes(line.body))
        except GatewayError as error:
            if error.param == "file":
                raise
            _refuse(number, error.message)
        if not ask.model:
            _refuse(number, "it names no model")
        if ask.stream:
            _refuse(number, "a batch does not stream")
        yield number, line, ask


def _refuse(number: int, why: str) -> NoReturn:
    raise GatewayError("REQUEST_INVALID", f"file: line {number}: {why}", param="file")
