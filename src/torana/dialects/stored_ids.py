"""Whether a body names what a provider keeps by its id: such a thing may be another tenant's.

A provider knows one account, ours, and gives it to whoever names it. Called by ``providers`` that keep files, and for the
lines of batches.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from torana.core.errors import GatewayError
from torana.core.json_texts import unread

MEMBERS = frozenset({"file_id", "file_ids", "vector_store_ids", "container"})
"""Members whose texts are ids (https://platform.openai.com/docs/api-reference/chat/create, …/responses/create)."""
ITEM = "item_reference"
"""An item of an earlier response."""
NOT_LOOKED_AT = frozenset({"metadata", "user"})
_ESCAPES = (b"\\u005", b"\\u006", b"\\u007")
"""How the letters of these words may be written in JSON; no other text is."""


def refuse_stored(body: bytes) -> None:
    """Raise GatewayError REQUEST_INVALID for a JSON body that names a stored thing. What is no JSON is not looked at.

    A schema that has a member of such a name is none: its value is an object.
    """
    find = body.find  # ``in`` costs an exception before it looks
    if not (
        find(b"file_id") >= 0
        or find(b"vector_store_ids") >= 0
        or find(b'"container"') >= 0
        or find(b"item_reference") >= 0
        or (find(b"\\") >= 0 and b"\\u00" in body and any(map(body.__contains__, _ESCAPES)))
    ):
        return
    name = _named(body)
    if name:
        message = f"{name}: what is kept at the provider cannot be named here. Send the content itself."
        raise GatewayError("REQUEST_INVALID", message, param=name)


def _named(body: bytes) -> str:
    try:
        whole = json.loads(body, object_pairs_hook=_Pairs, parse_int=unread, parse_float=unread)
    except (ValueError, RecursionError):
        return ""
    stack: list[Any] = [_Pairs(pair for pair in whole if pair[0] not in NOT_LOOKED_AT)] if type(whole) is _Pairs else []
    while stack:
        item = stack.pop()
        if type(item) is not _Pairs:
            stack.extend(one for one in item if isinstance(one, list))
            continue
        for name, value in item:
            if name in MEMBERS and any(_texts(value)):
                return str(name)
            if name == "type" and value == ITEM:
                return ITEM
            if isinstance(value, list):
                stack.append(value)
    return ""


class _Pairs(list[Any]):
    """An object as its members in order, those that are there twice included."""


def _texts(value: object) -> Iterator[bool]:
    if isinstance(value, str):
        yield True
    elif type(value) is list:
        yield from (isinstance(one, str) for one in value)
