"""What a PDF has beside the text of its pages: comments, form fields, links, scripts, attachments, properties, outlines.

Called by ``pdf``.
"""

from __future__ import annotations

import ctypes
import re
from typing import Protocol

import pypdfium2
import pypdfium2.raw as pdfium

from torana.files.reading import Put, Reading
from torana.ports.files import Piece, Unreadable

SAID = (b"Contents", b"V", b"TU", b"T", b"RC", b"Subj")
"""Entries of an annotation that hold what people wrote (ISO 32000-1, tables 164, 170, 220)."""
_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")
MOST_ANNOTATIONS = 5_000
MOST_OBJECTS = 3_000
LAUNCHING = {pdfium.PDFACTION_LAUNCH: "launch_action", pdfium.PDFACTION_REMOTEGOTO: "external_link"}
INVISIBLE = pdfium.FPDF_TEXTRENDERMODE_INVISIBLE


class Covering(Protocol):
    """The document, as far as this module needs it."""

    properties_go: bool

    def cover_page(self, number: int) -> None: ...


def extras_of_page(page: pypdfium2.PdfPage, number: int, reading: Reading, document: Covering) -> None:
    """Add what is on a page beside its text."""
    place = f"page {number + 1}"

    def put(start: int, end: int, text: str) -> None:
        document.cover_page(number)

    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), MOST_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        for name in SAID:
            text = _string(annotation, name)
            is_field = name in (b"V", b"TU", b"T")
            what = "form field" if is_field else "comment"
            reading.add(Piece(text, f"{place} {what}", f"{place} {what}s", kind="text" if is_field else "comment"), put)
        _link(page, annotation, place, reading, put)
        pdfium.FPDFPage_CloseAnnot(annotation)
    _unseen(page, place, reading)


def note_document(pdf: pypdfium2.PdfDocument, reading: Reading, document: Covering) -> None:
    """Add what belongs to no page."""

    def put(start: int, end: int, text: str) -> None:
        document.properties_go = True

    for name, text in pdf.get_metadata_dict(skip_empty=True).items():
        text = _DATE.sub(r"\1-\2-\3 \4:\5:\6", text)  # fourteen digits look like a card's number
        reading.add(Piece(text, f"property {name}", "properties", kind="metadata"), put)
    for bookmark in pdf.get_toc(max_depth=8):
        reading.add(Piece(bookmark.get_title(), "outline", "outline", kind="metadata"), put)
    if pdfium.FPDFDoc_GetJavaScriptActionCount(pdf) > 0:
        reading.note("script", "document")
    if pdf.get_formtype() in (pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND):
        reading.note("xfa_form", "document")
    for index in range(pdf.count_attachments()):
        _attached(pdf, index, reading, put)


def _attached(pdf: pypdfium2.PdfDocument, index: int, reading: Reading, put: Put) -> None:
    try:
        attachment = pdf.get_attachment(index)
        name, content = attachment.get_name(), bytes(attachment.get_data())
    except (pypdfium2.PdfiumError, UnicodeError):
        raise Unreadable("malformed", "an attachment of the PDF cannot be read") from None
    reading.note("embedded_object", name)
    first = len(reading.pieces)
    reading.unpack(len(content), len(content))
    reading.inner(content, name)
    reading.put_instead(first, put)


def _string(annotation: pdfium.FPDF_ANNOTATION, name: bytes) -> str:
    length = pdfium.FPDFAnnot_GetStringValue(annotation, name, None, 0)
    if length <= 2:
        return ""
    said = ctypes.create_string_buffer(length)
    pdfium.FPDFAnnot_GetStringValue(annotation, name, ctypes.cast(said, ctypes.POINTER(pdfium.FPDF_WCHAR)), length)
    return said.raw[: length - 2].decode("utf-16-le", "replace")


def _link(page: pypdfium2.PdfPage, annotation: pdfium.FPDF_ANNOTATION, place: str, reading: Reading, put: Put) -> None:
    link = pdfium.FPDFAnnot_GetLink(annotation)
    action = pdfium.FPDFLink_GetAction(link) if link else None
    if not action:
        return
    kind = pdfium.FPDFAction_GetType(action)
    if kind in LAUNCHING:
        reading.note(LAUNCHING[kind], place)
    if kind == pdfium.PDFACTION_URI:
        length = pdfium.FPDFAction_GetURIPath(page.pdf, action, None, 0)
        said = ctypes.create_string_buffer(length + 1)
        pdfium.FPDFAction_GetURIPath(page.pdf, action, said, length)
        reading.add(Piece(said.value.decode("utf-8", "replace"), f"{place} link", f"{place} links", kind="link"), put)


def _unseen(page: pypdfium2.PdfPage, place: str, reading: Reading) -> None:
    """Note text that is drawn in no colour, as scanners lay it under a picture, and those who hide it."""
    for count, one in enumerate(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=2)):
        if pdfium.FPDFTextObj_GetTextRenderMode(one) == INVISIBLE:
            reading.note("hidden_text", place)
            return
        if count > MOST_OBJECTS:
            return
