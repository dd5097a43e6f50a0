"""Reranking on both sides, in the shape that Cohere and Jina brought and that compatible hosts took over.

It sorts nothing and reads no document: answers are handed on as they are. Called by ``edge`` and ``providers``.
"""

from __future__ import annotations

from dataclasses import replace
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
TOKENS_A_DOCUMENT = 250
"""Half of the 500, for each part is searched together with the query."""
DOCUMENTS_A_SEARCH = 100


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
    wanted = json_text.decode_request(body, _body)
    return Ask(wanted.model, max_tokens=0, units=(("searches", most_searches(len(wanted.documents), len(body))),))


def most_searches(documents: int, size: int) -> int:
    """The most search units: one is a hundred documents, and a document of more than 500 tokens counts as several
    (https://docs.cohere.com/docs/how-does-cohere-pricing-work); no text has more tokens than bytes.
    """
    return -(-(documents + size // TOKENS_A_DOCUMENT) // DOCUMENTS_A_SEARCH)


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

    Cohere's search units are no tokens: they are beside them.
    """
    if (usage := usage_of(answer.usage)) is not None:
        return replace(usage, output=0, reasoning=0)
    total = count_of(answer.usage.get("total_tokens")) if isinstance(answer.usage, dict) else None
    searches = None
    if isinstance(answer.meta, dict):
        tokens, billed = answer.meta.get("tokens"), answer.meta.get("billed_units")
        total = count_of(tokens.get("input_tokens")) if total is None and isinstance(tokens, dict) else total
        searches = count_of(billed.get("search_units")) if isinstance(billed, dict) else None
    if total is None and searches is None:
        return None
    return Usage(uncached=total or 0, extra=(("searches", searches),) if searches else ())
