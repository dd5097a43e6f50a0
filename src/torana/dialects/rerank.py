"""Reranking on both sides, in the shape that Cohere and Jina brought and that compatible hosts took over.

It sorts nothing and reads no document: answers are handed on as they are. Called by ``edge`` and ``providers``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.core.call import Ask, Chunk, Usage
from torana.core.faults import AnswerMalformed
from torana.dialects import json_text, openai_errors, plain
from torana.dialects.openai_usage import count_of, usage_of
from torana.ports.dialect import StreamDecoder

ID = "rerank"
OPERATION = "rerank"
PATHS: tuple[str, ...] = ("/v1/rerank",)
CARRIES: frozenset[bytes] = frozenset()


class _Body(msgspec.Struct, gc=False):
    """https://docs.cohere.com/reference/rerank and https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html."""

    query: str | dict[str, msgspec.Raw]
    documents: Annotated[list[str | dict[str, msgspec.Raw]], msgspec.Meta(min_length=1)]
    model: str | None = None
    top_n: int | None = None


class _Answer(msgspec.Struct, gc=False):
    results: list[msgspec.Raw] | None = None
    usage: object = None
    meta: object = None
    error: object = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    return Ask(json_text.decode_request(body, _body).model, max_tokens=0)


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event
retarget = plain.retarget


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder that refuses everything."""
    return plain.NoStream("reranking")


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole answer as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    answer = plain.decoded(_answer, body, "reranking")
    if answer.error:
        raise openai_errors.fault_inside(answer.error, body, ID)
    if answer.results is None:
        raise AnswerMalformed("the answer has no results")
    return Chunk(body, True, _usage_of(answer))


def _usage_of(answer: _Answer) -> Usage | None:
    """Tokens, where the host says them: OpenAI's ``usage``, its total alone (Jina, vLLM), or Cohere's ``meta.tokens``.

    Cohere's search units are no tokens: such a model is priced by the request.
    """
    if (usage := usage_of(answer.usage)) is not None:
        return usage._replace(output=0, reasoning=0)
    total = count_of(answer.usage.get("total_tokens")) if isinstance(answer.usage, dict) else None
    if total is None and isinstance(answer.meta, dict) and isinstance(answer.meta.get("tokens"), dict):
        total = count_of(answer.meta["tokens"].get("input_tokens"))
    return None if total is None else Usage(uncached=total)
