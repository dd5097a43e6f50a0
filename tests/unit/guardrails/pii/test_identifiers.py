from __future__ import annotations

import pytest

from torana.guardrails.pii.structured import KINDS, Structured

ALL = Structured(KINDS, 0.5)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in ALL.check(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("it is ABCPE1234F.", ("pan", "ABCPE1234F")), ("pan abcde1234f", ("pan", "abcde1234f")),
        ("(27ABCDE1234F1Z5)", ("gstin", "27ABCDE1234F1Z5")), ("HDFC0001234", ("ifsc", "HDFC0001234")),
        ("to DE89 3704 0044 0532 0130 00 AND more", ("iban", "DE89 3704 0044 0532 0130 00")),
        ("passport K1234567", ("passport", "K1234567")), ("DL-1420110149646", ("driving_licence", "DL-1420110149646")),
        ("driver's license D1234567", ("driving_licence", "D1234567")), ("MRN 84-22913", ("medical_record", "84-22913")),
    ],
)  # fmt: skip
def test_identifiers_are_found_whole(text: str, found: tuple[str, str]) -> None:
    assert kinds(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "VWXUG1234Z",
        "27ABCDE1234F1Y5",
        "00ABCDE1234F1Z5",
        "ABCDEFGHIJK",
        "GB82WEST12345698765433",
        "K1234567",
        "B2B SaaS",
    ],
)
def test_what_breaks_its_own_rule_passes(text: str) -> None:
    assert kinds(text) == []
