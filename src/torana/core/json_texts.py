"""Every string of a JSON text, keys too: messages, tools, arguments, whatever comes next.

It judges nothing. Called by the guard room and by dialects that must add to what is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator


def texts_of(body: bytes) -> Iterator[str]:
    """The strings of a JSON text. Raises ValueError for what is none, RecursionError for one nested too deep.

    Walked with a stack, not by recursion, so that deep nesting cannot end the process. Objects are read as lists of
    pairs: of a member that is there twice, a provider may read the one that a dict would have lost.
    """
    stack: list[object] = [json.loads(body, object_pairs_hook=list, parse_int=unread, parse_float=unread)]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list | tuple):
            stack.extend(item)


def unread(number: str) -> None:
    """No number is looked at; an integer of many thousand digits would not even be read (CPython refuses)."""
