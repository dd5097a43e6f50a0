"""Rows are what was stored before there were rows: arrays, in the order of the words' members."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import msgspec
import pytest

from torana.core.cache_entry import Entry
from torana.core.call import Chunk, Usage
from torana.ports.cache import Mark
from torana.stores.valkey.entry_rows import (
    ChunkRow,
    EntryRow,
    MarkRow,
    UsageRow,
    entry_of,
    mark_of,
    row_of,
    row_of_mark,
)

USAGE = Usage(1, 2, 3, 4, 5, True, (("searches", 1),))
ENTRY = Entry(
    "a" * 64, "acme", "m", "default@1", "openai_chat", True, b"{}",
    (Chunk(b"data: x\n\n", True, USAGE, "stop", 4, ("abc",), 7), Chunk(b"data: [DONE]\n\n", False)),
    (("content-type", "text/plain"),), "p", "up", Usage(output=2), 12, 900, 1.5, 61.5,
)  # fmt: skip
STORED = [
    "a" * 64, "acme", "m", "default@1", "openai_chat", True, b"{}",
    [[b"data: x\n\n", True, [1, 2, 3, 4, 5, True, [["searches", 1]]], "stop", 4, ["abc"], 7],
     [b"data: [DONE]\n\n", False, None, None, 1, [], 0]],
    [["content-type", "text/plain"]], "p", "up", [0, 0, 0, 2, 0, False, []], 12, 900, 1.5, 61.5,
]  # fmt: skip


def test_an_entry_is_stored_as_arrays_and_read_from_them() -> None:
    wire = msgspec.msgpack.encode(row_of(ENTRY))
    assert msgspec.msgpack.decode(wire) == STORED
    assert entry_of(msgspec.msgpack.decode(wire, type=EntryRow)) == ENTRY


@pytest.mark.parametrize("mark", [Mark("d", "running"), Mark("d", "done", ENTRY), Mark("d", "ended")])
def test_a_mark_is_stored_as_an_array_and_read_from_it(mark: Mark) -> None:
    wire = msgspec.msgpack.encode(row_of_mark(mark))
    assert msgspec.msgpack.decode(wire) == [mark.digest, mark.state, None if mark.entry is None else STORED]
    assert mark_of(msgspec.msgpack.decode(wire, type=MarkRow)) == mark


@pytest.mark.parametrize(("word", "row"), [(Usage, UsageRow), (Chunk, ChunkRow)])
def test_a_row_has_all_members_of_its_word_with_their_defaults(word: Any, row: Any) -> None:
    assert tuple(one.name for one in fields(word)) == row._fields
    assert {one.name: one.default for one in fields(word) if one.default is not MISSING} == row._field_defaults


@pytest.mark.parametrize(("word", "row"), [(Entry, EntryRow), (Mark, MarkRow)])
def test_so_have_rows_of_what_is_a_tuple_itself(word: Any, row: Any) -> None:
    assert (word._fields, word._field_defaults) == (row._fields, row._field_defaults)
