"""Every text in a body of JSON with its place and whose words it is; and new texts put where old ones stood.

Nothing else of the body changes, to the byte. It judges no text. Called by the guard room.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from torana.core.json_members import (
    FREE,
    FREE_IN_TYPES,
    MARKS,
    MEMBERS,
    ROLES,
    TOLD,
    TYPES,
    is_data_url,
    is_plain_name,
    is_structure,
    marks_pieces,
    says_words,
)

DEEPEST = 4
"""How many times JSON may be a text in JSON and still be looked into; the text itself is looked at in any case."""
SHORTEST_NUMBER = 7
"""Digits of the numbers that are looked at where members are free."""
NOT_LOOKED_AT = frozenset({"logprobs", "logprobsResult", "top_logprobs"})
"""In answers: their text once more, in tokens, which leaves with the text or not at all (``without_logprobs``)."""

_LITERAL = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*', re.DOTALL)
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_LOGPROBS = re.compile(rb'"(?:logprobs|logprobsResult)"\s*:\s*(?=[\[{])')

Number = tuple[int, ...]
"""Which literal of the body, counted from 0 in the order of the bytes; further ones: which literal in the JSON in that text."""


class Place(NamedTuple):
    """One text and where it stands."""

    text: str
    number: Number
    role: str
    """As in ``ports.guardrail.Where``."""
    path: str
    """For people: ``messages[1].content``."""
    lead: str = ""
    """The name of the member that it is the value of, where members are free: it tells what the value is."""
    holds_json: bool = False
    """Whether it is JSON in a text: its own texts are places too."""
    marks: tuple[tuple[str, str], ...] = ()
    """What tells pieces of one text from those of another in a stream: ``index``, ``item_id`` and such, from around it."""
    spots: tuple[tuple[int, str], ...] = ()
    """Where in the text something begins that has a path of its own, in order: the cells of a sheet."""

    def spot(self, start: int) -> tuple[int, str]:
        """Where that begins in which a sign of the text stands, and its path."""
        for begins, path in reversed(self.spots):
            if begins <= start:
                return begins, path
        return 0, self.path


class Digits(str):
    """A number as it is written."""

    __slots__ = ()


class _At(NamedTuple):
    """What is known of the surroundings."""

    path: str
    role: str
    free: bool
    name: str = ""
    marks: tuple[tuple[str, str], ...] = ()
    answer: bool = False
    """Whether a model wrote all of it: what callers write may be anything, whatever its name."""


def parsed(text: str) -> Any:
    """The JSON value: objects as tuples of pairs, for a member may be there twice, numbers as Digits.

    Raises ValueError, RecursionError.
    """
    return json.loads(text, object_pairs_hook=tuple, parse_int=Digits, parse_float=Digits)


def everything(body: bytes) -> list[str]:
    """Every string and number of the body, names of members too, in no order. Raises ValueError, RecursionError."""
    found: list[str] = []
    stack = [parsed(str(body, "utf-8"))]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, list | tuple):
            stack.extend(one)
    return found


def places(body: bytes, role: str = "") -> list[Place]:
    """The texts of the body, in order. ``role``: whose words they are where nothing says so.

    Raises ValueError for what is no JSON in UTF-8, RecursionError for what is nested too deep.
    """
    at = _At("", role, free=False, answer=role == "assistant")
    return list(_places(parsed(str(body, "utf-8")), at, (), 0))


def spliced(body: bytes, texts: Mapping[Number, str]) -> bytes:
    """The body with these texts in the places of their numbers; a number that is replaced becomes a text."""
    below: dict[int, dict[Number, str]] = {}
    for number, text in texts.items():
        below.setdefault(number[0], {})[number[1:]] = text
    parts: list[bytes] = []
    end = 0
    for count, found in enumerate(_LITERAL.finditer(body)):
        new = below.get(count)
        if new is None:
            continue
        text = new[()] if () in new else _within(found.group(), new)
        parts += (body[end : found.start()], literal(text))
        end = found.end()
    parts.append(body[end:])
    return b"".join(parts)


def literal(text: str) -> bytes:
    """The text as a JSON string."""
    return json.dumps(text).encode()


def spans(body: bytes) -> list[tuple[int, int]]:
    """Where each literal stands."""
    return [found.span() for found in _LITERAL.finditer(body)]


def without_logprobs(body: bytes) -> bytes:
    """The body with nothing in its ``logprobs``: null for an object, an empty list for a list."""
    parts: list[bytes] = []
    end = 0
    while (found := _LOGPROBS.search(body, end)) is not None:
        start = found.end()
        parts += (body[end:start], b"null" if body[start : start + 1] == b"{" else b"[]")
        end = _closed(body, start)
    parts.append(body[end:])
    return b"".join(parts)


def _closed(body: bytes, start: int) -> int:
    """Where the object or list ends that begins there."""
    depth = 0
    for found in _TOKEN.finditer(body, start):
        sign = found.group()
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
            if not depth:
                return found.end()
    return len(body)


def _within(old: bytes, new: Mapping[Number, str]) -> str:
    inner = json.loads(old).encode("utf-8", "surrogatepass")
    return str(spliced(inner, new), "utf-8", "surrogatepass")


def _places(value: Any, at: _At, above: Number, depth: int) -> Iterator[Place]:
    """Walked with a stack, not by recursion: nesting cannot end the process."""
    count = 0
    stack: list[Iterator[tuple[Any, _At | None]]] = [iter(((value, at),))]
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
            continue
        item, here = step
        if here is None:  # it is a literal that nobody looks at
            count += _literals(item)
        elif isinstance(item, str):
            if item or isinstance(item, Digits):
                yield from _texts(item, here, (*above, count), depth)
            count += 1
        elif isinstance(item, tuple):
            stack.append(_members(item, here))
        elif isinstance(item, list):
            stack.append(_elements(item, here))


def _literals(item: Any) -> int:
    """How many literals are in a value."""
    total = 0
    stack = [item]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            total += 1
        elif isinstance(one, list | tuple):
            stack.extend(one)
    return total


def _elements(items: list[Any], at: _At) -> Iterator[tuple[Any, _At]]:
    for index, item in enumerate(items):
        yield item, at._replace(path=f"{at.path}[{index}]")


def _members(pairs: tuple[tuple[str, Any], ...], at: _At) -> Iterator[tuple[Any, _At | None]]:
    role, special, marks = at.role, None, at.marks
    if not at.free:
        for name, value in pairs:
            if name == "role" and isinstance(value, str):
                role = ROLES.get(value, at.role)
            elif name == "type" and isinstance(value, str):
                special = TYPES.get(value)
                marks = (*marks, (name, value)) if marks_pieces(value) else marks
            elif name in MARKS and isinstance(value, str | bool):
                marks = (*marks, (name, str(value)))
    for name, value in pairs:
        known = name if is_plain_name(name) else "*"  # a name that is somebody's own may be what must not be told
        path = f"{at.path}.{known}" if at.path else known
        below = at._replace(path=path, role=role, name=name, marks=marks)
        yield name, None if is_plain_name(name) else below._replace(name="")
        yield value, below if at.free else _below(value, below, special)


def _below(value: Any, at: _At, special: Mapping[str, str] | None) -> _At | None:
    """What is known of a member's value; None when it is not looked at."""
    name = at.name
    if (at.answer and name in NOT_LOOKED_AT) or (isinstance(value, str) and is_structure(name, value)):
        return None
    told = special.get(name) if special is not None else None
    if told is not None:
        return at._replace(role=told, free=told in FREE_IN_TYPES and name == "input")
    return at._replace(role=MEMBERS.get(name, at.role), free=name in FREE or (name == "response" and at.role == "tool"))


def _texts(text: str, at: _At, number: Number, depth: int) -> Iterator[Place]:
    lead = at.name if at.free else ""
    if isinstance(text, Digits):
        if at.free and len(text) >= SHORTEST_NUMBER:
            yield Place(str(text), number, at.role, at.path, lead)
        return
    if is_data_url(text) and _is_file(text, at):
        return
    inner = _json_in(text) if depth < DEEPEST else None
    yield Place(text, number, at.role, at.path, lead, inner is not None, at.marks)
    if inner is not None:
        yield from _places(inner, _At(at.path, at.role, free=True), number, depth + 1)


def _is_file(data_url: str, at: _At) -> bool:
    """Whether it is no text: it stands where the file room finds files, or holds no words."""
    where_files_are = not at.free and at.name not in TOLD and not at.path.endswith("]")
    return where_files_are or not says_words(data_url)


def _json_in(text: str) -> Any:
    """The object or list that the text is; None when it is neither."""
    ends = text.strip()
    if ends[:1] + ends[-1:] not in ("{}", "[]"):
        return None
    try:
        return parsed(ends)
    except (ValueError, RecursionError):
        return None
