"""Every string of a JSON text, keys too: messages, tools, arguments, whatever comes next.

It judges nothing. Called by the guard room and by dialects that must add to what is looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter


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


def as_read(body: bytes) -> bytes | None:
    """A body of JSON with its escapes read, so that every string stands in it as it is, without taking it apart.

    None where that would take more than this: ``\\u`` and escaped backslashes, which JSON in a string has too.
    """
    if body.find(b"\\") < 0:  # ``in`` costs an exception before it looks
        return body
    if b"\\\\" in body or b"\\u" in body:
        return None
    for escape, sign in _ESCAPES:
        body = body.replace(escape, sign)
    return body


def without_form(body: bytes) -> bytes:
    """A body of JSON without what every request or answer of its kind has: names of members that no text hangs on, an id.

    For who looks through a body without taking it apart: what looks like words or secrets there is neither. No letter of a
    text is left out, for before a quotation mark in a text stands a backslash.
    """
    return _NAMES.sub(b" ", without_beginning(body))


def without_beginning(body: bytes) -> bytes:
    """A body of JSON without the id, kind and time that it begins with, if it does."""
    begins = _ID.match(body)
    return body if begins is None else body[begins.end() :]


_ID = re.compile(
    rb'\s*\{\s*"id"\s*:\s*"[\w./:+-]{0,128}"'
    rb'(?:\s*,\s*"object"\s*:\s*"[\w.]{0,64}")?(?:\s*,\s*"created(?:_at)?"\s*:\s*\d{1,16}(?![\w.]))?'
)
"""Of an answer, at its beginning, with the kind and the time behind it, whose digits are as many as those of a phone number."""
_TOKENS = (
    "max", "max_completion", "max_output", "prompt", "completion", "total", "input", "output", "cached", "reasoning",
    "audio", "text", "image", "accepted_prediction", "rejected_prediction", "cache_creation_input", "cache_read_input",
)  # fmt: skip
"""Of what numbers of tokens are told."""
_MEMBERS = (
    "model", "messages", "role", "content", "type", "text", "input", "prompt", "system", "instructions", "contents",
    "parts", "systemInstruction", "generationConfig", "maxOutputTokens", "temperature", "top_p", "stream",
    "stream_options", "include_usage", "stop", "seed", "choices", "index", "message", "delta", "finish_reason", "usage",
    "object", "created", "output",
)  # fmt: skip
"""That dialects have for every text."""


def _one_of(names: Iterable[str]) -> str:
    """A pattern for any of the names, by their first letters: tried one by one they take a third longer."""
    by_letter = groupby(sorted(names), key=itemgetter(0))
    return "|".join(f"{letter}(?:{'|'.join(name[1:] for name in some)})" for letter, some in by_letter)


_NAMES = re.compile(
    rf'"(?<!\\")(?:{_one_of((*_MEMBERS, *(f"{name}_tokens(?:_details)?" for name in _TOKENS)))})"\s*:'.encode()
)
_ESCAPES = (
    (b"\\n", b"\n"), (b'\\"', b'"'), (b"\\t", b"\t"), (b"\\r", b"\r"), (b"\\/", b"/"), (b"\\b", b"\b"), (b"\\f", b"\f"),
)  # fmt: skip


def unread(number: str) -> None:
    """No number is looked at; an integer of many thousand digits would not even be read (CPython refuses)."""
