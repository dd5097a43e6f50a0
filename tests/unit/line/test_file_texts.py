"""Pieces of a file as texts for guardrails, and what is found there as edits of the pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torana.line.file_texts import LONGEST, as_text, edited, edits_of, read_pieces
from torana.line.guard_change import Change
from torana.ports.files import Edit, Piece


def no_token(kind: str, value: str) -> str:
    return f"<{kind}>"


CELLS = [
    Piece("Name", "cell A1", "sheet"),
    Piece("Card", "cell B1", "sheet"),
    Piece("Ann", "cell A2", "sheet", "Name"),
    Piece("4111", "cell B2", "sheet", "Card"),
    Piece("far", "page 9", "page 9"),
]


def test_pieces_of_one_unit_are_one_text_with_headings_before_cells() -> None:
    reading = read_pieces(CELLS, "file")
    assert [place.text for place in reading.places] == ["Name\nCard\nName: Ann\nCard: 4111", "far"]
    assert {place.role for place in reading.places} == {"tool"}


def test_a_sign_of_a_text_is_told_by_its_piece() -> None:
    place = read_pieces(CELLS, "m[0].file").places[0]
    assert place.spot(place.text.index("4111") + 1) == (place.text.index("4111"), "m[0].file cell B2")
    assert place.spot(0) == (0, "m[0].file cell A1")


def test_pieces_that_are_glued_have_nothing_between_them() -> None:
    pieces = [Piece("41", "a", "u"), Piece("11", "b", "u", glued=True)]
    assert read_pieces(pieces, "").places[0].text == "4111"


def test_a_change_over_several_pieces_stands_in_the_first_of_them() -> None:
    pieces = [Piece("call 98", "a", "u"), Piece("76 now", "b", "u")]
    reading = read_pieces(pieces, "")
    edits = edits_of(reading, 0, [Change(5, 10, "phone", "redact")], no_token)
    assert edits == [Edit(0, 5, 7, "[PHONE]"), Edit(1, 0, 2, "")]
    assert edited(pieces, edits) == ["call [PHONE]", " now"]


def test_a_change_in_a_heading_alone_changes_no_cell() -> None:
    reading = read_pieces(CELLS, "")
    at = reading.places[0].text.index("Card: 4111")
    assert edits_of(reading, 0, [Change(at, at + 4, "x", "redact")], no_token) == []


def test_long_texts_end_with_a_piece() -> None:
    pieces = [Piece("x" * 1000, f"line {number}", "text") for number in range(100)]
    reading = read_pieces(pieces, "")
    assert len(reading.places) > 2 and all(len(place.text) < LONGEST + 1100 for place in reading.places)


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=9), st.sampled_from("uv"), st.sampled_from(["", "h"])), max_size=8),
    st.data(),
)
def test_whatever_is_changed_no_sign_of_it_is_left_and_every_other_stays(
    given_pieces: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    pieces = [Piece(text, "p", unit, lead) for text, unit, lead in given_pieces]
    reading = read_pieces(pieces, "")
    for number, place in enumerate(reading.places):
        start = data.draw(st.integers(0, len(place.text)))
        end = data.draw(st.integers(start, len(place.text)))
        if start == end:
            continue
        edits = edits_of(reading, number, [Change(start, end, "k", "redact")], no_token)
        for spot in reading.spots[number]:
            text = place.text[spot.start : spot.end]
            gone = range(max(start, spot.start) - spot.start, max(0, min(end, spot.end) - spot.start))
            mine = [edit for edit in edits if edit.piece == spot.piece]
            assert [(edit.start, edit.end) for edit in mine] == ([(gone.start, gone.stop)] if gone else [])
            assert pieces[spot.piece].text == text
        assert sum(edit.text == "[K]" for edit in edits) == bool(edits)


def test_what_stands_in_place_of_a_file_is_what_its_readers_would_see() -> None:
    pieces = [
        Piece("secret", "comment", "c", kind="comment"), Piece("one", "page 1", "page 1"), Piece("4", "cell B2", "sheet Pay", "Card"),
    ]  # fmt: skip
    said = as_text("a\nb.pdf", "pdf", pieces, ["secret", "one", "4"])
    assert said == "[Text of the file ab.pdf (pdf)]\n[page 1]\none\n[sheet Pay]\nCard: 4"
