"""XLSX: every cell with its sheet, its place and the heading of its column; comments, formulas, hidden sheets and rows.

Numbers are read as people see them: whole, and as dates where their format says so (ECMA-376 part 1, 18.8.30). Called by
``opening``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from lxml import etree

from torana.files.markup import Element, local, plain_leaf
from torana.files.ooxml import RELATION, Package, must_have, runs
from torana.files.reading import Opened, Reading, shown
from torana.files.strand import Leaf, Strand
from torana.ports.files import Piece, Unreadable

MAIN = "xl/workbook.xml"
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DATES = frozenset({14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)})
"""Numbers of the built-in formats that are dates."""
_DATE = re.compile(r"[ydm]", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_COLUMN = re.compile(r"[A-Z]{1,3}")
DAY_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
DAY_ZERO_1904 = datetime(1904, 1, 1, tzinfo=UTC)
LAST_DAY = 2_958_465
"""31 December 9999."""


class Book(NamedTuple):
    """What the cells of all sheets need to be read."""

    package: Package
    strings_part: str
    strings: list[Strand]
    used: set[int]
    """Shared strings that a cell names."""
    dates: frozenset[int]
    """Cell formats that are dates."""
    day_zero: datetime


def open_sheets(content: bytes, reading: Reading) -> Opened:
    """An XLSX. Raises Unreadable."""
    package = Package(content, reading)
    root = must_have(package, MAIN)
    known = package.related(MAIN)
    book = _book(package, root, known)
    for one in root.iter(f"{NAMESPACE}sheet"):
        part = known.get(one.get(f"{RELATION}id") or "", "")
        if part not in package.names:
            continue
        name = shown(one.get("name") or "")
        hidden = one.get("state") in ("hidden", "veryHidden")
        if hidden:
            reading.note("hidden_sheet", f"sheet {name}")
        _sheet(book, part, f"sheet {name}", "hidden" if hidden else "text")
        _comments(package, part, f"sheet {name}")
    for number, strand in enumerate(book.strings):
        if number not in book.used:
            package.add(book.strings_part, strand, Piece("", f"unused text {number}", "unused texts", kind="hidden"))
    for one in root.iter(f"{NAMESPACE}sheet"):
        strand = Strand([Leaf(one.get("name") or "", None)])
        reading.add(Piece(strand.text, "name of a sheet", "names of sheets"))
    for one in root.iter(f"{NAMESPACE}definedName"):
        strand = Strand([plain_leaf(one)])
        package.add(MAIN, strand, Piece("", f"name {shown(one.get('name') or '')}", "names", kind="formula"))
    package.rest()
    return package


def _book(package: Package, root: Element, known: dict[str, str]) -> Book:
    part = next((one for one in known.values() if one.lower().endswith("sharedstrings.xml")), "")
    strings: list[Strand] = []
    if part in package.names:
        strings = [Strand(runs(one)) for one in package.root(part).iter(f"{NAMESPACE}si")]
    is_1904 = any(one.get("date1904") in ("1", "true") for one in root.iter(f"{NAMESPACE}workbookPr"))
    return Book(package, part, strings, set(), _date_formats(package), DAY_ZERO_1904 if is_1904 else DAY_ZERO)


def _date_formats(package: Package) -> frozenset[int]:
    """Which cell formats are dates."""
    if "xl/styles.xml" not in package.names:
        return frozenset()
    root = package.root("xl/styles.xml")
    own = {
        one.get("numFmtId"): bool(_DATE.search(_QUOTED.sub("", one.get("formatCode") or "")))
        for one in root.iter(f"{NAMESPACE}numFmt")
    }
    found: set[int] = set()
    for formats in root.iter(f"{NAMESPACE}cellXfs"):
        for number, one in enumerate(formats):
            said = one.get("numFmtId") or "0"
            if own.get(said, said.isdigit() and int(said) in DATES):
                found.add(number)
    return frozenset(found)


def _sheet(book: Book, part: str, unit: str, kind: str) -> None:
    """The cells of a sheet, row by row."""
    package = book.package
    root = package.root(part)
    package.reading.turn_page()
    headings: dict[str, str] = {}
    hidden_rows = False
    for row in root.iter(f"{NAMESPACE}row"):
        hidden_rows = hidden_rows or row.get("hidden") in ("1", "true")
        first = not headings
        for cell in row:
            if local(cell) != "c":
                continue
            ref = cell.get("r") or ""
            column = found[0] if (found := _COLUMN.match(ref)) else ref
            strand, is_text, where = _cell(book, cell, part)
            if strand is None:
                continue
            lead = "" if first else headings.get(column, "")
            package.add(where, strand, Piece("", f"{unit} cell {ref}", unit, lead, kind))
            if first and is_text:
                headings[column] = strand.text[:80]
            for formula in cell.iter(f"{NAMESPACE}f"):
                put = _as_text(cell, formula.text or "")
                package.add(
                    part, Strand([put]), Piece("", f"{unit} cell {ref} formula", f"{unit} formulas", kind="formula")
                )
    if hidden_rows or any(one.get("hidden") in ("1", "true") for one in root.iter(f"{NAMESPACE}col")):
        package.reading.note("hidden_cells", unit)
    for one in root.iter():
        if local(one) in (
            "oddHeader",
            "oddFooter",
            "evenHeader",
            "evenFooter",
            "firstHeader",
            "firstFooter",
            "formula1",
        ):
            package.add(part, Strand([plain_leaf(one)]), Piece("", f"{unit} {local(one)}", f"{unit} margins"))


def _cell(book: Book, cell: Element, part: str) -> tuple[Strand | None, bool, str]:
    """What a cell says, whether that is a text, and the part in which it is written."""
    kind = cell.get("t") or "n"
    if kind == "inlineStr":
        return Strand(leaf for inline in cell.iter(f"{NAMESPACE}is") for leaf in runs(inline)), True, part
    value = next((one.text or "" for one in cell.iter(f"{NAMESPACE}v")), "")
    if not value:
        return None, False, part
    if kind == "s":
        number = int(value) if value.isdigit() and len(value) < 10 else -1
        if not 0 <= number < len(book.strings):
            raise Unreadable("malformed", "a cell names a text that is not there")
        book.used.add(number)
        return book.strings[number], True, book.strings_part
    if kind == "n":
        style = cell.get("s") or "0"
        is_date = style.isdigit() and int(style) in book.dates
        value = _day(value, book.day_zero) if is_date else _number(value)
    return Strand([_as_text(cell, value)]), kind == "str", part


def _as_text(cell: Element, value: str) -> Leaf:
    """A cell's value, or its formula: what is put there makes a text of the cell."""

    def put(text: str) -> None:
        for one in list(cell):
            cell.remove(one)
        cell.set("t", "inlineStr")
        inline = etree.SubElement(cell, f"{NAMESPACE}is")
        etree.SubElement(inline, f"{NAMESPACE}t").text = text

    return Leaf(value, put)


