"""What a text may say when it is decoded: the usual encodings and disguises, one reading for each place that looks like one.

It decides nothing about what it finds, and gives up at fixed bounds. Called by guardrails that judge meaning.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

import re2

from torana.scan.gate import matcher

MOST = 12
"""Readings of one text."""
LONGEST = 4_000
"""Signs of one encoded run that are decoded."""
LONG = 8 * 1024
"""Signs of a text from which on RE2 finds its runs: what it costs to ask it pays then."""


class Decoded(NamedTuple):
    """One reading: how it was encoded, what it says, and the place of the encoded run (code points, end exclusive)."""

    kind: str
    text: str
    start: int
    end: int


KEYWORDS = (
    "ignore", "disregard", "previous", "instructions", "instruction", "system", "prompt", "reveal", "override",
    "bypass", "forget", "password", "restrictions", "secret",
)  # fmt: skip
"""Words that make a disguised text worth reading."""

_LEET = {"a": "4@", "b": "8", "e": "3", "g": "96", "i": "1!|", "l": "1|", "o": "0", "s": "5$", "t": "7+", "z": "2"}
_UNLEET = str.maketrans("4@83960157$!|+", "aabeggoistsiit")
# Letters of other alphabets that look like Latin ones (Unicode confusables, those in common use).
_ALIKE = str.maketrans(
    "аеорсухіјѕһԁԛԝѵьгпткмнвАЕОРСУХІЈЅНВКМТΑΒΕΖΗΙΚΜΝΟΡΤΥΧαοεινρτυκχωɡıⅼ",
    "aeopcyxijshdqwvbrntkmhbAEOPCYXIJSHBKMTABEZHIKMNOPTYXaoeivptukxwgil",
)
_MORSE_SIGNS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
    "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. .-.-.- --..-- ..--.."
)
_MORSE = dict(zip(_MORSE_SIGNS.split(), "abcdefghijklmnopqrstuvwxyz0123456789.,?", strict=True))


def _leet_pattern(word: str) -> str:
    """The word with at least one letter written as a digit or sign."""
    loose = [f"[{sign}{re.escape(_LEET[sign])}]" if sign in _LEET else sign for sign in word]
    hard = [(at, f"[{re.escape(_LEET[sign])}]") for at, sign in enumerate(word) if sign in _LEET]
    return "|".join("".join([*loose[:at], only, *loose[at + 1 :]]) for at, only in hard)


def _either(words: Iterator[str]) -> str:
    return "|".join(words)


_RUNS: dict[str, str] = {
    "base64": r"[A-Za-z0-9+/_-]{20,}={0,2}",
    "hex": r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[\s:,]?){12,}",
    "binary": r"(?:[01]{8}[\s,]{0,2}){5,}",
    "base32": r"[A-Z2-7]{24,}={0,6}",
    "base85": r"<~[!-~\s]{16,}~>|[!-~]{40,}",
    "escapes": r"(?:\\u\{?[0-9A-Fa-f]{4}\}?\s?){5,}",
    "entities": r"(?:&#x?[0-9A-Fa-f]{2,6};){5,}",
    "percent": r"(?:[\w.,!?'-]*%[0-9A-Fa-f]{2}){4,}[\w.,!?'-]*",
    "morse": r"(?:[.-]{1,6}[ /|]{1,3}){8,}[.-]{1,6}",
    "backslashes": r"(?:\\{1,4}[^\s\\]\s?){6,}",
    "spaced": r"(?:\b[A-Za-z][ .\-_*\\/|]{1,3}){5,}[A-Za-z]\b",
    "leet": r"(?i)" + _either(_leet_pattern(word) for word in KEYWORDS),
    "homoglyphs": r"(?i)[a-z][\x{0370}-\x{03ff}\x{0400}-\x{052f}]+[a-z]|[\x{0400}-\x{052f}][a-z]{2}|\b[\x{0400}-\x{052f}][a-z]",
    "rot13": r"(?i)" + _either(codecs.encode(word, "rot13") for word in KEYWORDS),
    "reversed": r"(?i)" + _either(word[::-1] for word in KEYWORDS),
}
TRIGGERS = tuple(_RUNS.values())
"""RE2 patterns of which one matches every text that has a reading."""
_PATTERNS = {
    kind: re.compile(re.sub(r"\\x\{([0-9a-f]{4})\}", lambda found: chr(int(found[1], 16)), run))
    for kind, run in _RUNS.items()
}


def _printable(raw: bytes) -> str | None:
    """The bytes as text, when that is what they are."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    letters = sum(sign.isalpha() or sign.isspace() for sign in text)
    return text if len(text) >= 8 and letters >= 0.75 * len(text) and text.isprintable() | ("\n" in text) else None


