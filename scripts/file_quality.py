"""How many planted identifiers are found in pictures of documents, by kind of picture: the table of docs/file-quality.md.

    python scripts/file_quality.py [--pages N] [--only NAME]

Pages are drawn with made-up people and numbers that have right check digits, made worse in steps, read by the file worker
(Tesseract, or RapidOCR where that is what is installed) and judged by ``pii``. Run by `make file-quality`.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import io
import random
import time
from collections.abc import Callable
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from torana.files.pool import Pool
from torana.guardrails import pii
from torana.line.file_texts import read_pieces
from torana.ports.files import How
from torana.ports.guardrail import Where
from torana.scan.normal import normal

LATIN = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
HINDI = "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf"
FONTS = (LATIN, HINDI)
KINDS = {"aadhaar", "pan", "credit_card", "email", "phone", "ifsc", "iban", "ssn"}
_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_P = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870",
    "4286573901", "2793806415", "7046913258",
)  # fmt: skip
"""Verhoeff's tables (J. Verhoeff, Error Detecting Decimal Codes, 1969)."""


def aadhaar(chance: random.Random) -> str:
    digits = str(chance.randrange(2, 10)) + "".join(str(chance.randrange(10)) for _ in range(10))
    for last in "0123456789":
        check = 0
        for place, sign in enumerate(reversed(digits + last)):
            check = int(_D[check][int(_P[place % 8][int(sign)])])
        if check == 0:
            whole = digits + last
            return f"{whole[:4]} {whole[4:8]} {whole[8:]}"
    raise AssertionError


def card(chance: random.Random) -> str:
    digits = "4" + "".join(str(chance.randrange(10)) for _ in range(14))
    total = sum(sum(divmod(int(one) * (2 if place % 2 == 0 else 1), 10)) for place, one in enumerate(reversed(digits)))
    whole = digits + str(-total % 10)
    return " ".join(whole[start : start + 4] for start in range(0, 16, 4))


def letters(chance: random.Random, count: int) -> str:
    return "".join(chance.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(count))


def pan(chance: random.Random) -> str:
    return f"{letters(chance, 3)}P{letters(chance, 1)}{chance.randrange(1000, 9999)}{letters(chance, 1)}"


def phone(chance: random.Random) -> str:
    return f"+91 {chance.randrange(70000, 99999)} {chance.randrange(10000, 99999)}"


def mail(chance: random.Random) -> str:
    return f"{chance.choice(('ravi', 'meera', 'anil', 'john'))}.{chance.choice(('rao', 'shah', 'lee'))}{chance.randrange(9)}@example.com"


class Page(NamedTuple):
    """A drawn page and what is planted on it: kind and value."""

    image: Image.Image
    planted: list[tuple[str, str]]


def english(chance: random.Random) -> Page:
    values = [
        ("aadhaar", aadhaar(chance)),
        ("pan", pan(chance)),
        ("credit_card", card(chance)),
        ("phone", phone(chance)),
        ("email", mail(chance)),
    ]
    lines = [
        "CUSTOMER APPLICATION FORM", "",
        "We confirm that we have received the documents of the customer", "named below. Please keep this page for your records.", "",
        f"Aadhaar number: {values[0][1]}", f"PAN: {values[1][1]}", f"Card number: {values[2][1]}", f"Mobile: {values[3][1]}",
        f"Email: {values[4][1]}", "", "The branch will call within three working days of the request.",
    ]  # fmt: skip
    return Page(drawn(lines, LATIN), values)


def hindi(chance: random.Random) -> Page:
    values = [("aadhaar", aadhaar(chance)), ("pan", pan(chance)), ("phone", phone(chance))]
    lines = [
        "ग्राहक आवेदन पत्र", "", "हम पुष्टि करते हैं कि ग्राहक के दस्तावेज़ मिल गए हैं।", "",
        f"आधार संख्या: {values[0][1]}", f"पैन: {values[1][1]}", f"मोबाइल नंबर: {values[2][1]}", "", "कृपया यह पृष्ठ संभाल कर रखें।",
    ]  # fmt: skip
    return Page(drawn(lines, HINDI), values)


