"""OpenAI image generation on both sides: what a body asks for, how refusals look, and reading answers.

It opens no picture: answers and events are handed on as they are. Called by ``edge`` and ``providers``.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed
from torana.dialects import json_text, openai_errors, plain
from torana.dialects.openai_usage import usage_of_response
from torana.dialects.typed_stream import TypedStream
from torana.ports.dialect import StreamDecoder

ID = "image_generations"
OPERATION = "image_generations"
PATHS: tuple[str, ...] = ("/v1/images/generations",)
CARRIES: frozenset[bytes] = frozenset()

MOST_TOKENS = 6240
"""Output tokens of the dearest picture (1024 x 1536, high quality); every partial picture costs TOKENS_A_PARTIAL more:
https://platform.openai.com/docs/guides/image-generation."""
TOKENS_A_PARTIAL = 100
MOST_PICTURES = 128


class _Body(msgspec.Struct, gc=False):
    """https://platform.openai.com/docs/api-reference/images/create; the members we must know."""

    prompt: str
    model: str | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=MOST_PICTURES)] | None = None
    stream: bool | None = None
    size: object = None
    quality: object = None
    partial_images: Annotated[int, msgspec.Meta(ge=0, le=16)] | None = None
    user: str | None = None


class _Answer(msgspec.Struct, gc=False):
    data: list[msgspec.Raw] | None = None
    usage: object = None
    error: object = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    wanted = json_text.decode_request(body, _body)
    most = MOST_TOKENS + TOKENS_A_PARTIAL * (wanted.partial_images or 0)
    pictures = wanted.n or 1
    units = ((kind_of_picture(wanted.size, wanted.quality), pictures),)
    return Ask(wanted.model, bool(wanted.stream), most, candidates=pictures, user=wanted.user, units=units)


_WORD = re.compile(r"[a-z0-9]{1,16}")


def kind_of_picture(size: object, quality: object) -> str:
    """What pictures of the size and quality asked for are priced as: ``image/1024x1024/hd``; the API's own where not said."""
    words = [word if isinstance(word, str) and _WORD.fullmatch(word) else "auto" for word in (size, quality)]
    return f"image/{words[0]}/{words[1]}"


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event
retarget = plain.retarget


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder for one stream that answers ``ask``."""
    return TypedStream("image_generation.completed", ID, MOST_TOKENS)


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole answer as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    return answer_of(body, ID)


def answer_of(body: bytes, dialect: str) -> Chunk:
    """The same for every dialect whose answers are lists of pictures."""
    answer = plain.decoded(_answer, body, "list of pictures")
    if answer.error:
        raise openai_errors.fault_inside(answer.error, body, dialect)
    if answer.data is None:
        raise AnswerMalformed("the answer has no pictures")
    return Chunk(body, True, usage_of_response(answer.usage))
