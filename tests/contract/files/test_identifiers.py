"""Every identifier that is planted in the digital text of a document is found, in every format, in English and in Hindi;
and of those in scans, more than nineteen in twenty."""

from __future__ import annotations

import io
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import file_quality as drawn
from tests import made_files as made
from torana.files import ocr, opening
from torana.files.pool import Pool
from torana.guardrails import pii
from torana.line.file_texts import read_pieces
from torana.ports.files import How, Piece
from torana.ports.guardrail import Where
from torana.scan.normal import normal

GUARD = pii.open(pii.Settings())
WORDS = {
    "english": {"aadhaar": "Aadhaar number", "pan": "PAN", "credit_card": "Card", "phone": "Mobile", "email": "Email"},
    "hindi": {"aadhaar": "आधार संख्या", "pan": "पैन", "credit_card": "कार्ड", "phone": "मोबाइल नंबर", "email": "ईमेल"},
}
MADE = {
    "aadhaar": drawn.aadhaar, "pan": drawn.pan, "credit_card": drawn.card, "phone": drawn.phone, "email": drawn.mail,
}  # fmt: skip


def planted(seed: int) -> dict[str, str]:
    chance = random.Random(seed)
    return {kind: make(chance) for kind, make in MADE.items()}


def found(pieces: tuple[Piece, ...]) -> set[tuple[str, str]]:
    """Kind and value of everything that is found in the pieces."""
    every = set()
    for place in read_pieces(pieces, "").places:
        form = normal(place.text)
        for one in GUARD.check(form.text, Where("input", "tool")):
            every.add((one.kind, drawn.signs(place.text[slice(*form.back(one.start, one.end))])))
    return every


def lines(values: dict[str, str], language: str) -> list[str]:
    return [f"{WORDS[language][kind]}: {value}" for kind, value in values.items()]


def rows(values: dict[str, str], language: str) -> list[list[str]]:
    return [list(WORDS[language].values()), list(values.values())]


Maker = Callable[[dict[str, str], str], bytes]
FORMATS: dict[str, Maker] = {
    "docx": lambda values, language: made.a_docx(lines(values, language)),
    "xlsx with headings": lambda values, language: made.an_xlsx(rows(values, language)),
    "xlsx in lines": lambda values, language: made.an_xlsx([[line] for line in lines(values, language)]),
    "xlsx, hidden": lambda values, language: made.an_xlsx([["a"]], hidden="; ".join(lines(values, language))),
    "xlsx, comment": lambda values, language: made.an_xlsx([["a"]], comment="\n".join(lines(values, language))),
    "pptx": lambda values, language: made.a_pptx(lines(values, language)),
    "pptx notes": lambda values, language: made.a_pptx(["a"], notes="\n".join(lines(values, language))),
    "csv": lambda values, language: "\n".join(",".join(row) for row in rows(values, language)).encode(),
    "html": lambda values, language: "".join(f"<p>{line[:9]}<b>{line[9:]}</b>" for line in lines(values, language)).encode(),
    "html table": lambda values, language: f"<table>{''.join(f'<tr><td>{line}</td></tr>' for line in lines(values, language))}</table>".encode(),
    "text": lambda values, language: "\n".join(lines(values, language)).encode("utf-16"),
    "zip": lambda values, language: made.a_zip([("a.docx", made.a_docx(lines(values, language)))]),
}  # fmt: skip


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_identifier_in_digital_text_is_found(name: str, language: str) -> None:
    for seed in range(6):
        values = planted(seed)
        extract = opening.read(FORMATS[name](values, language), How(ocr=False, archives=True), None)
        known = found(extract.pieces)
        missing = [kind for kind, value in values.items() if (kind, drawn.signs(value)) not in known]
        assert not missing, f"seed {seed}"


def test_every_identifier_in_a_pdf_is_found() -> None:
    for seed in range(6):
        values = planted(seed)
        extract = opening.read(made.a_pdf([lines(values, "english")]), How(ocr=False), None)
        assert {(kind, drawn.signs(value)) for kind, value in values.items()} <= found(extract.pieces)


