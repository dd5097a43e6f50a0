"""Knows which words are given names, family names, places, brands or plain words.

The list lies beside this module and is read when a guardrail that needs it is opened. Called by the tagger of names.
"""

from __future__ import annotations

import lzma
import unicodedata
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

GIVEN: Final = 1
FAMILY: Final = 2
PLACE: Final = 4
OTHER: Final = 8
"""Brands, organisations, days, months, languages: often in capitals, never persons."""
COMMON: Final = 16
"""Among the commonest words of English."""
WORD: Final = 32

_FILE: Final = "names.xz"


def key(word: str) -> str:
    """How a word is looked up: lower case, without accents in Latin script."""
    word = word.lower()
    if word.isascii():
        return word
    if word[0] >= "\u0900":
        return word
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if unicodedata.category(sign) != "Mn")


def load() -> Mapping[str, int]:
    """The flags of each listed word, by key."""
    # One line for each set of flags: the number, a tab, the words.
    text = lzma.decompress(files("torana.guardrails.pii").joinpath(_FILE).read_bytes()).decode()
    listed: dict[str, int] = {}
    for line in text.splitlines():
        flags, _, words = line.partition("\t")
        listed.update(dict.fromkeys(words.split(" "), int(flags)))
    return MappingProxyType(listed)
