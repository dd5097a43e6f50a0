"""OpenAI chat completions on both sides: what a body asks for, how refusals look, and reading plain answers.

It judges no caller and picks no model; the bytes of requests and answers stay as they are wherever nothing must change.
Called by ``edge`` (client side) and ``providers`` (upstream side).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed
from torana.dialects import json_text, openai_errors, openai_stream
from torana.dialects.openai_usage import usage_of
from torana.dialects.sealed import NONE, beginnings, signature_in
from torana.ports.dialect import StreamDecoder

ID = "openai_chat"
OPERATION = "chat"
PATHS: tuple[str, ...] = ("/v1/chat/completions",)
CARRIES: frozenset[bytes] = frozenset()

MOST_CANDIDATES = 128
"""The greatest ``n`` of https://platform.openai.com/docs/api-reference/chat/create."""
_MOST_TOKENS = (1 << 31) - 1
_AUDIO_PARTS = ("input_audio", "audio_url")
_VISION_PARTS = ("image_url", "video_url", "image")

_Tokens = Annotated[int, msgspec.Meta(ge=-_MOST_TOKENS, le=_MOST_TOKENS)]


_ABSENT = msgspec.Raw()


class _Part(msgspec.Struct, gc=False):
    type: str | None = None


class _Message(msgspec.Struct, gc=False):
    role: str
    content: str | list[_Part | str] | None = None
    thinking_blocks: msgspec.Raw = _ABSENT
    tool_calls: msgspec.Raw = _ABSENT


class _Block(msgspec.Struct, gc=False):
    signature: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.Raw()


class _Call(msgspec.Struct, gc=False):
    extra_content: msgspec.Raw = msgspec.Raw()


class _StreamOptions(msgspec.Struct, gc=False):
    include_usage: bool | None = None


class _Format(msgspec.Struct, gc=False):
    type: str | None = None


class _Body(msgspec.Struct, gc=False):
    """The members we must know; everything else stays bytes."""

    messages: Annotated[list[_Message], msgspec.Meta(min_length=1)]
    model: str | None = None
    stream: bool | None = None
    max_tokens: _Tokens | None = None
    max_completion_tokens: _Tokens | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=MOST_CANDIDATES)] | None = None
    stream_options: _StreamOptions | None = None
    user: str | None = None
    tools: list[msgspec.Raw] | None = None
    functions: list[msgspec.Raw] | None = None
    response_format: _Format | None = None
    modalities: list[str] | None = None


class _Choice(msgspec.Struct, gc=False):
    finish_reason: object = None
    error: object = None


