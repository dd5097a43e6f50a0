"""Names that people give to things and to each other: one line of text that says something.

Pure. Called by the shapes of every room that takes a name, by the command line, and for names that identity providers tell.
"""

from __future__ import annotations

import unicodedata

BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of Unicode that are no part of a line: controls, halves of surrogate pairs, ends of lines and paragraphs."""
UNSEEN = frozenset({"Cc", "Cf", "Cn", "Cs", "Zl", "Zp", "Zs"})
"""Of these alone nobody sees anything; within a name joiners belong to the writing of many languages."""


def one_line(text: str) -> str:
    """The name, without blanks around it. Raises ValueError for one that is blank or not of one line."""
    if any(unicodedata.category(one) in BREAKING for one in text):
        raise ValueError("a name is one line: it has no line breaks, tabs or control characters")
    if all(unicodedata.category(one) in UNSEEN for one in text):
        raise ValueError("a name has at least one letter, digit or sign that is seen")
    return text.strip()


def tidied(text: str) -> str:
    """A name that others gave, as one line: what breaks it is a blank, blanks in a row are one. Empty: nothing is seen of it."""
    plain = "".join(" " if unicodedata.category(one) in BREAKING else one for one in text)
    found = " ".join(plain.split())
    return "" if all(unicodedata.category(one) in UNSEEN for one in found) else found
