"""Text, CSV and JSON: lines, cells with the heading of their column, and the strings of JSON with their escapes read.

Called by ``opening``.
"""

from __future__ import annotations

import csv
import io

from torana.core.json_texts import texts_of
from torana.files.reading import Opened, Put, Reading
from torana.files.sniff import text_of
from torana.files.strand import Leaf, Strand
from torana.ports.files import Piece, Unreadable

LONGEST_CELL = 10_000_000
SEPARATORS = ",;\t|"


class Lines:
    """A text that was opened."""

    def __init__(self, text: str, reading: Reading) -> None:
        self.changed = False
        self._lines = [Strand([Leaf(line, None)]) for line in text.splitlines(keepends=True)]
        for number, strand in enumerate(self._lines, 1):
            reading.add(Piece(strand.text.rstrip("\r\n"), f"line {number}", "text"), self._put(strand))

    def _put(self, strand: Strand) -> Put:
        def put(start: int, end: int, text: str) -> None:
            strand.edit(start, end, text)
            self.changed = True

        return put

    def copy(self) -> bytes:
        """It, with what was put into it, as UTF-8."""
        return "".join(strand.edited() for strand in self._lines).encode("utf-8", "replace")


class Table:
    """A CSV that was opened."""

    def __init__(self, text: str, reading: Reading) -> None:
        """Raises Unreadable."""
        self.changed = False
        csv.field_size_limit(LONGEST_CELL)
        self._comma = _separator(text)
        self._end = "\r\n" if "\r\n" in text[:100_000] else "\n"
        self._rows: list[list[Strand]] = []
        headings: list[str] = []
        try:
            for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=self._comma), 1):
                self._rows.append([Strand([Leaf(cell, None)]) for cell in row])
                for column, strand in enumerate(self._rows[-1]):
                    lead = headings[column] if headings and column < len(headings) else ""
                    place = f"cell {_letters(column)}{number}"
                    reading.add(Piece(strand.text, place, "table", lead), self._put(strand))
                if not headings and not any(any(sign.isdigit() for sign in cell) for cell in row):
                    headings = [cell[:80] for cell in row]
                headings = headings or [""] * len(row)
        except csv.Error as fault:
            raise Unreadable("malformed", "the table cannot be read") from fault

    def _put(self, strand: Strand) -> Put:
        def put(start: int, end: int, text: str) -> None:
            strand.edit(start, end, text)
            self.changed = True

        return put

    def copy(self) -> bytes:
        """It, with what was put into it, as UTF-8."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self._comma, lineterminator=self._end)
        writer.writerows([strand.edited() for strand in row] for row in self._rows)
        return out.getvalue().encode("utf-8", "replace")


def open_plain(content: bytes, kind: str, reading: Reading) -> Opened:
    """Text, CSV or JSON. Raises Unreadable."""
    text = text_of(content)
    if text is None:
        raise Unreadable("malformed", "the file is no text")
    if kind == "csv":
        return Table(text, reading)
    opened = Lines(text, reading)
    if kind == "json":
        _strings(content, text, reading)
    return opened


def _strings(content: bytes, text: str, reading: Reading) -> None:
    """What escapes would hide: the strings of JSON, or of JSON Lines. They cannot be changed where they are."""
    if "\\" not in text:
        return
    for number, line in enumerate([content, *content.split(b"\n")]):
        try:
            for string in texts_of(line):
                reading.add(Piece(string, f"string in line {number}" if number else "string", "strings"))
        except (ValueError, RecursionError):
            continue  # the whole of it is looked at as text
        if not number:
            return


def _separator(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(SEPARATORS, key=first.count)


def _letters(column: int) -> str:
    """0 → A, 26 → AA."""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found
