"""OpenAI's older text completions on both sides: what a body asks for, how refusals look, and reading answers.

Streams and retargeting are those of chat but for where the text stands. Called by ``edge`` and ``providers``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed
from torana.dialects import json_text, openai_chat, openai_errors, openai_stream, plain
from torana.dialects.openai_usage import usage_of
from torana.ports.dialect import StreamDecoder

ID = "completions"
OPERATION = "completions"
PATHS: tuple[str, ...] = ("/v1/completions",)
CARRIES: frozenset[bytes] = frozenset()

_MOST_TOKENS = (1 << 31) - 1
_Many = Annotated[int, msgspec.Meta(ge=1, le=openai_chat.MOST_CANDIDATES)]


class _StreamOptions(msgspec.Struct, gc=False):
    include_usage: bool | None = None


class _Body(msgspec.Struct, gc=False):
    """https://platform.openai.com/docs/api-reference/completions/create; the members we must know."""

    prompt: str | list[str | int | list[int]] | None = None
    model: str | None = None
    stream: bool | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=-_MOST_TOKENS, le=_MOST_TOKENS)] | None = None
    n: _Many | None = None
    best_of: _Many | None = None
    stream_options: _StreamOptions | None = None
    user: str | None = None


class _Choice(msgspec.Struct, gc=False):
    finish_reason: object = None
    error: object = None


class _Answer(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: object = None
    error: object = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault.

    Every prompt of a list has candidates of its own, and ``best_of`` pays for those that are thrown away. A negative
    ``max_tokens`` counts as none: local engines document -1 for "no bound".
    """
    wanted = json_text.decode_request(body, _body)
    stream = bool(wanted.stream)
    options = wanted.stream_options
    limit = wanted.max_tokens
    return Ask(
        wanted.model,
        stream,
        None if limit is None or limit < 0 else limit,
        not stream or bool(options is not None and options.include_usage),
        max(wanted.n or 1, wanted.best_of or 1) * _prompts(wanted.prompt),
        user=wanted.user,
        unread="" if _is_text(wanted.prompt) else "prompt",
    )


def bound(body: bytes, most: int) -> bytes:
    """The body with each answer bounded."""
    return json_text.changed(body, {"max_tokens": b"%d" % most})


def _is_text(prompt: str | list[str | int | list[int]] | None) -> bool:
    return not isinstance(prompt, list) or all(isinstance(one, str) for one in prompt)


def _prompts(prompt: str | list[str | int | list[int]] | None) -> int:
    """How many texts are completed: a list of token numbers is one."""
    return sum(not isinstance(one, int) for one in prompt) or 1 if isinstance(prompt, list) else 1


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event
retarget = openai_chat.retarget


class _TextChoice(openai_stream.Choice, gc=False):
    """A choice whose text stands in itself and not in a delta."""

    text: object = None

    def __post_init__(self) -> None:
        if self.text:
            self.delta = {"text": self.text}


class _TextEvent(openai_stream.Happening, gc=False):
    choices: list[_TextChoice] | None = None  # type: ignore[assignment]  # read only, so a list of a narrower kind will do


class TextStream(openai_stream.ChatStream):
    """Decoder of one stream of text completions: chat's, with events of another shape."""

    __slots__ = ()
    _decode = staticmethod(msgspec.json.Decoder(_TextEvent).decode)


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder for one stream that answers ``ask``."""
    return TextStream(ask, ID)


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole answer as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    answer = plain.decoded(_answer, body, "completion")
    if answer.error:
        raise openai_errors.fault_inside(answer.error, body, ID)
    if answer.choices is None:
        raise AnswerMalformed("the answer has no choices")
    finish: str | None = None
    for choice in answer.choices:
        if choice.error or choice.finish_reason == "error":
            raise openai_errors.fault_inside(choice.error, body, ID)
        if finish is None and isinstance(choice.finish_reason, str):
            finish = choice.finish_reason
    return Chunk(body, True, usage_of(answer.usage), finish)
