"""The arithmetic of a file whose lines are bound to each other: each tells its number and the digest of the line before it of
its tenant, and ends with its own digest (SHA-256).

Pure. Used by what writes the audit file and by whoever verifies it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

GENESIS = "0" * 64
"""What the first line of a tenant follows."""
_HASH = b',"hash":"'
_END = b'"}'
_BEHIND = 64 + len(_END)
"""Bytes of a line behind the name of its digest."""


class Place(NamedTuple):
    """Where the lines of a tenant end."""

    number: int = 0
    digest: str = GENESIS
    """Hexadecimal."""


FIRST = Place()
Heads = dict[str, Place]


class Bound(NamedTuple):
    """What a line tells of its place."""

    tenant: str
    position: int
    number: int
    before: str
    hash: str


def bound_lines(
    records: Sequence[Any], position: int, heads: Heads, moved: Heads, encode: Callable[[Any, bytearray, int], None]
) -> bytearray:
    """The lines of records, each with a tenant: ``moved`` tells where they end then, and counts before ``heads``.

    ``position``: that of the record before the first. ``encode`` appends a JSON object to what it is given.
    """
    lines = bytearray()
    number, digest, last = *FIRST, None
    before = digest.encode()
    for record in records:
        position += 1
        begins = len(lines)
        encode(record, lines, -1)
        tenant = record.tenant
        if tenant != last:  # mostly it is that of the line before, whose end is at hand
            if last is not None:
                moved[last] = Place(number, before.decode())
            number, digest = moved.get(tenant) or heads.get(tenant, FIRST)
            before, last = digest.encode(), tenant
        number += 1
        lines[-1:] = b',"position":%d,"number":%d,"before":"%b"' % (position, number, before)
        before = sha256(lines[begins:]).hexdigest().encode()
        lines += b'%b%b"}\n' % (_HASH, before)
    if last is not None:
        moved[last] = Place(number, before.decode())
    return lines


def bound_of(line: bytes) -> Bound | None:
    """What a line, without its line feed, tells of its place; None for one that tells nothing of it. Raises ValueError."""
    if line[-_BEHIND - len(_HASH) : -_BEHIND] != _HASH or not line.endswith(_END):
        return None
    try:
        told = json.loads(line)
        return Bound(
            str(told["tenant"]), int(told["position"]), int(told["number"]), str(told["before"]), str(told["hash"])
        )
    except (TypeError, KeyError, RecursionError) as fault:
        raise ValueError("the line cannot be read") from fault


def is_whole(line: bytes, said: Bound) -> bool:
    """Whether the line is as it was written."""
    return sha256(line[: -_BEHIND - len(_HASH)]).hexdigest() == said.hash


def end_of(line: bytes) -> tuple[str, Place] | None:
    """Whose end a line is, and where; None for a line that is bound to nothing, or cannot be read."""
    try:
        said = bound_of(line)
    except ValueError:
        return None
    return None if said is None else (said.tenant, Place(said.number, said.hash))
