"""OpenAI's Responses where answers are kept: requests that go on from one, ids of new ones, what is told of deleted ones.

Whose a response is, the line knows; all else of the dialect is ``openai_responses``'s. Used by ``edge`` and
``kept_requests``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.errors import GatewayError
from torana.core.kept import ANSWER, RESPONSE, Made, Wanted
from torana.dialects import openai_responses

ID = openai_responses.ID
OPERATION = openai_responses.OPERATION
CARRIES = openai_responses.CARRIES
ABOUT = "stored_responses"
"""The name, in Receipts too, of requests about a stored response; and the operation that a provider offers that keeps them."""

refuse = openai_responses.refuse
refuse_event = openai_responses.refuse_event
bound = openai_responses.bound

SANE_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,255}")
_DATA = b"data:"


class _Named(msgspec.Struct, gc=False):
    id: str = ""
    deleted: bool = False


class _Begun(msgspec.Struct, gc=False):
    response: _Named | None = None


_named = msgspec.json.Decoder(_Named).decode
_begun = msgspec.json.Decoder(_Begun).decode


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    ask, before, keep = openai_responses.read_stored(body)
    if before is None:
        return replace(ask, kept=Wanted(RESPONSE, ANSWER)) if keep else ask
    if not SANE_ID.fullmatch(before):
        message = "previous_response_id: there is no response of this id here."
        raise GatewayError("NOT_FOUND", message, param="previous_response_id")
    return replace(ask, kept=Wanted(RESPONSE, ANSWER, before, keep=keep))


def id_in(chunks: Sequence[Chunk], stream: bool) -> str:
    """The id of the response whose answer begins so; empty when it does not say, or says what is no id."""
    wire = b"".join(chunk.wire for chunk in chunks)
    try:
        found = _first_of(wire) if stream else _named(wire).id
    except (ValueError, RecursionError):
        return ""
    return found if SANE_ID.fullmatch(found) else ""


def made(answer: bytes) -> Made | None:
    """What an answer about a response says that matters here: that it was deleted. Raises ValueError for what is no object."""
    found = _named(answer)
    return Made(RESPONSE, found.id, over=True) if found.deleted else None


def _first_of(wire: bytes) -> str:
    """The id in the first event that holds a response; ``response.created`` is the first of all."""
    for line in wire.splitlines():
        if line.startswith(_DATA) and (begun := _begun(line[len(_DATA) :]).response) is not None and begun.id:
            return begun.id
    return ""
