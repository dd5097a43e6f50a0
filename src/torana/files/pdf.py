"""PDF: the text of each page and where its signs stand, scanned pages by OCR, forms, comments, links, attachments.

A copy has pages without findings as they are and all others as pictures with black boxes; document properties,
attachments and scripts are not in it. Called by ``opening``.
"""

from __future__ import annotations

import ctypes
import io

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from torana.files.eyes import Sight
from torana.files.images import covered
from torana.files.pdf_extras import extras_of_page, note_document
from torana.files.reading import Opened, Reading
from torana.ports.files import Piece, Unreadable

FEW_SIGNS = 24
"""Signs of text on a page that may be a scan all the same: a stamp, a page number."""
LARGE_PICTURE = 0.1
"""The part of a page that pictures take for which it is read by OCR although it has text."""
DPI = 200
MOST_SIDE = 4000
MARGIN = 1
Box = tuple[int, int, int, int]


class Document:
    """A PDF that was opened."""

    def __init__(self, content: bytes, reading: Reading) -> None:
        """Raises Unreadable."""
        self._reading = reading
        try:
            self._pdf = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as fault:
            locked = pdfium.FPDF_GetLastError() == pdfium.FPDF_ERR_PASSWORD or "assword" in str(fault)
            reason, what = ("encrypted", "is encrypted") if locked else ("malformed", "cannot be read")
            raise Unreadable(reason, f"the PDF {what}") from fault
        count = len(self._pdf)
        if not count:
            raise Unreadable("malformed", "the PDF has no pages")
        if count > reading.how.limits.pages:
            raise Unreadable("too_many_pages", f"the file has more than {reading.how.limits.pages:,} pages")
        self._covers: dict[int, list[tuple[int, int]]] = {}
        """By page: spans of its signs that are to go."""
        self._sights: dict[int, Sight] = {}
        self.properties_go = False
        for number in range(count):
            reading.turn_page()
            self._read(number)
        note_document(self._pdf, reading, self)

    @property
    def changed(self) -> bool:
        """Whether something is to go."""
        return self.properties_go or bool(self._covers) or any(one.boxes for one in self._sights.values())

    def cover_page(self, number: int) -> None:
        """A page becomes a picture, without what is not drawn on it."""
        self._covers.setdefault(number, [])

    def _read(self, number: int) -> None:
        page = self._page(number)
        place = f"page {number + 1}"
        text, _ = signs_of(page)

        def put(start: int, end: int, new: str) -> None:
            self._covers.setdefault(number, []).append((start, end))

        self._reading.add(Piece(text, place, place), put)
        extras_of_page(page, number, self._reading, self)
        if self._reading.how.ocr and self._wants_eyes(page, text):
            image = drawn(page, self._reading.how.limits.pixels)
            readings = self._reading.eyes.look(image)
            if readings is None:
                self._reading.could_not_read("picture", place)
            else:
                self._sights[number] = Sight(readings, place, f"{place} seen", self._reading)
        elif not self._reading.how.ocr and len(text.strip()) < FEW_SIGNS and _pictures(page) > LARGE_PICTURE:
            self._reading.could_not_read("picture", place)
        page.close()

    def _wants_eyes(self, page: pypdfium2.PdfPage, text: str) -> bool:
        if len(text.strip()) < FEW_SIGNS:
            return next(iter(page.get_objects(max_depth=1)), None) is not None
        return _pictures(page) > LARGE_PICTURE

    def _page(self, number: int) -> pypdfium2.PdfPage:
        try:
            return self._pdf[number]
        except pypdfium2.PdfiumError as fault:
            raise Unreadable("malformed", "a page of the PDF cannot be read") from fault

    def copy(self) -> bytes:
        """The PDF without what is to go."""
        out = pypdfium2.PdfDocument.new()
        try:
            for number in range(len(self._pdf)):
                if number in self._covers or (number in self._sights and self._sights[number].boxes):
                    self._draw_onto(out, number)
                else:
                    out.import_pages(self._pdf, [number])
            said = io.BytesIO()
            out.save(said)
        except pypdfium2.PdfiumError as fault:
            raise Unreadable("malformed", "a page of the PDF cannot be drawn") from fault
        return said.getvalue()

    def _draw_onto(self, out: pypdfium2.PdfDocument, number: int) -> None:
        page = self._page(number)
        width, height = page.get_size()
        image = drawn(page, self._reading.how.limits.pixels)
        boxes = boxes_of(page, self._covers.get(number, []), image.size)
        if number in self._sights:
            boxes += self._sights[number].boxes
        said = io.BytesIO()
        covered(image, boxes).save(said, "JPEG", quality=85)
        said.seek(0)
        new = out.new_page(width, height)
        picture = pypdfium2.PdfImage.new(out)
        picture.load_jpeg(said, inline=True)
        picture.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
        new.insert_obj(picture)
        new.gen_content()


def open_pdf(content: bytes, reading: Reading) -> Opened:
    """A PDF. Raises Unreadable."""
    return Document(content, reading)


def signs_of(page: pypdfium2.PdfPage) -> tuple[str, list[int]]:
    """The text of a page, and for each sign of it its number at PDFium."""
    textpage = page.get_textpage()
    signs: list[str] = []
    numbers: list[int] = []
    for number in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(textpage, number)
        if code in (0, 2, 0xFFFE, 0xFFFF) or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            continue  # not known; a hyphen at the end of a line, which goes on in the next; no sign of text
        signs.append(chr(code))
        numbers.append(number)
    textpage.close()
    return "".join(signs), numbers


def boxes_of(page: pypdfium2.PdfPage, spans: list[tuple[int, int]], size: tuple[int, int]) -> list[Box]:
    """Where spans of a page's text stand on a picture of it."""
    if not spans:
        return []
    _, numbers = signs_of(page)
    textpage = page.get_textpage()
    found: list[Box] = []
    for start, end in spans:
        for number in numbers[start:end]:
            left, bottom, right, top = textpage.get_charbox(number, loose=True)
            if right > left and top > bottom:
                found.append(_on_picture(page, (left, bottom, right, top), size))
    textpage.close()
    return found


def _on_picture(page: pypdfium2.PdfPage, box: tuple[float, float, float, float], size: tuple[int, int]) -> Box:
    across, down = [], []
    for left, bottom in ((box[0], box[1]), (box[2], box[3])):
        x, y = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(page, 0, 0, size[0], size[1], 0, left, bottom, x, y)
        across.append(x.value)
        down.append(y.value)
    return min(across) - MARGIN, min(down) - MARGIN, max(across) + MARGIN, max(down) + MARGIN


def drawn(page: pypdfium2.PdfPage, most_pixels: int) -> Image.Image:
    """The page as a picture. Raises Unreadable for one without a size."""
    width, height = page.get_size()
    if width < 1 or height < 1:
        raise Unreadable("malformed", "a page of the PDF has no size")
    scale = min(DPI / 72, MOST_SIDE / max(width, height), (most_pixels / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale, may_draw_forms=True)
    image: Image.Image = bitmap.to_pil().convert("RGB")
    return image


def _pictures(page: pypdfium2.PdfPage) -> float:
    """The part of the page that pictures take."""
    width, height = page.get_size()
    area = 0.0
    for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        try:
            left, bottom, right, top = one.get_bounds()
        except pypdfium2.PdfiumError:
            continue
        area += max(0.0, right - left) * max(0.0, top - bottom)
    return float(area / max(1.0, width * height))