class _Answer(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: object = None
    error: object = None
    service_tier: object = None
    kind: str | None = msgspec.field(default=None, name="object")
    code: int | str | None = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode
_blocks = msgspec.json.Decoder(list[_Block]).decode
_calls = msgspec.json.Decoder(list[_Call]).decode
_EXTRA = b'"extra_content"'
_WITH_USAGE = b'{"include_usage":true}'
_NOTHING: frozenset[str] = frozenset()


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault.

    A negative ``max_tokens`` counts as none: local engines document -1 for "no bound".
    """
    wanted = json_text.decode_request(body, _body)
    needs, sealed = _NOTHING, NONE
    for message in wanted.messages:
        if (
            type(message.content) is not str
            or message.thinking_blocks is not _ABSENT
            or message.tool_calls is not _ABSENT
        ):
            needs, sealed = _of_parts(wanted.messages), _sealed(wanted.messages)
            break
    limit = wanted.max_completion_tokens if wanted.max_completion_tokens is not None else wanted.max_tokens
    stream = bool(wanted.stream)
    options = wanted.stream_options
    return Ask(
        wanted.model,
        stream,
        None if limit is None or limit < 0 else limit,
        not stream or bool(options is not None and options.include_usage),
        wanted.n or 1,
        _needs(wanted, needs),
        wanted.user,
        None,
        None,
        None,
        None,
        sealed,  # in its place: a word would cost as much as all the rest
    )


def _needs(wanted: _Body, needs: frozenset[str]) -> frozenset[str]:
    """What the request uses. ``needs``: what its messages use."""
    if (
        wanted.tools is None
        and wanted.functions is None
        and wanted.response_format is None
        and wanted.modalities is None
    ):
        return needs
    more = set(needs)
    if wanted.tools or wanted.functions:
        more.add("tools")
    if wanted.response_format is not None and wanted.response_format.type == "json_schema":
        more.add("json_schema")
    if wanted.modalities is not None and "audio" in wanted.modalities:
        more.add("audio")
    return frozenset(more)


def _of_parts(messages: list[_Message]) -> frozenset[str]:
    """What the parts of messages use."""
    needs = set()
    for message in messages:
        if isinstance(message.content, list):
            for part in message.content:
                if isinstance(part, _Part):
                    if part.type in _VISION_PARTS:
                        needs.add("vision")
                    elif part.type in _AUDIO_PARTS:
                        needs.add("audio")
    return frozenset(needs)


def _sealed(messages: list[_Message]) -> tuple[str, ...]:
    """Of the messages that have any: blocks of thinking, and the signatures of Google's models beside tool calls."""
    raws: list[msgspec.Raw] = []
    for message in messages:
        if message.thinking_blocks is _ABSENT and message.tool_calls is _ABSENT:
            continue
        blocks, calls = message.thinking_blocks, bytes(message.tool_calls)
        try:
            if bytes(blocks)[:1] == b"[":
                raws += (raw for block in _blocks(blocks) for raw in (block.signature, block.data))
            if _EXTRA in calls:
                raws += (signature_in(call.extra_content) for call in _calls(calls))
        except (ValueError, RecursionError):  # of another shape: the provider says what is wrong with it
            continue
    return beginnings(raws) if raws else NONE


def bound(body: bytes, most: int) -> bytes:
    """The body with each answer bounded; hosts that know the older name only are given that one by their provider."""
    return json_text.changed(body, {"max_completion_tokens": b"%d" % most, "max_tokens": None})


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body for a provider: another model name, usage asked for. The same object when nothing changes.

    ``stream_usage``: whether the provider takes ``stream_options.include_usage``. If it does, usage is asked for
    on every stream; if not, a caller's ``stream_options`` with that wish are taken out, for such hosts refuse them.
    Bytes of other members stay as they are.
    """
    changes: dict[str, bytes | None] = {}
    if model != ask.model:
        changes["model"] = msgspec.json.encode(model)
    if ask.stream and stream_usage != ask.wants_usage:
        changes["stream_options"] = _options_with_usage(body) if stream_usage else None
    return json_text.changed(body, changes) if changes else body


def _options_with_usage(body: bytes) -> bytes:
    """The caller's other stream options stay."""
    text = None if json_text.surely_absent(body, "stream_options") else json_text.member(body, "stream_options")
    return json_text.rewritten(text, {"include_usage": b"true"}) if text and text != b"null" else _WITH_USAGE


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder for one stream that answers ``ask``."""
    return openai_stream.ChatStream(ask, ID)


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole plain answer as one chunk, bytes exact.

    Raises StatusFault for an error inside a 200, AnswerMalformed for what is no chat completion.
    """
    try:
        if not body.isascii():
            str(body, "utf-8")
        answer = _answer(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("the answer is no chat completion") from None
    if answer.error:
        raise openai_errors.fault_inside(answer.error, body, ID)
    if answer.kind == "error":
        raise openai_errors.fault_inside({"code": answer.code}, body, ID)
    if answer.choices is None:
        raise AnswerMalformed("the answer has no choices")
    finish: str | None = None
    for choice in answer.choices:
        if choice.error or choice.finish_reason == "error":
            raise openai_errors.fault_inside(choice.error, body, ID)
        if finish is None and isinstance(choice.finish_reason, str):
            finish = choice.finish_reason
    usage = usage_of(answer.usage, answer.service_tier)
    return Chunk(body, True, usage, finish)