def drawn(lines: list[str], font: str, size: int = 32) -> Image.Image:
    image = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(image)
    latin, face = ImageFont.truetype(LATIN, size), ImageFont.truetype(font, size)
    for number, line in enumerate(lines):
        at = 90.0
        for word in line.split(" "):
            used = latin if word.isascii() else face
            draw.text((at, 120 + number * 64), word + " ", font=used, fill=20)
            at += draw.textlength(word + " ", font=used)
    return image


def plastic(chance: random.Random) -> Page:
    """A bank card, as large letters on a dark ground."""
    number = card(chance)
    image = Image.new("RGB", (1012, 638), (24, 60, 120))
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 180, 190, 280), fill=(200, 170, 80))
    draw.text((60, 330), number, font=ImageFont.truetype(LATIN, 66), fill=(235, 235, 235))
    draw.text(
        (60, 450),
        f"VALID THRU {chance.randrange(1, 13):02}/{chance.randrange(27, 33)}",
        font=ImageFont.truetype(LATIN, 32),
        fill=(220, 220, 220),
    )
    draw.text((60, 540), "RAVI KUMAR RAO", font=ImageFont.truetype(LATIN, 40), fill=(235, 235, 235))
    draw.text((60, 60), "EXAMPLE BANK", font=ImageFont.truetype(LATIN, 44), fill=(255, 255, 255))
    return Page(image, [("credit_card", number)])


def identity(chance: random.Random) -> Page:
    """A card laid out as Aadhaar letters are, with words in both languages."""
    number = aadhaar(chance)
    image = Image.new("RGB", (1012, 638), (250, 246, 236))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1012, 34), fill=(240, 150, 60))
    draw.rectangle((0, 560, 1012, 566), fill=(190, 30, 40))
    draw.rectangle((50, 150, 260, 420), fill=(150, 160, 170))
    face = ImageFont.truetype(HINDI, 34)
    draw.text((300, 60), "भारत सरकार", font=face, fill=(20, 20, 20))
    draw.text((300, 150), "रवि कुमार राव", font=face, fill=(20, 20, 20))
    draw.text((300, 205), "Ravi Kumar Rao", font=ImageFont.truetype(LATIN, 32), fill=(20, 20, 20))
    draw.text((300, 265), "DOB: 14/08/1984", font=ImageFont.truetype(LATIN, 30), fill=(20, 20, 20))
    draw.text((280, 470), number, font=ImageFont.truetype(LATIN, 60), fill=(10, 10, 10))
    draw.text((320, 575), "आधार - आम आदमी का अधिकार", font=ImageFont.truetype(HINDI, 32), fill=(20, 20, 20))
    return Page(image, [("aadhaar", number)])


def noisy(image: Image.Image, chance: random.Random, strength: float) -> Image.Image:
    noise = Image.frombytes("L", image.size, chance.randbytes(image.width * image.height))
    grey = Image.blend(image.convert("L"), noise, strength)
    return ImageEnhance.Contrast(grey).enhance(1.2)


def turned(image: Image.Image, degrees: float) -> Image.Image:
    return image.convert("RGB").rotate(degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)


