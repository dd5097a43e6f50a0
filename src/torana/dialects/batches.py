"""OpenAI's batches: what making one asks for, and what a provider says of one.

Its lines are the file's (``batch_lines``). Called by ``kept_requests``.
"""

from __future__ import annotations

import msgspec

from torana.core.call import Ask, Usage
from torana.core.kept import BATCH, Made, Wanted
from torana.dialects import json_text
from torana.dialects.openai_usage import usage_of_response

ID = "batches"
OVER = frozenset({"completed", "failed", "expired", "cancelled"})
"""Statuses after which nothing is done any more (https://platform.openai.com/docs/guides/batch)."""


class _Body(msgspec.Struct, gc=False):
    """https://platform.openai.com/docs/api-reference/batch/create."""

    input_file_id: str
    endpoint: str


class _Counts(msgspec.Struct, gc=False):
    completed: int | None = None


class _Batch(msgspec.Struct, gc=False):
    id: str
    status: str
    output_file_id: str | None = None
    error_file_id: str | None = None
    request_counts: _Counts | None = None
    usage: dict[str, object] | None = None


_body = msgspec.json.Decoder(_Body)
_batch = msgspec.json.Decoder(_Batch).decode


def read(body: bytes, wanted: Wanted) -> Ask:
    """What making a batch asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    said = json_text.decode_request(body, _body)
    return Ask(
        None, max_tokens=0, counted_bytes=0, kept=wanted._replace(source=said.input_file_id, endpoint=said.endpoint)
    )


def made(answer: bytes) -> Made:
    """What an answer says of a batch. Raises ValueError for what is none."""
    found = _batch(answer)
    outputs = tuple(one for one in (found.output_file_id, found.error_file_id) if one)
    over = found.status in OVER
    return Made(BATCH, found.id, over, outputs, _usage(found) if over else None)


def _usage(batch: _Batch) -> Usage | None:
    """What a batch that is over used. Hosts that do not count say nothing, or zeros beside answers: then it is unknown."""
    answered = batch.request_counts.completed if batch.request_counts is not None else None
    if answered == 0 and batch.output_file_id is None:
        return Usage()
    told = usage_of_response(batch.usage)
    return told if told is not None and told.input else None