def _base64(run: str) -> str | None:
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    body = body[: len(body) - (len(body) % 4 == 1)]
    return _printable(binascii.a2b_base64(body + "=" * (-len(body) % 4)))


def _base32(run: str) -> str | None:
    body = run.rstrip("=")
    body = body[: len(body) // 8 * 8] if len(body) % 8 in {1, 3, 6} else body
    return _printable(base64.b32decode(body + "=" * (-len(body) % 8)))


def _hex(run: str) -> str | None:
    digits = re.sub(r"0x|\\x|[\s:,]", "", run)
    return _printable(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _binary(run: str) -> str | None:
    bits = re.sub(r"[\s,]", "", run)
    return _printable(bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) // 8 * 8, 8)))


def _base85(run: str) -> str | None:
    if run.startswith("<~"):
        return _printable(base64.a85decode(run, adobe=True))
    return None if run.isalnum() else _printable(base64.b85decode(run))


def _escapes(run: str) -> str | None:
    points = re.findall(r"\\u\{?([0-9A-Fa-f]{4})", run)
    return _printable("".join(map(chr, (int(point, 16) for point in points))).encode("utf-8", "replace"))


def _morse(run: str) -> str | None:
    words = re.split(r"\s*[/|]\s*|\s{3}", run)
    return " ".join("".join(_MORSE.get(sign, "") for sign in word.split()) for word in words) or None


def _spaced(run: str) -> str | None:
    words = re.split(r"\s{2,}|[/\\|]\s[/\\|]?", run) if re.search(r"\s{2,}", run) else [run]
    return " ".join(re.sub(r"[^A-Za-z]", "", word) for word in words)


def _folded(line: str) -> str | None:
    bare = unicodedata.normalize("NFD", line.translate(_ALIKE))
    return "".join(sign for sign in bare if not unicodedata.combining(sign))


_READERS: dict[str, Callable[[str], str | None]] = {
    "base64": _base64, "hex": _hex, "binary": _binary, "base32": _base32, "base85": _base85, "escapes": _escapes,
    "entities": html.unescape, "percent": unquote, "morse": _morse, "spaced": _spaced,
    "backslashes": lambda run: run.replace("\\", ""),
    "leet": lambda line: line.lower().translate(_UNLEET), "homoglyphs": _folded,
    "rot13": lambda line: codecs.encode(line, "rot13"), "reversed": lambda line: line[::-1],
}  # fmt: skip
_WHOLE_LINE = frozenset({"backslashes", "leet", "homoglyphs", "rot13", "reversed", "spaced"})
"""Disguises of which one word betrays the line."""
_OF_WORDS = frozenset({"percent", "spaced", "homoglyphs"})
"""Their patterns ask what a letter is: RE2 knows those of ASCII."""


@lru_cache(maxsize=1)
def _gate() -> Any:
    """All runs as one set: most texts have none, and this says so in microseconds."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    made = re2.Set.SearchSet(options)
    for run in TRIGGERS:
        made.Add(run)
    made.Compile()
    return made


_RARE = "|".join(
    f"(?:{_RUNS[kind]})"
    for kind in ("hex", "binary", "base32", "escapes", "entities", "percent", "morse", "backslashes", "spaced")
)
_BASE64 = r"(?:[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]){5}"
"""Of ASCII, three signs of each four are of a part of the alphabet, and hardly any word has five such fours."""
_LONG = (
    r"[A-Za-z0-9+]{44}|<~[!-~]|"
    r"[0-9A-Za-z!$%&();<>?@^\x60{|}]{8}[0-9A-Za-z!#$%&()*+;<=>?@^_\x60{|}~-]{32}"
)
"""Base64 of other scripts, hardly ever with a slash in 44 signs, and base85: neither has what paths have, nor begins as lines of signs do."""
_SOLID = bytes(
    0x61 if (chr(byte).isalnum() and byte < 0x80) or byte in b"!#$%&()*+-/;<=>?@^_`{|}~" else 0x20
    for byte in range(256)
)
"""All signs of base64 and base85 that ``_BASE64`` and ``_LONG`` have, but for ``<~``; none that parts words of JSON."""
_LONG_WORD = b"a" * 20


@lru_cache(maxsize=1)
def _suspicious() -> tuple[Callable[[bytes], Any], ...]:
    """What is rare, long words, and look-alike letters. One pattern of all would have an automaton that each text makes grow.

    Sets of one each: whether it matches is all that is asked, and they tell without saying where.
    """
    return tuple(matcher(one) for one in (_RARE, _BASE64, _LONG, _RUNS["homoglyphs"]))


def may_hide(text: bytes) -> bool:
    """Whether the text (UTF-8) may have readings of which no word in it tells: cheap, and often right.

    Of leetspeak, rot13 and reversed letters the words tell whoever knows them so.
    """
    rare, base64_, long, alike = _suspicious()
    if rare(text) or (not text.isascii() and alike(text)):
        return True
    # ``in`` costs an exception before it looks.
    if text.translate(_SOLID).find(_LONG_WORD) < 0 and text.find(b"<~") < 0:
        return False
    return bool(base64_(text) or long(text))


def decoded(text: str) -> list[Decoded]:
    """Every reading of the text that says something else, in no order; at most MOST. The text is in normal form."""
    found: list[Decoded] = []
    kinds = tuple(_PATTERNS)
    data = text.encode("utf-8", "replace")
    for kind in [kinds[number] for number in _gate().Match(data) or ()]:
        end = -1
        for run in _runs_of(kind, text, data):
            if run[0] < end:
                continue
            start, end = _place(text, run, kind in _WHOLE_LINE)
            reading = _read(kind, text, (start, end))
            if reading:
                found.append(Decoded(kind, reading, start, end))
            if len(found) >= MOST:
                return found
    return found


def _runs_of(kind: str, text: str, data: bytes) -> Iterator[tuple[int, int]]:
    """Where the text, which is ``data`` in UTF-8, has runs of the kind.

    RE2 looks through long texts: a megabyte of an image takes ``re`` a tenth of a second, in which it lets no other thread run.
    """
    plain = len(data) == len(text)
    if len(text) <= LONG or (kind in _OF_WORDS and not plain):
        yield from (match.span() for match in _PATTERNS[kind].finditer(text))
        return
    spans = (match.span() for match in _finder(kind).finditer(data))
    yield from spans if plain else _in_signs(spans, data)


def _in_signs(spans: Iterator[tuple[int, int]], data: bytes) -> Iterator[tuple[int, int]]:
    """Places in UTF-8, in order, as places in the text."""
    at = signs = 0
    for span in spans:
        places: list[int] = []
        for place in span:
            signs += len(str(data[at:place], "utf-8"))
            at = place
            places.append(signs)
        yield places[0], places[1]


@lru_cache(maxsize=len(_RUNS))
def _finder(kind: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(_RUNS[kind].encode(), options)


def _place(text: str, run: tuple[int, int], line: bool) -> tuple[int, int]:
    if not line:
        return run[0], min(run[1], run[0] + LONGEST)
    start = text.rfind("\n", 0, run[0]) + 1
    end = text.find("\n", run[1])
    end = len(text) if end < 0 else end
    return max(start, run[0] - LONGEST // 2), min(end, run[1] + LONGEST // 2)


def _read(kind: str, text: str, place: tuple[int, int]) -> str | None:
    run = text[place[0] : place[1]]
    if kind == "spaced":
        # Only the spaced letters are joined: the rest of the line may be written as usual.
        return _PATTERNS["spaced"].sub(lambda found: _spaced(found[0]) or "", run)
    try:
        said = _READERS[kind](run)
    except ValueError:  # binascii.Error is one
        return None
    return said if said and said != run else None
