"""Finds marks of confidentiality and passages of documents that must not leave, of which only fingerprints are known.

It judges no content. Run by the guard room; ``fingerprint`` is for who registers a document.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated

import msgspec

from torana.ports.guardrail import Finding, Guardrail, Where
from torana.scan.passages import HASH_BYTES, RUN, Passages, keyed, runs_of, words_of
from torana.scan.phrases import Phrases

SIDES = ("input", "output")
PRICE_CLASS = "instant"
MODES = ("block", "redact", "mask", "flag", "shadow")
UNIT = "span"

_NOWHERE = Where()

MARKS = (
    "strictly confidential", "company confidential", "confidential and proprietary", "private and confidential",
    "commercial in confidence", "internal only", "internal use only", "for internal use", "not for distribution",
    "do not distribute", "not for public release", "attorney-client privileged", "attorney client privilege", "trade secret",
    "restricted distribution", "eyes only", "most confidential", "highly confidential", "top secret", "embargoed until",
    "unpublished price sensitive information", "UPSI", "गोपनीय", "केवल आंतरिक उपयोग",
)  # fmt: skip


def fingerprint(text: str, key: str) -> str:
    """What a document is known by: hashes of its runs of six words in base64, eight signs a word.

    ``text`` is in normal form (``scan.normal``). Nobody without the key can try words against the hashes. Raises ValueError
    for a text of fewer than six words or a key of more than 64 bytes.
    """
    hashed = keyed(key.encode())
    known = {hashed(run) for run in runs_of(words_of(text))}
    if not known:
        raise ValueError(f"a document has {RUN} words at least")
    return base64.b64encode(b"".join(sorted(known))).decode()


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document that must not leave."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    fingerprint: Annotated[str, msgspec.Meta(min_length=8, max_length=2_000_000)]
    """What ``fingerprint`` gave for its text and the key."""

    def hashes(self) -> frozenset[bytes]:
        """The hashes of its runs."""
        try:
            packed = base64.b64decode(self.fingerprint, validate=True)
        except binascii.Error as wrong:
            raise ValueError("fingerprint is no base64") from wrong
        if len(packed) % HASH_BYTES:
            raise ValueError("fingerprint is cut short")
        return frozenset(packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES))

    def __post_init__(self) -> None:
        self.hashes()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is confidential."""

    marks: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")], ...],
        msgspec.Meta(max_length=1000),
    ] = MARKS
    """Words and phrases that documents are marked with; found as ``confidential_mark``."""
    documents: Annotated[tuple[Document, ...], msgspec.Meta(max_length=1000)] = ()
    """Documents whose passages are found, as ``confidential_passage``."""
    key: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """The key that the fingerprints were made with."""
    least: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    """Runs of six words that a passage shares with a document; three are eight words on end."""

    def __post_init__(self) -> None:
        if len(self.key.encode()) > 64:
            raise ValueError("key has more than 64 bytes")


_LETTER = (
    "the board approved the purchase of the northern plant for nine million crowns pending review by the regulator"
)
SAMPLE = Settings(documents=(Document("letter", fingerprint(_LETTER, "sample")),), key="sample")
MUST_CATCH = (
    "STRICTLY CONFIDENTIAL\nquarterly plan",
    "Internal use only: see page 3",
    "they said the board approved the purchase of the northern plant for nine million last week",
    "यह दस्तावेज़ गोपनीय है",
)
MUST_PASS = (
    "",
    "What does confidential mean?",
    "The board approved the minutes.",
    "Our internals are only for experts.",
)


class Confidential:
    """Marks and documents, made ready to be found."""

    __slots__ = ("_marks", "_passages", "triggers")

    def __init__(self, settings: Settings) -> None:
        self._marks = Phrases(settings.marks)
        known = frozenset[bytes]().union(*(document.hashes() for document in settings.documents))
        self._passages = Passages(known, settings.least, keyed(settings.key.encode())) if known else None
        self.triggers = None if self._passages else self._marks.triggers

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """Each mark and each passage."""
        found = [Finding("confidential_mark", start, end) for _, start, end in self._marks.find(text)]
        if self._passages is not None:
            found += [Finding("confidential_passage", start, end) for start, end in self._passages.find(text)]
        return found

    def tail(self, text: str) -> int:
        """Where a mark or a passage may have begun; with documents the last six words at least."""
        tail = self._marks.tail(text)
        return tail if self._passages is None else min(tail, self._passages.tail(text))


def price_class(settings: Settings) -> str:
    """Hashing every run takes about a microsecond a word."""
    return "fast" if settings.documents else "instant"


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return Confidential(settings)
