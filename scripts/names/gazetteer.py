"""Writes the word list of the tagger of names: ``python scripts/names/gazetteer.py TARGET SCOWL_FOLDER``.

It reads names from the packages ``Faker`` (MIT) and ``names`` (US census of 1990, public domain), words from SCOWL (Debian's
package ``scowl``, free to copy with notice), and ``extra.txt`` beside it. Run by hand, before train.py.
"""

from __future__ import annotations

import importlib
import lzma
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from torana.guardrails.pii import lexicon

HERE = Path(__file__).parent
WORD = re.compile(r"[^\W\d_]{2,20}|[\u0900-\u0963\u0970-\u097f]{2,20}")
LATIN_GREEK_CYRILLIC = "\u0530"
COUNTS = ("first_name", "last_name", "middle_name")
LEVELS = ((lexicon.COMMON, (10, 20)), (lexicon.WORD, (35, 40)))
CENSUS = (
    ("dist.female.first", None, lexicon.GIVEN),
    ("dist.male.first", None, lexicon.GIVEN),
    ("dist.all.last", 16_000, lexicon.FAMILY),
)
PLACES = ("cities", "city_names", "countries", "states", "provinces", "regions", "districts")
KINDS = {"given": lexicon.GIVEN, "family": lexicon.FAMILY, "place": lexicon.PLACE, "org": lexicon.OTHER}


def of_faker(room: str, starts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Pairs of attribute and entry of one of Faker's providers, over all its locales."""
    package = importlib.import_module(f"faker.providers.{room}")
    for found in pkgutil.iter_modules(package.__path__):
        provider = importlib.import_module(f"{package.__name__}.{found.name}").Provider
        for name in dir(provider):
            listed = getattr(provider, name)
            if name.startswith(starts) and isinstance(listed, (tuple, list, dict)):
                yield from ((name, entry) for entry in listed if isinstance(entry, str))


def of_census(name: str) -> list[str]:
    """The names of one census file, the commonest first."""
    folder = Path(str(importlib.import_module("names").__file__)).parent
    return [line.split()[0] for line in (folder / name).read_text().splitlines()]


def words(text: str) -> Iterator[str]:
    """The keys of the words in a text that are in a script the tagger reads."""
    for match in WORD.finditer(text):
        if match.group().islower():
            continue  # a particle: van, de la
        word = lexicon.key(match.group())
        if word[0] < LATIN_GREEK_CYRILLIC or "\u0900" <= word[0] <= "\u097f":
            yield word


def of_scowl(scowl: Path) -> Iterator[tuple[int, str]]:
    """Pairs of flag and plain word."""
    for flag, levels in LEVELS:
        for level in levels:
            for dialect in ("english", "american"):
                for line in (scowl / f"{dialect}-words.{level}").read_text(encoding="latin-1").splitlines():
                    if line.isalpha() and line.islower() and len(line) > 1:
                        yield flag, lexicon.key(line)


def marked(scowl: Path) -> Iterator[tuple[int, str]]:
    """Pairs of flag and word, of all sources."""
    for name, entry in of_faker("person", COUNTS):
        for word in words(entry):
            yield lexicon.GIVEN if name.startswith("first") else lexicon.FAMILY, word
    for file, most, flag in CENSUS:
        for word in of_census(file)[:most]:
            yield flag, word.lower()
    for _, entry in of_faker("address", PLACES):
        for word in words(entry):
            yield lexicon.PLACE, word
    for line in (HERE / "extra.txt").read_text(encoding="utf-8").splitlines():
        kind, _, entries = line.partition(" ")
        for word in words(entries):
            yield KINDS[kind], word
    yield from of_scowl(scowl)


def collect(scowl: Path) -> dict[str, int]:
    """Flags by word."""
    flags: dict[str, int] = defaultdict(int)
    for flag, word in marked(scowl):
        flags[word] |= flag
    return flags


def main() -> None:
    """Write the list."""
    target, scowl = Path(sys.argv[1]), Path(sys.argv[2])
    by_flags: dict[int, list[str]] = defaultdict(list)
    for word, flag in collect(scowl).items():
        by_flags[flag].append(word)
    text = "\n".join(f"{flag}\t{' '.join(sorted(by_flags[flag]))}" for flag in sorted(by_flags))
    target.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    sys.stdout.write(f"{sum(map(len, by_flags.values()))} words, {target.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
