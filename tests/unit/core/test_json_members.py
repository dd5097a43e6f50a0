"""Which members are structure: words of the dialects and ids, and nothing that somebody could hide a text in."""

from __future__ import annotations

import pytest

from torana.core.json_members import is_data_url, is_plain_name, is_structure, marks_pieces


@pytest.mark.parametrize(
    ("name", "value", "structure"),
    [
        ("type", "text", True),
        ("model", "openai/gpt-4o:free", True),
        ("id", "chatcmpl-123", True),
        ("id", "ann smith", False),
        ("type", "a@b", False),
        ("content", "text", False),
        ("signature", "A" * 100, True),
        ("signature", "short", False),
        ("data", "A" * 100 + " b", False),
    ],
)
def test_structure_is_a_short_word_under_a_known_name(name: str, value: str, structure: bool) -> None:
    assert is_structure(name, value) is structure


def test_a_file_as_a_url_is_base64_to_its_end() -> None:
    assert is_data_url("data:image/png;base64,iVBORw0KGgo=")
    assert is_data_url("data:text/plain;charset=utf-8;base64,AAAA")
    assert not is_data_url("data:text/plain,hello ann@example.org")
    assert not is_data_url("data:image/png;base64,AAAA and ann@example.org")


def test_a_plain_name_is_letters_and_underscores() -> None:
    assert is_plain_name("tool_call_id")
    assert not is_plain_name("123-45-6789")
    assert not is_plain_name("a@b")
    assert not is_plain_name("x" * 80)


def test_types_of_pieces() -> None:
    assert marks_pieces("text_delta") and marks_pieces("response.refusal.delta") and marks_pieces("tool_arguments")
    assert not marks_pieces("message")
