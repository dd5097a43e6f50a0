"""Files for tests, made by real libraries: documents with planted identifiers, pictures, hostile ones."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import docx
import fpdf
import openpyxl
import pptx
from openpyxl.comments import Comment
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

LATIN = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
DEVANAGARI = "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf"


def saved(thing: object) -> bytes:
    out = io.BytesIO()
    thing.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def a_docx(lines: Sequence[str], header: str = "", picture: bytes = b"") -> bytes:
    """Paragraphs, each in several runs, the last one in a table."""
    document = docx.Document()
    for line in lines[:-1]:
        paragraph = document.add_paragraph()
        for start in range(0, len(line), 7):
            paragraph.add_run(line[start : start + 7]).bold = start % 2 == 1
    document.add_table(2, 2).cell(1, 1).text = lines[-1]
    if header:
        document.sections[0].header.paragraphs[0].text = header
    if picture:
        document.add_picture(io.BytesIO(picture))
    return saved(document)


def an_xlsx(rows: Sequence[Sequence[object]], hidden: str = "", comment: str = "") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Pay"
    for row in rows:
        sheet.append(list(row))
    if hidden:
        other = book.create_sheet("Quiet")
        other.sheet_state = "hidden"
        other["B2"] = hidden
    if comment:
        sheet["A1"].comment = Comment(comment, "Somebody")
    return saved(book)


def a_pptx(slides: Sequence[str], notes: str = "") -> bytes:
    show = pptx.Presentation()
    for text in slides:
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = text
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    return saved(show)


def a_pdf(
    pages: Sequence[Sequence[str]], password: str = "", picture: Image.Image | None = None, author: str = ""
) -> bytes:
    out = io.BytesIO()
    lock = StandardEncryption(password, ownerPassword=password) if password else None
    page = canvas.Canvas(out, encrypt=lock)
    if author:
        page.setAuthor(author)
    for lines in pages:
        for number, line in enumerate(lines):
            page.drawString(60, 780 - 22 * number, line)
        if picture is not None:
            page.drawInlineImage(picture, 40, 200, 500, 500 * picture.height / picture.width)
        page.showPage()
    page.save()
    return out.getvalue()


def a_shaped_pdf(lines: Sequence[str]) -> bytes:
    """Hindi as a word processor writes it: its glyphs joined and put in order by HarfBuzz, Latin letters in another font."""
    page = fpdf.FPDF()
    page.add_page()
    page.add_font("hindi", "", DEVANAGARI)
    page.add_font("latin", "", LATIN)
    page.set_font("hindi", size=14)
    page.set_fallback_fonts(["latin"])
    page.set_text_shaping(use_shaping_engine=True, script="deva", language="hin")
    for line in lines:
        page.cell(0, 10, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def a_page(lines: Sequence[str], size: int = 34, font: str = LATIN, width: int = 1240) -> Image.Image:
    """Lines of text on white, as a scanner would see them at 150 dpi."""
    image = Image.new("L", (width, 120 + int(size * 1.9) * len(lines)), 255)
    draw = ImageDraw.Draw(image)
    # Where the machine has no fonts, Pillow's own does for words that nobody reads.
    face = ImageFont.truetype(font, size) if Path(font).exists() else ImageFont.load_default(size)
    for number, line in enumerate(lines):
        draw.text((70, 60 + int(size * 1.9) * number), line, font=face, fill=0)
    return image


def as_file(image: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def a_zip(entries: Sequence[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def with_part(document: bytes, name: str, content: bytes) -> bytes:
    """An Office document with one part more, or another one."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        entries = [(one, archive.read(one)) for one in archive.namelist() if one != name]
    return a_zip([*entries, (name, content)])


