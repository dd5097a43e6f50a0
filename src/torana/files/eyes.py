"""Reads pictures: straightens and enlarges them until OCR is sure of what it reads, within the limit of pictures for one file.

What was seen once is remembered, so that a copy without some of it takes no second look. Used by ``images`` and ``pdf``.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageFilter, ImageStat

from torana.files.ocr import Line, Ocr, Word
from torana.files.reading import Reading
from torana.files.strand import Leaf, Strand
from torana.ports.files import Piece

SMALL = 1400
"""Pixels of the longer side under which a picture is enlarged: OCR wants letters of some 30 pixels."""
LARGE = 3600
"""Pixels of the longer side over which it is made smaller: a photo of a phone has more than helps."""
SURE = 70.0
FEW_WORDS = 3
MANY_WORDS = 25
"""From so many on a page is read once; cards and photos, which have fewer, twice."""
LEAST = 24
"""Pixels of the shorter side of a picture in which there can be words."""
TURNS = (0, 90, 270, 180)
SKEWED = 15
"""Degrees up to which a picture is straightened."""
ROUGH = 600
NOISY = 4.0
"""The mean difference between a picture and itself without single specks, in shades, from which on it is smoothed."""
LOOKALIKES = str.maketrans(
    {"O": "0", "o": "0", "Q": "0", "D": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8", "Z": "2", "/": "7"}
)
_NUMBER = re.compile(r"[0-9OoQDlI|SBZ/.,:-]*[0-9][0-9OoQDlI|SBZ/.,:-]*")
Readings = list[list[Line]]
"""The lines of words: the best reading first, then others that may have what it lacks."""


class Eyes:
    """Of one file."""

    def __init__(self, ocr: Ocr | None, most: int, memo: bytes = b"") -> None:
        """``ocr`` None: nothing can be read. ``memo``: of another reading of the same file."""
        self._ocr = ocr
        self._left = most
        self._seen: dict[str, Readings] = {}
        for name, readings in (json.loads(memo) if memo else {}).items():
            self._seen[name] = [[tuple(Word(*word) for word in line) for line in lines] for lines in readings]

    def memo(self) -> bytes:
        """All that was seen."""
        return json.dumps(self._seen).encode() if self._seen else b""

    def look(self, image: Image.Image) -> Readings | None:
        """What is read, with boxes in the picture's own pixels; None: it cannot be read."""
        grey = image.convert("L")
        name = hashlib.blake2b(grey.tobytes(), digest_size=16).hexdigest() + f"/{grey.width}x{grey.height}"
        if name in self._seen:
            return self._seen[name]
        if min(grey.size) < LEAST:
            return []
        if self._ocr is None or self._left <= 0:
            return None
        self._left -= 1
        try:
            self._seen[name] = _readings(self._ocr, grey)
        except (OSError, ValueError):
            return None
        return self._seen[name]


def _readings(ocr: Ocr, grey: Image.Image) -> Readings:
    """As it is, else turned; and once more where there are few words or nobody is sure."""
    smooth = grey.filter(ImageFilter.GaussianBlur(1.2)) if noise_of(grey) > NOISY else grey
    scale = _scale(grey)
    best: list[Line] = []
    angle = 0.0
    for turn in TURNS:
        tried = turn + skew_of(smooth if not turn else smooth.rotate(turn, expand=True))
        found = _read(ocr, smooth, tried, scale)
        if not best or _worth(found) > _worth(best):
            best, angle = found, tried
        if _is_sure(found):
            break
    if _is_sure(best) and sum(map(len, best)) >= MANY_WORDS:
        return [best]
    again = _read(ocr, _flattened(smooth), angle, scale if scale < 1 else 3.0 - scale, sparse=True)
    return [best, again]


def noise_of(grey: Image.Image) -> float:
    """How far a picture is from itself without single specks: the mean, in shades."""
    part = grey.crop(_middle(grey))
    return float(ImageStat.Stat(ImageChops.difference(part, part.filter(ImageFilter.MedianFilter(3)))).mean[0])


