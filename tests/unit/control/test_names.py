"""Names: of one line, and to be seen."""

from __future__ import annotations

import pytest

from torana.control.names import one_line, tidied


@pytest.mark.parametrize("text", ["Ann", "आशा", "മലയാളം", "नि‍ति", "👩‍💻 team", "O'Brien-Łukasz (R&D)"])
def test_names_of_whatever_writing_are_taken_as_they_are(text: str) -> None:
    assert one_line(text) == tidied(text) == text


def test_blanks_around_a_name_are_no_part_of_it() -> None:
    assert one_line("  Ann Rao ") == "Ann Rao"


@pytest.mark.parametrize("text", ["", " ", "\N{NO-BREAK SPACE}", "\N{ZERO WIDTH SPACE}", "\N{ZERO WIDTH JOINER} "])
def test_a_name_of_which_nothing_is_seen_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="at least one"):
        one_line(text)
    assert tidied(text) == ""


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\0", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
def test_what_breaks_a_line_is_in_no_name(sign: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        one_line(f"Ann{sign}Rao")
    assert tidied(f" Ann{sign} Rao{sign}") == "Ann Rao"