def photo(image: Image.Image, chance: random.Random, blur: float) -> Image.Image:
    """On a table, seen askew, lit from one side, a little out of focus, as JPEG."""
    width, height = image.size
    table = Image.new("RGB", (width + 500, height + 400), (110, 90, 70))
    table.paste(image.convert("RGB"), (250, 200))
    far = chance.randrange(20, 70)
    corners = (
        -far,
        chance.randrange(-30, 30),
        0,
        table.height,
        table.width,
        table.height + chance.randrange(-20, 20),
        table.width + far,
        0,
    )
    table = table.transform(table.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    table = table.rotate(chance.uniform(-6, 6), resample=Image.Resampling.BICUBIC, fillcolor=(110, 90, 70))
    shade = Image.linear_gradient("L").resize(table.size).point(lambda value: 150 + value * 105 // 255)
    table = Image.composite(table, Image.new("RGB", table.size), shade).filter(ImageFilter.GaussianBlur(blur))
    return Image.blend(
        table, Image.frombytes("RGB", table.size, chance.randbytes(3 * table.width * table.height)), 0.06
    )


class Kind(NamedTuple):
    """One row of the table."""

    name: str
    page: Callable[[random.Random], Page]
    spoil: Callable[[Image.Image, random.Random], Image.Image]
    jpeg: int = 0


def as_is(image: Image.Image, chance: random.Random) -> Image.Image:
    return image


KINDS_OF_PICTURE = (
    Kind("clean scan, English, 150 dpi", english, as_is),
    Kind("clean scan, Hindi, 150 dpi", hindi, as_is),
    Kind("scan of 100 dpi, English", english, lambda image, _: image.resize((827, 1169), Image.Resampling.LANCZOS)),
    Kind("noise 15 %, English", english, lambda image, chance: noisy(image, chance, 0.15)),
    Kind("noise 30 %, English", english, lambda image, chance: noisy(image, chance, 0.30)),
    Kind("noise 15 %, Hindi", hindi, lambda image, chance: noisy(image, chance, 0.15)),
    Kind("turned by 3°, English", english, lambda image, chance: turned(image, chance.choice((-3, 3)))),
    Kind("turned by 8°, English", english, lambda image, chance: turned(image, chance.choice((-8, 8)))),
    Kind("on its side or upside down", english, lambda image, chance: turned(image, chance.choice((90, 180, 270)))),
    Kind("JPEG of quality 15", english, as_is, 15),
    Kind("bank card, clean", plastic, as_is),
    Kind("bank card, photo", plastic, lambda image, chance: photo(image, chance, 1.2), 70),
    Kind("Aadhaar-like card, clean", identity, as_is),
    Kind("Aadhaar-like card, photo", identity, lambda image, chance: photo(image, chance, 1.2), 70),
    Kind("Aadhaar-like card, poor photo", identity, lambda image, chance: photo(image, chance, 2.6), 40),
)


class Score(NamedTuple):
    """What was found of what was planted."""

    planted: int
    found: int
    seconds: float


def signs(value: str) -> str:
    """Letters and digits, and those that look alike as one."""
    return "".join(sign for sign in value if sign.isalnum()).lower().translate(str.maketrans("oqil", "0011"))


def is_found(kind: str, value: str, values: set[tuple[str, str]]) -> bool:
    """Whether there is a finding of the kind that is the value; of an address, which has no check digit, but for one sign."""
    if (kind, signs(value)) in values:
        return True
    near = [one for known, one in values if known == kind == "email" and abs(len(one) - len(signs(value))) < 2]
    return any(difflib.SequenceMatcher(None, signs(value), one).ratio() > 0.94 for one in near)


async def measured(kind: Kind, pages: int, pool: Pool) -> Score:
    guard = pii.open(pii.Settings())
    planted = found = 0
    spent = 0.0
    for number in range(pages):
        chance = random.Random(f"{kind.name} {number}")
        page = kind.page(chance)
        out = io.BytesIO()
        image = kind.spoil(page.image, chance)
        if kind.jpeg:
            image.convert("RGB").save(out, "JPEG", quality=kind.jpeg)
        else:
            image.save(out, "PNG")
        start = time.monotonic()
        extract = await pool.read(out.getvalue(), How())
        spent += time.monotonic() - start
        values = {
            (one.kind, signs(place.text[slice(*form.back(one.start, one.end))]))
            for place in read_pieces(extract.pieces, "").places
            for form in [normal(place.text)]
            for one in guard.check(form.text, Where("input", "tool"))
        }
        planted += len(page.planted)
        found += sum(is_found(kind, value, values) for kind, value in page.planted)
    return Score(planted, found, spent / pages)


async def report(pages: int, only: str) -> None:
    pool = Pool(1)
    print("| picture | identifiers planted | found | seconds a picture |\n|---|---|---|---|")
    for kind in KINDS_OF_PICTURE:
        if only in kind.name:
            score = await measured(kind, pages, pool)
            print(
                f"| {kind.name} | {score.planted} | {score.found / score.planted:.1%} | {score.seconds:.1f} |",
                flush=True,
            )
    await pool.aclose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    asyncio.run(report(given.pages, given.only))