def _number(value: str) -> str:
    """A number as people see it: Excel writes long ones as 2.34567890123E+11."""
    if "e" not in value.lower():
        return value.removesuffix(".0")
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return format(number, "f") if abs(number.adjusted()) < 40 else value


def _day(value: str, day_zero: datetime) -> str:
    """A date, as a day and a month and a year."""
    try:
        days = float(value)
    except ValueError:
        return value
    if not 0 <= days <= LAST_DAY:
        return value
    moment = day_zero + timedelta(days=days)
    return moment.strftime("%d/%m/%Y") if days >= 1 else moment.strftime("%H:%M")


def _comments(package: Package, part: str, unit: str) -> None:
    """What people wrote beside cells."""
    for name in package.related(part).values():
        if name not in package.names or name in package.done or "comment" not in name.lower():
            continue
        package.reading.note("comments", unit)
        for place, strand in _noted(package.root(name)):
            package.add(name, strand, Piece("", f"{unit} comment {place}", f"{unit} comments", kind="comment"))


def _noted(root: Element) -> Iterator[tuple[str, Strand]]:
    for one in root.iter():
        name = local(one)
        if name in ("comment", "threadedComment"):
            leaves = [
                leaf
                for text in one
                if local(text) == "text"
                for leaf in (runs(text) if len(text) else [plain_leaf(text)])
            ]
            yield one.get("ref") or "", Strand(leaves)
        elif name == "author":
            yield "author", Strand([plain_leaf(one)])