@pytest.mark.skipif(
    not Path(made.DEVANAGARI).exists(), reason="the font of Devanagari is not installed (fonts-noto-core)"
)
def test_every_identifier_in_a_pdf_of_shaped_hindi_is_found_and_its_words_can_be_read() -> None:
    for seed in range(6):
        values = planted(seed)
        extract = opening.read(made.a_shaped_pdf(lines(values, "hindi")), How(ocr=False), None)
        assert {(kind, drawn.signs(value)) for kind, value in values.items()} <= found(extract.pieces)
        assert all(word in extract.pieces[0].text for word in ("आधार", "कार्ड", "मोबाइल"))


needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract", path=ocr.PATH) is None or not all(Path(font).exists() for font in drawn.FONTS),
    reason="OCR, or the fonts of the pictures, are not installed (tesseract-ocr, fonts-dejavu-core, fonts-noto-core)",
)


@needs_tesseract
async def test_what_is_found_in_a_picture_is_black_in_its_copy_and_there_is_nothing_left_to_be_read() -> None:
    pool = Pool(workers=1)
    try:
        page = drawn.identity(random.Random(3))
        content = made.as_file(page.image)
        extract = await pool.read(content, How())
        reading = read_pieces(extract.pieces, "")
        ((kind, value),) = page.planted
        assert (kind, drawn.signs(value)) in found(extract.pieces)
        edits = [
            drawn_edit
            for number, place in enumerate(reading.places)
            for drawn_edit in edits_of_digits(place.text, reading.spots[number], value)
        ]
        assert edits and all("box " in extract.pieces[edit.piece].place for edit in edits)
        copy = await pool.redacted(content, How(), extract, edits)
        again = await pool.read(copy, How())
        assert not found(again.pieces) & {(kind, drawn.signs(value))}
    finally:
        await pool.aclose()


def edits_of_digits(text: str, spots: list[object], value: str) -> list[opening.Edit]:
    """Edits of the pieces in which the value stands."""
    out = []
    for spot in spots:
        piece = text[spot.start : spot.end]  # type: ignore[attr-defined]
        at = piece.find(value)
        if at >= 0:
            out.append(opening.Edit(spot.piece, at, at + len(value), "[X]"))  # type: ignore[attr-defined]
    return out


@pytest.mark.long
@pytest.mark.timeout(1800)
@needs_tesseract
@pytest.mark.parametrize("name", ["clean scan, English, 150 dpi", "clean scan, Hindi, 150 dpi"])
async def test_of_the_identifiers_in_clean_scans_nineteen_in_twenty_are_found(name: str) -> None:
    pool = Pool(workers=1)
    try:
        kind = next(one for one in drawn.KINDS_OF_PICTURE if one.name == name)
        score = await drawn.measured(kind, 12, pool)
    finally:
        await pool.aclose()
    assert score.found / score.planted >= 0.95


def test_ink_under_a_box_is_gone_and_not_only_covered() -> None:
    from torana.files.images import covered

    page = made.a_page(["4111 1111 1111 1111"])
    hidden = covered(page, [(0, 0, *page.size)])
    assert set(hidden.tobytes()) == {0}
    assert set(made.as_file(hidden)) and io.BytesIO(made.as_file(hidden)).read(4) == b"\x89PNG"


@pytest.mark.long
async def test_the_extra_reads_a_picture_where_tesseract_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rapidocr")
    monkeypatch.setattr(ocr, "PATH", "/there/is/no/such/folder")
    engine = ocr.find()
    assert isinstance(engine, ocr.Rapid)
    page = drawn.identity(random.Random(3))
    lines_seen = engine.read(page.image.convert("L"))
    assert page.planted[0][1] in {" ".join(word.text for word in line) for line in lines_seen}


def test_without_any_ocr_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "PATH", "/there/is/no/such/folder")
    monkeypatch.setattr(ocr.importlib.util, "find_spec", lambda name: None)
    assert ocr.find() is None
