"""Entries and marks in the form in which they are stored: arrays, members in the order of the words' own.

It seals and sends nothing. What an older gateway kept is read by a newer one: a row's members keep their places.
"""

from __future__ import annotations

from typing import NamedTuple

from torana.core.cache_entry import Entry
from torana.core.call import Chunk, Usage
from torana.ports.cache import Mark


class UsageRow(NamedTuple):
    """A ``Usage``."""

    uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    estimated: bool = False
    extra: tuple[tuple[str, int], ...] = ()


class ChunkRow(NamedTuple):
    """A ``Chunk``."""

    wire: bytes
    content: bool = True
    usage: UsageRow | None = None
    finish: str | None = None
    events: int = 1
    sealed: tuple[str, ...] = ()
    letters: int = 0


class EntryRow(NamedTuple):
    """An ``Entry``."""

    id: str
    tenant: str
    model: str
    policy: str
    dialect: str
    stream: bool
    shape: bytes
    chunks: tuple[ChunkRow, ...]
    headers: tuple[tuple[str, str], ...]
    provider: str
    upstream_model: str
    usage: UsageRow | None
    cost_nano: int
    took_ms: int
    made_at: float
    expires_at: float


class MarkRow(NamedTuple):
    """A ``Mark``."""

    digest: str
    state: str
    entry: EntryRow | None = None


def row_of(entry: Entry) -> EntryRow:
    """The Entry, to be stored."""
    chunks = tuple([_chunk_row(one) for one in entry.chunks])
    return EntryRow(**{**entry._asdict(), "chunks": chunks, "usage": _usage_row(entry.usage)})


def entry_of(row: EntryRow) -> Entry:
    """The Entry that was stored."""
    chunks = tuple([_chunk(one) for one in row.chunks])
    return Entry(**{**row._asdict(), "chunks": chunks, "usage": _usage(row.usage)})


def row_of_mark(mark: Mark) -> MarkRow:
    """The Mark, to be stored."""
    return MarkRow(mark.digest, mark.state, None if mark.entry is None else row_of(mark.entry))


def mark_of(row: MarkRow) -> Mark:
    """The Mark that was stored."""
    return Mark(row.digest, row.state, None if row.entry is None else entry_of(row.entry))


def _chunk_row(one: Chunk) -> ChunkRow:
    return ChunkRow(one.wire, one.content, _usage_row(one.usage), one.finish, one.events, one.sealed, one.letters)


def _chunk(row: ChunkRow) -> Chunk:
    return Chunk(row.wire, row.content, _usage(row.usage), row.finish, row.events, row.sealed, row.letters)


def _usage_row(one: Usage | None) -> UsageRow | None:
    if one is None:
        return None
    return UsageRow(
        one.uncached, one.cache_read, one.cache_write, one.output, one.reasoning, one.estimated, one.extra
    )  # fmt: skip


def _usage(row: UsageRow | None) -> Usage | None:
    return None if row is None else Usage(*row)