def _middle(image: Image.Image) -> tuple[int, int, int, int]:
    side = 600
    left, top = max(0, (image.width - side) // 2), max(0, (image.height - side) // 2)
    return left, top, min(image.width, left + side), min(image.height, top + side)


def skew_of(grey: Image.Image) -> float:
    """By how many degrees, against the clock, the picture is to be turned so that its lines lie level.

    Where lines lie level, rows of pixels differ most from the rows beside them.
    """
    small = grey.copy()
    small.thumbnail((ROUGH, ROUGH), Image.Resampling.BOX)
    ground = small.filter(ImageFilter.GaussianBlur(12))
    ink = ImageChops.subtract(ground, small)
    best = max(range(-SKEWED, SKEWED + 1), key=lambda angle: _levelness(ink, angle) * (1.05 if not angle else 1.0))
    return max(
        (best + step / 4 for step in range(-3, 4)),
        key=lambda angle: _levelness(ink, angle) * (1.02 if not angle else 1.0),
    )


def _levelness(ink: Image.Image, angle: float) -> float:
    turned = ink.rotate(angle, resample=Image.Resampling.BILINEAR) if angle else ink
    inner = turned.crop(
        (turned.width // 8, turned.height // 8, turned.width - turned.width // 8, turned.height - turned.height // 8)
    )
    rows = inner.resize((1, inner.height), Image.Resampling.BOX).tobytes()
    return sum((one - other) ** 2 for one, other in itertools.pairwise(rows)) + 0.001


def _flattened(grey: Image.Image) -> Image.Image:
    """The picture without shadows: what is darker than its surroundings stays dark."""
    ground = grey.filter(ImageFilter.GaussianBlur(25))
    return ImageChops.subtract(grey, ground, 0.6, 200)


def _scale(image: Image.Image) -> float:
    longer = max(image.size)
    if longer > LARGE:
        return LARGE / longer
    return 2.0 if longer < SMALL else 1.0


def _worth(lines: list[Line]) -> float:
    return sum(
        max(0.0, word.sure - 30) * len(word.text) for line in lines for word in line if any(map(str.isalnum, word.text))
    )


def _is_sure(lines: list[Line]) -> bool:
    words = [word for line in lines for word in line if len(word.text) > 1]
    return len(words) >= FEW_WORDS and sum(word.sure for word in words) / len(words) >= SURE


def _read(ocr: Ocr, grey: Image.Image, angle: float, scale: float, sparse: bool = False) -> list[Line]:
    """The lines in the picture, once it was enlarged and turned (degrees, against the clock); boxes in it as it was."""
    size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
    large = grey.resize(size, Image.Resampling.LANCZOS) if scale != 1 else grey
    ground = sorted(grey.resize((3, 3), Image.Resampling.BOX).tobytes())[4]
    turned = large.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=ground) if angle else large
    lines = ocr.read(turned, sparse)
    return [tuple(_back(word, angle, (turned.size, size, grey.size)) for word in line) for line in lines]


def _back(word: Word, angle: float, sizes: tuple[tuple[int, int], ...]) -> Word:
    """The word with its box where it stood before the picture was turned and enlarged."""
    turned, large, own = sizes
    cos, sin = math.cos(-math.radians(angle)), math.sin(-math.radians(angle))
    across, down = [], []
    for x, y in ((word.left, word.top), (word.right, word.top), (word.left, word.bottom), (word.right, word.bottom)):
        right, below = x - turned[0] / 2, y - turned[1] / 2
        across.append((large[0] / 2 + cos * right + sin * below) * own[0] / large[0])
        down.append((large[1] / 2 - sin * right + cos * below) * own[1] / large[1])
    return word._replace(
        left=max(0, round(min(across))), top=max(0, round(min(down))),
        right=min(own[0], round(max(across))), bottom=min(own[1], round(max(down))),
    )  # fmt: skip


def digits_for_letters(text: str) -> str:
    """The text with digits for letters that look like them, in words that are numbers otherwise."""
    return " ".join(word.translate(LOOKALIKES) if _NUMBER.fullmatch(word) else word for word in text.split(" "))


class Sight:
    """What was read in one picture, as pieces; and the boxes of what is to go."""

    def __init__(self, readings: Readings, place: str, unit: str, reading: Reading) -> None:
        self.boxes: list[tuple[int, int, int, int]] = []
        known: set[str] = set()
        for number, lines in enumerate(readings):
            for line in lines:
                text = " ".join(word.text for word in line)
                kind = "ocr_again" if number else "ocr"
                if text not in known:
                    self._add(line, text, Piece("", place, f"{unit} again" if number else unit, kind=kind), reading)
                known.add(text)
        for line in [line for lines in readings for line in lines]:
            text = digits_for_letters(" ".join(word.text for word in line))
            if text not in known:
                self._add(line, text, Piece("", place, f"{unit} as digits", kind="ocr_again"), reading)
            known.add(text)

    def _add(self, line: Line, text: str, piece: Piece, reading: Reading) -> None:
        box = around(line)
        said = f"{piece.place} box {box[0]},{box[1]},{box[2] - box[0]},{box[3] - box[1]}".strip()
        strand = Strand([Leaf(text, None)])

        def put(start: int, end: int, text: str) -> None:
            self._cover(line, start, end)

        reading.add(piece._replace(text=strand.text, place=said), put)

    def _cover(self, line: Line, start: int, end: int) -> None:
        at = 0
        for word in line:
            if at < end and start < at + len(word.text):
                self.boxes.append((word.left, word.top, word.right, word.bottom))
            at += len(word.text) + 1


def around(line: Sequence[Word]) -> tuple[int, int, int, int]:
    """The box around all words."""
    return (
        min(word.left for word in line), min(word.top for word in line),
        max(word.right for word in line), max(word.bottom for word in line),
    )  # fmt: skip
