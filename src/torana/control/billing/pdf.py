"""An invoice as a PDF: one column, a table of lines, the rupee sign and Devanagari among its letters.

It computes no amount: what it prints stands in the document. Called by the invoice routes in a worker thread.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Container, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any
from unicodedata import category

from torana.control.billing.invoices import CREDIT, Invoice
from torana.core.money import decimal_text, nano_from_decimal, rounded

FONTS = Path(__file__).parent / "fonts"
"""Parts of Noto Sans (SIL Open Font Licence): Latin, Greek, Cyrillic, signs of currencies; Devanagari."""
LATIN, DEVANAGARI = "NotoSans-latin", "NotoSans-devanagari"
SYMBOLS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "KRW": "₩"}
TITLES = {"invoice": "Invoice", CREDIT: "Credit note"}
SHOWN_DECIMALS = 6
"""Lines are printed to the micro-unit, totals as they are payable."""
LARGE, PLAIN, SMALL = 18.0, 9.0, 8.0
"""Points, as all lengths here."""
WIDTH, HEIGHT = 595.0, 842.0
MARGIN, LINE = 50.0, 14.0
ENDS = (300.0, 375.0, 455.0, WIDTH - MARGIN)
"""Where the columns end, to the right."""


def printed(one: Invoice) -> bytes:
    """The file; the same document gives the same bytes."""
    # It brings Pillow, and takes its time: loaded when somebody prints.
    canvases = importlib.import_module("reportlab.pdfgen.canvas")
    metrics = importlib.import_module("reportlab.pdfbase.pdfmetrics")
    truetype = importlib.import_module("reportlab.pdfbase.ttfonts")
    letters: dict[str, Container[int]] = {}
    for name in (LATIN, DEVANAGARI):
        # Made anew for each file: a font of reportlab remembers the parts that it has put into one.
        font = truetype.TTFont(name, str(FONTS / f"{name}.ttf"))
        metrics.registerFont(font)
        letters[name] = font.face.charToGlyph
    file = io.BytesIO()
    canvas = canvases.Canvas(file, pagesize=(WIDTH, HEIGHT), invariant=1, lang="en")
    canvas.setTitle(one.number or "Draft")
    canvas.setAuthor(one.document["seller"].get("name", ""))
    page = Page(canvas, metrics.stringWidth, letters)
    _head(page, one)
    _lines(page, one)
    _totals(page, one)
    _foot(page, one)
    canvas.save()
    return file.getvalue()


class Page:
    """A pen that goes down a page, and on to the next."""

    def __init__(self, canvas: Any, width: Any, letters: Mapping[str, Container[int]]) -> None:
        """``letters``: the code points that each font has."""
        self._canvas = canvas
        self._width = width
        self._letters = letters
        self._y = HEIGHT - MARGIN

    def down(self, by: float = LINE) -> None:
        """To the next line, or the next page."""
        self._y -= by
        if self._y < MARGIN:
            self._canvas.showPage()
            self._y = HEIGHT - MARGIN

    def rule(self) -> None:
        """A line across, above the text to come."""
        self._canvas.line(MARGIN, self._y + LINE - 3, WIDTH - MARGIN, self._y + LINE - 3)

    def write(self, text: str, size: float = PLAIN, end: float | None = None, width: float | None = None) -> None:
        """A text from the left margin, or up to ``end``; cut where it is wider than ``width``."""
        room = WIDTH - 2 * MARGIN if width is None else width
        shown_ = fitted(self._legible(text), lambda part: self._of(part, size), room)
        at = MARGIN if end is None else end - self._of(shown_, size)
        for font, part in runs(shown_):
            self._canvas.setFont(font, size)
            self._canvas.drawString(at, self._y, part)
            at += self._width(part, font, size)

    def wrapped(self, text: str, size: float = PLAIN) -> None:
        """A text of as many lines as it takes."""
        line = ""
        for word in self._words(self._legible(text), size):
            longer = f"{line} {word}".strip()
            if line and self._of(longer, size) > WIDTH - 2 * MARGIN:
                self.write(line, size)
                self.down()
                longer = word
            line = longer
        self.write(line, size)
        self.down()

    def row(self, cells: tuple[str, str, str, str]) -> None:
        """A line of the table."""
        self.write(cells[0], width=ENDS[0] - MARGIN - 4)
        for text, start, end in zip(cells[1:], ENDS, ENDS[1:], strict=False):
            self.write(text, end=end, width=end - start - 4)
        self.down()

    def _words(self, text: str, size: float) -> Iterator[str]:
        """The words of a text, those that are wider than a line in pieces."""
        for word in text.split():
            piece = ""
            for letter in word:
                if piece and self._of(piece + letter, size) > WIDTH - 2 * MARGIN:
                    yield piece
                    piece = ""
                piece += letter
            yield piece

    def _legible(self, text: str) -> str:
        """The text with a question mark for each letter that no font here has: it would leave no trace."""
        return "".join(
            letter if letter.isspace() or ord(letter) in self._letters[font] else "?"
            for font, part in runs(text)
            for letter in part
            if category(letter) != "Cf"  # joiners and marks of direction are no letters
        )

    def _of(self, text: str, size: float) -> float:
        return float(sum(self._width(part, font, size) for font, part in runs(text)))


def runs(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with the font that has its letters. Devanagari is legible, its vowels are not moved."""
    for devanagari, letters in groupby(text, lambda letter: "\u0900" <= letter <= "\u097f"):
        yield (DEVANAGARI if devanagari else LATIN), "".join(letters)