def a_huge_png(width: int, height: int) -> bytes:
    """A picture that is small as a file and very large drawn."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = zlib.compress(b"\0" * ((width + 7) // 8 + 1) * min(height, 2000), 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (ord("b") + n, b"&%c;" % (ord("a") + n) * 12) for n in range(12))
    + b"]><x>&m;</x>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:/etc/passwd">]><x>&a;</x>'


def nested_zips(deep: int) -> bytes:
    content = a_zip([("a.txt", b"x")])
    for _ in range(deep):
        content = a_zip([("inner.zip", content)])
    return content


@cache
def a_word() -> bytes:
    """A small document, to be spoilt."""
    return a_docx(["one", "two"])


@cache
def a_small_pdf() -> bytes:
    """The same as PDF."""
    return a_pdf([["one"], ["two"]])


def a_picture() -> bytes:
    return as_file(a_page(["one"]))


BOMBS: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "a zip of zeros": (lambda: a_zip([("a.txt", b"\0" * 60_000_000)]), "bomb"),
    "many zips of zeros": (lambda: a_zip([(f"{n}.bin", b"\0" * 900_000) for n in range(400)]), "bomb"),
    "too many entries": (lambda: a_zip([(f"{n}", b"") for n in range(5_000)]), "too_many_entries"),
    "zips in zips": (lambda: nested_zips(12), "too_deep"),
    "a document of spaces": (
        lambda: with_part(a_word(), "word/footer9.xml", b"<x>" + b" " * 80_000_000 + b"</x>"),
        "bomb",
    ),
    "laughs in a document": (lambda: with_part(a_word(), "word/document.xml", LAUGHS), "bomb"),
    "laughs in a picture": (lambda: LAUGHS.replace(b"<x>", b"<svg>").replace(b"</x>", b"</svg>"), "bomb"),
    "a file of this machine": (lambda: with_part(a_word(), "word/comments.xml", OUTSIDE), "bomb"),
    "deep XML": (lambda: with_part(a_word(), "word/header7.xml", b"<a>" * 5_000 + b"</a>" * 5_000), "bomb"),
    "a picture of 10 gigapixels": (lambda: a_huge_png(100_000, 100_000), "too_many_pixels"),
    "an encrypted PDF": (lambda: a_pdf([["one"]], "secret"), "encrypted"),
    "an encrypted document": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "encrypted",
    ),
    "half a PDF": (lambda: a_small_pdf()[: len(a_small_pdf()) // 2], "truncated"),
    "half a document": (lambda: a_word()[: len(a_word()) // 2], "truncated"),
    "half a picture": (lambda: a_picture()[:-400], "truncated"),
    "a PDF behind something": (lambda: b"\x01\x02GIF" + a_small_pdf(), "polyglot"),
    "a PDF that is an archive": (lambda: a_small_pdf() + a_zip([("a.txt", b"x")]), "polyglot"),
    "a picture that is an archive": (lambda: a_picture() + a_zip([("a.txt", b"x")]), "polyglot"),
    "an archive with something behind it": (lambda: a_word() + b"<script>", "polyglot"),
    "a PDF with something behind it": (lambda: a_small_pdf() + b"<html>", "polyglot"),
    "nothing": (lambda: b"", "empty"),
    "a PDF that is none": (lambda: b"%PDF-1.7\n" + b"x" * 500 + b"%%EOF", "malformed"),
    "a document that lacks its text": (
        lambda: a_zip([("[Content_Types].xml", b"<x/>"), ("word/a.xml", b"<x/>")]),
        "malformed",
    ),
}
"""By name: how a file is made, and the reason with which it is refused. Some are large: a test makes only its own."""


def seeds() -> list[bytes]:
    """One of each kind."""
    page = a_page(["Card 4111 1111 1111 1111"], width=600)
    return [
        a_docx(["a", "b"], "c", as_file(page)),
        an_xlsx([["Name", "Card"], ["Ravi", 4111111111111111], ["Ann", date(1990, 1, 2)]], "quiet", "said"),
        a_pptx(["one"], "notes"),
        a_pdf([["one"], ["two"]], picture=page),
        b"<html><body><p>Hi <b>a@</b>b.com</p><table><tr><td>1</td></tr></table></body></html>",
        b"name,phone\nRavi,9876543210\n",
        b'{"a": "\\u0041bc", "b": [1, 2]}',
        *(as_file(page, kind) for kind in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP")),
        a_zip([("a.txt", b"hello"), ("b.csv", b"a,b\n1,2\n")]),
        b"<svg xmlns='http://www.w3.org/2000/svg'><text>hello</text></svg>",
    ]


def mutated(count: int, seed: int = 7) -> Iterator[bytes]:
    """Files of every kind with bytes changed, cut out, doubled or swapped; archives also inside their parts."""
    chance = random.Random(seed)
    whole = seeds()
    for number in range(count):
        content = whole[number % len(whole)]
        if content[:2] == b"PK" and chance.random() < 0.6:
            yield _mutated_part(content, chance)
        else:
            yield _mutated(content, chance)


def _mutated_part(content: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        name = chance.choice(archive.namelist())
        part = archive.read(name)
    return with_part(content, name, _mutated(part, chance))


def _mutated(content: bytes, chance: random.Random) -> bytes:
    said = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8, 40))):
        if not said:
            break
        at = chance.randrange(len(said))
        size = min(chance.choice((1, 1, 4, 64, 1000)), len(said) - at)
        deed = chance.randrange(5)
        if deed == 0:
            said[at : at + size] = chance.randbytes(size)
        elif deed == 1:
            del said[at : at + size]
        elif deed == 2:
            said[at:at] = said[at : at + size] * chance.choice((1, 50))
        elif deed == 3:
            said[at] = chance.choice((0, 0xFF, 0x7F, 0x80, ord("<"), ord("9")))
        else:
            other = chance.randrange(len(said))
            said[at : at + size], said[other : other + size] = said[other : other + size], said[at : at + size]
    return bytes(said)
