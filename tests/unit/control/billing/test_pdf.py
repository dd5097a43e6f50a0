from __future__ import annotations

from typing import Any

import pypdfium2
import pytest

from torana.control.billing.invoices import Invoice
from torana.control.billing.pdf import fitted, printed, runs, shown

PARTY = {"name": "Acme Bank", "address": ["12 MG Road", "Mumbai"], "tax_id": "27AAPFU0939F1ZV", "email": ""}


def line(kind: str, description: str, amount: str, unit: str = "") -> dict[str, Any]:
    return {"kind": kind, "description": description, "amount": amount, "quantity": 3, "unit": unit, "unit_price": ""}


def invoice(**fields: Any) -> Invoice:
    document = {
        "period": {"first_day": "2026-11-01", "last_day": "2026-11-30", "time_zone": "Asia/Kolkata"},
        "seller": PARTY,
        "buyer": {**PARTY, "name": "अधिकोष"},
        "lines": [
            line("usage", "gpt-4o-mini", "1042.375000001", "request"),
            line("tax", "CGST 9 %", "93.81375"),
            line("rounding", "Rounding", "0.001249999"),
        ],
        "net": "1042.375000001",
        "total": "1136.19",
        "issued_on": "2026-12-01",
        "note": "Thank you.",
        **fields,
    }
    return Invoice(
        "inv_1", "invoice", "INR", 0, 1, 0, document, 0.0, "user:1", number="INV/2026-27/0001", digest="ab" * 32
    )


def text_of(file: bytes) -> str:
    pages = pypdfium2.PdfDocument(file)
    found = "\n".join(pages[number].get_textpage().get_text_bounded() for number in range(len(pages)))
    return found.replace("\r\n", "\n")


def test_an_invoice_says_what_its_document_does() -> None:
    text = text_of(printed(invoice()))
    for word in (
        "INV/2026-27/0001", "gpt-4o-mini", "3 request", "1042.375", "CGST 9 %", "93.81375", "₹1136.19", "Thank you.",
        "27AAPFU0939F1ZV", "अधिकोष", "2026-11-01 to 2026-11-30", "ab" * 32,
    ):  # fmt: skip
        assert word in text, word


def test_the_same_document_gives_the_same_file() -> None:
    assert printed(invoice()) == printed(invoice())


def test_many_lines_go_on_to_further_pages() -> None:
    lines = [line("usage", f"model-{number}", "1.00") for number in range(120)]
    file = printed(invoice(lines=lines))
    assert len(pypdfium2.PdfDocument(file)) == 3
    assert all(f"model-{number}" in text_of(file) for number in range(120))


def test_texts_are_written_with_the_fonts_that_have_them_and_cut_where_their_room_ends() -> None:
    assert [part for _, part in runs("To अधि ₹5")] == ["To ", "अधि", " ₹5"]
    assert fitted("abcdef", len, 4) == "abc…"
    assert fitted("abc", len, 4) == "abc"


@pytest.mark.parametrize(
    ("amount", "text"), [("1.0000005", "1.00"), ("1.0000015", "1.000002"), ("-12.50", "-12.50"), ("3", "3.00")]
)
def test_amounts_are_shown_to_the_micro_unit(amount: str, text: str) -> None:
    assert shown(amount) == text


def test_what_no_font_has_and_what_is_wider_than_a_line_leaves_its_trace() -> None:
    text = text_of(printed(invoice(seller={"name": "株式会社 Acme\u200d", "address": []}, note="n" * 300)))
    assert "???? Acme" in text
    assert text.count("n" * 50) >= 5
    assert text.replace("\n", "").count("n" * 300) == 1