def fitted(text: str, width: Any, room: float) -> str:
    """The text, cut where its room ends."""
    if width(text) <= room:
        return text
    while text and width(text + "…") > room:
        text = text[:-1]
    return text + "…"


def _head(page: Page, one: Invoice) -> None:
    document = one.document
    title = TITLES.get(one.kind, one.kind)
    page.write(title if one.number else f"{title} (draft)", LARGE)
    page.down(LARGE * 1.6)
    period = document["period"]
    facts = [
        ("Number", one.number),
        ("Date", document.get("issued_on", "")),
        ("Due", document.get("due_on", "")),
        ("About", document.get("of_number", "")),
        ("Reason", document.get("reason", "")),
        ("Period", f"{period['first_day']} to {period['last_day']} ({period['time_zone']})"),
    ]
    for name, value in facts:
        if value:
            page.wrapped(f"{name}: {value}")
    for name, title in (("seller", "From"), ("buyer", "To")):
        if words := _words(document[name]):
            page.wrapped(f"{title}: " + ", ".join(words))
    page.down()


def _words(party: Mapping[str, Any]) -> list[str]:
    words = [party.get("name", ""), *party.get("address", ()), party.get("tax_id", ""), party.get("email", "")]
    return [word for word in words if word]


def _lines(page: Page, one: Invoice) -> None:
    page.row(("Description", "Quantity", "Unit price", f"Amount ({one.currency})"))
    page.rule()
    for line in one.document["lines"]:
        if line["kind"] not in ("tax", "rounding"):
            quantity = f"{line['quantity']} {line['unit']}" if line["unit"] else ""
            page.row((line["description"], quantity, line["unit_price"], shown(line["amount"])))


def _totals(page: Page, one: Invoice) -> None:
    document = one.document
    page.rule()
    page.row(("Net", "", "", shown(document["net"])))
    for line in document["lines"]:
        if line["kind"] in ("tax", "rounding"):
            page.row((line["description"], "", "", shown(line["amount"])))
    page.rule()
    page.row(("Total", "", "", SYMBOLS.get(one.currency, f"{one.currency} ") + document["total"]))


def _foot(page: Page, one: Invoice) -> None:
    page.down()
    if one.document.get("note"):
        page.wrapped(one.document["note"], SMALL)
    if one.digest:
        page.wrapped(f"SHA-256 of the document: {one.digest}", SMALL)


def shown(amount: str) -> str:
    """An amount to the micro-unit, two decimals at least."""
    return decimal_text(nano_from_decimal(rounded(nano_from_decimal(amount), SHOWN_DECIMALS)))
