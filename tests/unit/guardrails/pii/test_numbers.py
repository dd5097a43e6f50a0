from __future__ import annotations

import pytest

from torana.guardrails.pii.structured import KINDS, Structured

ALL = Structured(KINDS, 0.5)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in ALL.check(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("5555 5555 5555 4444", "credit_card"), ("6011111111111117", "credit_card"), ("3782 822463 10005", "credit_card"),
        ("2345 6789 0124", "aadhaar"), ("536-22-8145", "ssn"), ("536 22 8145", "ssn"), ("9876501234", "phone"), ("+919876501234", "phone"),
        ("98765 01234", "phone"), ("+1 (415) 555-0132", "phone"), ("415.555.0132x44", "phone"), ("0049 30 1234567", "phone"),
        ("090-1234-5678", "phone"), ("+41 (0)85 806 98 67", "phone"),
    ],
)  # fmt: skip
def test_shape_and_check_digit_are_enough(text: str, kind: str) -> None:
    assert kinds(f"it is {text}, yes") == [(kind, text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("account 603581261458", "bank_account"), ("IFSC and khata number 546181183", "bank_account"), ("mobile: 432 03 163", "phone"),
        ("SSN 536228145", "ssn"), ("aadhaar 2345 6789 0125", "aadhaar"), ("passport 512345678", "passport"),
    ],
)  # fmt: skip
def test_a_word_before_makes_up_for_shape(text: str, kind: str) -> None:
    assert [one for one, _ in kinds(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "order 9876501234", "UTR 436013925395", "INV-2026-808556", "4111 1111 1111 1112", "000-12-3456", "666-12-3456", "078-05-1120",
        "on 12-03-2024 10:30", "2024-05-06 12:30:00", "550e8400-e29b-41d4-a716-446655440000", "1,234,567.89", "1700000000",
        "0.98765012345", "9999999999", "room 12 13 14",
    ],
)  # fmt: skip
def test_what_is_nobodys_number_passes(text: str) -> None:
    assert kinds(text) == []


def test_two_numbers_in_one_row_are_two_findings() -> None:
    assert kinds("536-22-8145 9876501234") == [("ssn", "536-22-8145"), ("phone", "9876501234")]
