"""OCR: Tesseract where it is installed, else RapidOCR (extra ``ocr``), else nobody.

Pictures in, words with their boxes out; it decides nothing about which. Called by ``eyes``.
"""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from PIL import Image

PATH = "/usr/bin:/usr/local/bin:/opt/homebrew/bin:/opt/local/bin"
LANGUAGES = ("eng", "hin")
LONGEST_S = 60.0
SUREST = 100.0


class Word(NamedTuple):
    """A word and its box, in pixels."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    sure: float
    """From 0 to 100."""


Line = tuple[Word, ...]


class Ocr(Protocol):
    """Reads a picture."""

    def read(self, image: Image.Image, sparse: bool = False) -> list[Line]:
        """The lines of words in a picture in shades of grey. ``sparse``: words stand anywhere, not in blocks. Raises OSError when it cannot tell."""
        ...


class Tesseract:
    """The program, called once for each picture (https://tesseract-ocr.github.io/tessdoc/Command-Line-Usage.html)."""

    def __init__(self, program: str, languages: Sequence[str]) -> None:
        self.program = program
        self._languages = "+".join(languages)

    def read(self, image: Image.Image, sparse: bool = False) -> list[Line]:
        """The lines of words. Raises OSError."""
        given = io.BytesIO()
        image.save(given, "PPM")
        command = [
            self.program,
            "stdin",
            "stdout",
            "-l",
            self._languages,
            "--dpi",
            "300",
            "--psm",
            "11" if sparse else "3",
            "tsv",
        ]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program, found at fixed places
                command, input=given.getvalue(), capture_output=True, check=True, timeout=LONGEST_S,
                env={"OMP_THREAD_LIMIT": "1", "PATH": PATH, "LC_ALL": "C.UTF-8"},
            )  # fmt: skip
        except subprocess.SubprocessError as fault:
            raise OSError("tesseract could not read a picture") from fault
        return _lines_of(done.stdout.decode("utf-8", "replace"))


def _lines_of(table: str) -> list[Line]:
    """Tesseract's table of words."""
    lines: dict[tuple[str, ...], list[Word]] = {}
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = (row.get("text") or "").strip()
        if row.get("level") != "5" or not text:
            continue
        left, top = int(row["left"]), int(row["top"])
        box = left, top, left + int(row["width"]), top + int(row["height"])
        lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), []).append(
            Word(text, *box, float(row["conf"]))
        )
    return [tuple(words) for words in lines.values()]


class Rapid:
    """RapidOCR, whose models are in its package. Made anew for each file: what it reads is gone with its process."""

    def __init__(self) -> None:
        self._engine: Any = None

    def read(self, image: Image.Image, sparse: bool = False) -> list[Line]:
        """The lines of words. Raises OSError."""
        if self._engine is None:
            module = importlib.import_module("rapidocr")
            self._engine = module.RapidOCR(
                params={"EngineConfig.onnxruntime.intra_op_num_threads": 1, "Global.log_level": "critical"}
            )
        numpy = importlib.import_module("numpy")
        found = self._engine(numpy.asarray(image.convert("RGB")))
        if found.boxes is None or found.txts is None:
            return []
        lines: list[Line] = []
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
            across, down = [int(point[0]) for point in box], [int(point[1]) for point in box]
            lines.append(_words(text, (min(across), min(down), max(across), max(down)), float(score) * SUREST))
        return [line for line in lines if line]


def _words(text: str, box: tuple[int, int, int, int], sure: float) -> Line:
    """The words of a line of which only the whole box is known."""
    left, top, right, bottom = box
    found: list[Word] = []
    at = 0
    step = (right - left) / max(1, len(text))
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        found.append(Word(word, int(left + start * step), top, int(left + at * step) + 1, bottom, sure))
    return tuple(found)


def find() -> Ocr | None:
    """The best that is at hand."""
    program = shutil.which("tesseract", path=PATH)
    if program is not None:
        known = subprocess.run([program, "--list-langs"], capture_output=True, check=False, timeout=LONGEST_S)  # noqa: S603
        languages = [one for one in LANGUAGES if one in known.stdout.decode("utf-8", "replace").split()]
        if languages:
            return Tesseract(program, languages)
    if importlib.util.find_spec("rapidocr") is not None and importlib.util.find_spec("onnxruntime") is not None:
        return Rapid()
    return None
