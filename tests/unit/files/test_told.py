from __future__ import annotations

import gc

import pytest

from torana.files import told
from torana.files.frames import HEAD, frame
from torana.files.worker import _told
from torana.ports.files import Extract, Note, Piece

FOUND = Extract(
    "csv",
    (Piece("row 1", "line 1"), Piece("4111", "cell B2", "row 2", "card", "hidden", True)),
    (Note("macro", "file"),),
    (Note("picture", "page 1"),),
    2,
)


def head_of(found: Extract) -> bytes:
    wire = frame({"extract": _told(found)}, found.memo)
    return wire[HEAD.size : HEAD.size + HEAD.unpack(wire[: HEAD.size])[0]]


def seen(found: Extract) -> list[tuple[object, ...]]:
    return [(one.text, one.place, one.unit, one.lead, one.kind, one.glued) for one in found.pieces]


@pytest.mark.parametrize("text", ["plain", "नमस्ते", "half a character \ud800 of a file", "\0"])
def test_what_a_worker_tells_is_what_it_read(text: str) -> None:
    found = FOUND._replace(pieces=(*FOUND.pieces, Piece(text, "line 3")))
    read = told.extract_of(told.told(head_of(found)), b"memo")
    assert seen(read) == seen(found)
    assert read._replace(pieces=()) == found._replace(pieces=(), memo=b"memo")


def test_the_collector_of_cycles_never_walks_pieces() -> None:
    read = told.extract_of(told.told(head_of(FOUND)), b"")
    assert not any(map(gc.is_tracked, read.pieces))


def test_other_answers() -> None:
    assert told.told(b'{"unreadable": "bomb", "message": "too large"}').unreadable == "bomb"
    assert told.told(b'{"no_copy": true}').no_copy
    assert told.told(b'{"held": ["network"]}').held == ["network"]


@pytest.mark.parametrize("head", [b"", b"[]", b'{"extract": 5}', b'{"extract": {"type": "csv", "pieces": [[1, 2]]}}'])
def test_nonsense_is_refused(head: bytes) -> None:
    with pytest.raises(ValueError):
        told.told(head)


def test_an_answer_without_an_extract_is_nonsense() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        told.extract_of(told.told(b'{"ok": true}'), b"")
