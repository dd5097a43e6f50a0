"""What is read out of files made by real libraries, with its places; and copies of them without some of it."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pypdfium2
import pytest
from PIL import Image

from tests import made_files as made
from torana.files import opening
from torana.ports.files import LIMITS, Edit, Extract, How, NoCopy, Unreadable

UNSEEN = How(ocr=False)
CARD = "4111 1111 1111 1111"
MAIL = "ann@example.org"
HINDI = "मेरा आधार नंबर 2345 6789 0124 है"


def read(content: bytes, **how: object) -> Extract:
    return opening.read(content, UNSEEN._replace(**how), None)  # type: ignore[arg-type]


def placed(content: bytes) -> dict[str, str]:
    return {piece.place: piece.text for piece in read(content).pieces}


def without(content: bytes, value: str, how: How = UNSEEN) -> bytes:
    """A copy with ``[X]`` in place of the value, wherever it stands in a piece."""
    edits = [
        Edit(number, at, at + len(value), "[X]")
        for number, piece in enumerate(opening.read(content, how, None).pieces)
        if (at := piece.text.find(value)) >= 0
    ]
    assert edits
    return opening.redacted(content, how, None, b"", edits)


WORD = made.a_docx([f"My card is {CARD}.", HINDI, f"in a table: {MAIL}"], header=f"header {MAIL}")
SHEET = made.an_xlsx(
    [["Name", "Card", "Born", "Mail"], ["Ravi", 4111111111111111, date(1990, 2, 1), MAIL]],
    hidden=MAIL,
    comment=f"ask {MAIL}",
)
SLIDES = made.a_pptx(["First", f"Write to {MAIL}"], notes=f"notes {MAIL}")
PDF = made.a_pdf([["One"], [f"Write to {MAIL} now", "and more"]], author=f"by {MAIL}")
PAGE = (
    f"<html><head><title>T</title></head><body><p>Write to <b>ann</b>@example.org</p><div style='display: none'>{MAIL}</div>"
    f"<img alt='{MAIL}'><!-- {MAIL} --><script>var a='{MAIL}'</script></body></html>"
).encode()
TABLE = f'Name,Mail\r\nAnn,{MAIL}\r\nBob,"x, {MAIL}"\r\n'.encode()
TEXT = f"one\ntwo {MAIL}\n".encode("utf-16")
BRANDS = {"docx": WORD, "xlsx": SHEET, "pptx": SLIDES, "html": PAGE, "csv": TABLE, "text": TEXT, "pdf": PDF}


@pytest.mark.parametrize("kind", BRANDS)
def test_a_type_is_told_by_content(kind: str) -> None:
    assert read(BRANDS[kind]).type == kind


def test_a_paragraph_is_read_across_its_runs_with_header_and_table() -> None:
    found = placed(WORD)
    assert found["paragraph 1"] == f"My card is {CARD}." and found["paragraph 2"] == HINDI
    assert found["paragraph 6"] == f"in a table: {MAIL}" and found["header1 paragraph 1"] == f"header {MAIL}"


def test_a_cell_is_named_and_has_the_heading_of_its_column_before_it() -> None:
    pieces = {piece.place: piece for piece in read(SHEET).pieces}
    assert pieces["sheet Pay cell B2"].text == "4111111111111111" and pieces["sheet Pay cell B2"].lead == "Card"
    assert pieces["sheet Pay cell C2"].text == "01/02/1990" and pieces["sheet Pay cell C2"].lead == "Born"
    assert pieces["sheet Quiet cell B2"].kind == "hidden" and pieces["sheet Pay comment A1"].text == f"ask {MAIL}"
    assert {"hidden_sheet", "comments"} <= {note.kind for note in read(SHEET).notes}


def test_slides_have_their_number_and_their_notes() -> None:
    found = placed(SLIDES)
    assert found["slide 2 paragraph 1"] == f"Write to {MAIL}" and found["slide 1 notes paragraph 1"] == f"notes {MAIL}"


def test_a_pdf_is_read_by_pages_with_its_properties() -> None:
    found = placed(PDF)
    assert found["page 2"].startswith(f"Write to {MAIL} now") and found["property Author"] == f"by {MAIL}"
    assert "-" in found["property CreationDate"]


def test_a_page_is_read_block_by_block_and_what_is_not_shown_is_told_apart() -> None:
    shown = [piece.text for piece in read(PAGE).pieces if piece.kind == "text" and MAIL in piece.text]
    hidden = [piece.text for piece in read(PAGE).pieces if piece.kind in ("hidden", "comment")]
    assert shown == [f"Write to {MAIL}"]
    assert [MAIL in text for text in hidden] == [True, True, True]
    assert {"hidden_text", "script"} <= {note.kind for note in read(PAGE).notes}


def test_the_strings_of_json_are_read_without_their_escapes() -> None:
    said = b'{"mail": "ann\\u0040example.org"}'
    assert MAIL in [piece.text for piece in read(said).pieces]
    with pytest.raises(NoCopy):
        without(said, MAIL)


@pytest.mark.parametrize("kind", BRANDS)
def test_a_copy_has_nothing_of_the_value_left_anywhere(kind: str) -> None:
    copy = without(BRANDS[kind], MAIL)
    after = read(copy)
    assert after.type == kind
    assert not [piece for piece in after.pieces if MAIL in piece.text]
    raw = copy
    if zipfile.is_zipfile(io.BytesIO(copy)):
        with zipfile.ZipFile(io.BytesIO(copy)) as archive:
            raw = b"".join(archive.read(name) for name in archive.namelist())
    assert MAIL.encode() not in raw and MAIL.encode("utf-16-le") not in raw


def test_a_copy_of_a_document_keeps_all_else() -> None:
    before, after = placed(WORD), placed(without(WORD, CARD))
    assert after.pop("paragraph 1") == "My card is [X]."
    before.pop("paragraph 1")
    assert before == after


def test_a_copy_of_a_sheet_makes_a_text_of_the_number() -> None:
    after = placed(without(SHEET, "4111111111111111"))
    assert after["sheet Pay cell B2"] == "[X]" and after["sheet Pay cell D2"] == MAIL


def test_the_other_pages_of_a_pdf_stay_text_and_the_page_with_the_value_becomes_a_picture() -> None:
    after = placed(without(PDF, f"{MAIL} now"))
    assert after["page 1"].strip() == "One" and "page 2" not in after


def test_a_box_is_black_where_the_value_stood() -> None:
    copy = pypdfium2.PdfDocument(without(PDF, MAIL))
    image = copy[1].render(scale=2).to_pil().convert("L")
    copy.close()
    dark = image.crop((0, 0, image.width, 160)).point(lambda shade: 255 if shade < 40 else 0)
    left, top, right, bottom = dark.getbbox() or (0, 0, 0, 0)
    solid = image.crop((220, 118, 300, 126))
    assert right - left > 150 and bottom - top < 120
    assert max(solid.tobytes()) < 60


def test_pictures_in_a_document_are_unread_without_ocr() -> None:
    picture = made.as_file(made.a_page(["hello"], width=500))
    assert [note.kind for note in read(made.a_docx(["a", "b"], picture=picture)).unread] == ["picture"]
    assert [note.kind for note in read(picture).unread] == ["picture"]


def test_the_metadata_of_a_picture_is_read_and_no_copy_has_it() -> None:
    image = Image.new("RGB", (40, 40), "white")
    exif = image.getexif()
    exif[0x010E] = f"shot by {MAIL}"
    content = made.as_file(image, "JPEG", exif=exif)
    assert placed(content)["metadata ImageDescription"] == f"shot by {MAIL}"
    assert MAIL.encode() not in without(content, MAIL)


def test_an_archive_is_read_when_it_may_be_and_named_as_unread_otherwise() -> None:
    content = made.a_zip([("a/letter.docx", WORD), ("b.csv", TABLE)])
    assert [note.kind for note in read(content).unread] == ["archive"]
    found = {piece.place: piece.text for piece in read(content, archives=True).pieces}
    assert found["a/letter.docx: paragraph 2"] == HINDI and found["b.csv: cell B2"] == MAIL
    copy = without(content, MAIL, UNSEEN._replace(archives=True))
    assert not [one for one in read(copy, archives=True).pieces if MAIL in one.text]


def test_macros_objects_and_content_from_elsewhere_are_noted() -> None:
    document = made.with_part(WORD, "word/vbaProject.bin", b"x")
    document = made.with_part(document, "word/embeddings/inner.xlsx", SHEET)
    document = made.with_part(
        document,
        "word/_rels/settings.xml.rels",
        b'<Relationships><Relationship Id="r1" TargetMode="External" Target="http://evil.example/t.dotm" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/></Relationships>',
    )
    found = read(document)
    assert {"macro", "embedded_object", "external_content"} <= {note.kind for note in found.notes}
    assert "inner.xlsx: sheet Pay cell D2" in {piece.place for piece in found.pieces}


def test_a_type_that_nobody_reads_is_unread() -> None:
    assert [note.place for note in read(b"ID3\x03\x00" + b"\0" * 200).unread] == ["audio"]
    assert [note.place for note in read(b"{\\rtf1 hello}").unread] == ["rtf"]


@pytest.mark.parametrize(
    ("limit", "content", "reason"),
    [
        ({"max_bytes": 10}, b"more than ten bytes", "too_large"),
        ({"pages": 1}, PDF, "too_many_pages"),
        ({"cells": 3}, TABLE, "too_many_cells"),
        ({"characters": 5}, TABLE, "too_much_text"),
        ({"pixels": 100}, made.as_file(made.a_page(["a"])), "too_many_pixels"),
        ({"entries": 3}, WORD, "too_many_entries"),
        ({"unpacked_bytes": 3000}, WORD, "bomb"),
    ],
)  # fmt: skip
def test_what_is_over_a_limit_is_refused(limit: dict[str, int], content: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(content, limits=LIMITS._replace(**limit))
    assert refused.value.reason == reason


@pytest.mark.parametrize("name", made.BOMBS)
def test_a_hostile_file_is_refused_with_its_reason(name: str) -> None:
    bomb, reason = made.BOMBS[name]
    content = bomb()
    with pytest.raises(Unreadable) as refused:
        read(content, archives=True)
    assert refused.value.reason == reason
