"""Reads a text as words and the kinds of words they are, through the disguises that people give to words.

It judges nothing. Called by guardrails whose models look at kinds of words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

NUMBER = "number"
SHORTEST_STARRED = 4
LONGEST_STARRED = 20

_NOISE = re.compile(r"https?://\S+|www\.\S+|&(?:#\d+|[a-z]+);|@\w+|\b\d+(?:[.,]\d+)*\b")
_SPACED = re.compile(r"(?<!\w)(?:\w[ .\-_*]){2,}\w(?!\w)")
_LETTER = r"[^\W_]|[\u0900-\u097f]"
_WORD = re.compile(
    rf"(?:{_LETTER}|[@$!+#*]++(?=[^\W_])|(?<=[^\W_])(?:'(?=[^\W_])|[@$+#!]++(?=[^\W_])|\*\*+|\*(?=[^\W_])))+|``|''|[\"'`?!$]"
)
_MARKS = frozenset('"?!$')
_QUOTES = frozenset({"'", "`", "``", "''"})
_PLAIN = str.maketrans(
    {"@": "a", "$": "s", "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "!": "i", "+": "t"}
)
_LONG = re.compile(r"(.)\1{2,}")
_ENDINGS = ("'s", "s'", "s", "es", "ed", "d", "ing", "in'", "in", "er", "ers", "y", "a")


class Word(NamedTuple):
    """A word in lower case, undisguised, and its kind; empty: none."""

    text: str
    kind: str


class WordClasses:
    """The kinds of words that one guardrail knows."""

    __slots__ = ("_first", "_kinds", "_longest", "_part", "_parts", "_phrases", "_shapes")

    def __init__(self, kinds: Mapping[str, Sequence[str]], parts: Mapping[str, str] | None = None) -> None:
        """``kinds``: kind → its words, ``_`` for a blank in phrases. ``parts``: what stands inside words → kind."""
        self._kinds: dict[str, str] = {
            word: kind for kind, words in reversed(list(kinds.items())) for word in words if "_" not in word
        }
        self._phrases = {
            tuple(word.split("_")): kind
            for kind, words in reversed(list(kinds.items()))
            for word in words
            if "_" in word
        }
        self._first = frozenset(phrase[0] for phrase in self._phrases)
        self._longest = max((len(phrase) for phrase in self._phrases), default=1)
        self._parts = dict(parts or {})
        self._part = re.compile("|".join(map(re.escape, self._parts))) if self._parts else None
        self._shapes: dict[tuple[int, str], list[str]] = {}
        for word in reversed(self._kinds):
            self._shapes.setdefault((len(word), word[0]), []).append(word)

    def read(self, text: str) -> list[Word]:
        """The words of a text, phrases as one word; ``"``, ``?``, ``!`` and ``$`` count as words of their own kind."""
        clear = _SPACED.sub(_joined, _NOISE.sub(_noise, text.lower()))
        words = [self._undisguised(found) for found in _WORD.findall(clear)]
        read: list[Word] = []
        at = 0
        while at < len(words):
            phrase = self._phrase_at(words, at)
            text_of = " ".join(words[at : at + phrase]) if phrase else words[at]
            kind = self._phrases[tuple(words[at : at + phrase])] if phrase else self.kind(words[at])
            read.append(Word(text_of, kind))
            at += phrase or 1
        return read

    def kind(self, word: str) -> str:
        """The kind of a word in lower case; empty: none."""
        if word in self._kinds:
            return self._kinds[word]
        if word in _MARKS:
            return word
        if word.isdigit():
            return NUMBER
        for ending in _ENDINGS if word.endswith(_ENDINGS) else ():
            if word.endswith(ending) and len(word) - len(ending) > 2:
                stem = word[: -len(ending)]
                found = self._kinds.get(stem) or self._kinds.get(stem + "e")
                if found:
                    return found
        part = self._part.search(word) if self._part else None
        return self._parts[part[0]] if part else ""

    def _phrase_at(self, words: Sequence[str], at: int) -> int:
        """How many words the longest phrase has that begins here; 0: there is none."""
        if words[at] not in self._first:
            return 0
        for length in range(min(self._longest, len(words) - at), 1, -1):
            if tuple(words[at : at + length]) in self._phrases:
                return length
        return 0

    def _undisguised(self, found: str) -> str:
        """``sh1t`` and ``fuuuck`` as they are meant, when that makes a word that is known."""
        if found in self._kinds:
            return found
        if found.isalpha() and not _LONG.search(found):
            return found
        if found in _QUOTES:
            return '"'
        if found in _MARKS:
            return found
        found = found.lstrip("*")
        short = _LONG.sub(r"\1\1", found)
        for candidate in (short, _LONG.sub(r"\1", found), found.translate(_PLAIN), found.replace("*", "u")):
            if candidate in self._kinds:
                return candidate
        if "*" in found:
            return self._starred(found) or short
        if not found.isalpha() and found[:1].isalpha():
            plain = _LONG.sub(r"\1\1", found).translate(_PLAIN)
            return plain if self.kind(plain) else short
        return short

    def _starred(self, found: str) -> str:
        """The known word that a word with stars in it stands for; empty: none or none alone."""
        if not SHORTEST_STARRED <= len(found) <= LONGEST_STARRED:
            return ""
        pattern = re.compile("".join(r"\w" if sign == "*" else re.escape(sign) for sign in found))
        return next((word for word in self._shapes.get((len(found), found[0]), ()) if pattern.fullmatch(word)), "")


def read_classes(toml: str, parts: Mapping[str, str] | None = None) -> WordClasses:
    """The kinds of words in a TOML text: kind → words with white space between."""
    return WordClasses({kind: str(words).split() for kind, words in tomllib.loads(toml).items()}, parts)


def _noise(found: re.Match[str]) -> str:
    return " 0 " if found[0][0].isdigit() else " "


def _joined(found: re.Match[str]) -> str:
    return re.sub(r"[\W_]", "", found[0])
