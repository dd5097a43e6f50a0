"""DOCX: paragraphs of the text, headers, footers, notes, comments, what was deleted and what is hidden.

Tables and text boxes are paragraphs too. Called by ``opening``.
"""

from __future__ import annotations

import re

from torana.files.markup import Element, local
from torana.files.ooxml import Package, must_have
from torana.files.reading import Opened, Reading

MAIN = "word/document.xml"
PARTS = re.compile(r"word/(document|header|footer|footnotes|endnotes|comments)(\d*)\.xml")
KINDS = {"comments": "comment"}


def open_word(content: bytes, reading: Reading) -> Opened:
    """A DOCX. Raises Unreadable."""
    package = Package(content, reading)
    must_have(package, MAIN)
    for name in sorted(package.names, key=lambda one: (one != MAIN, one)):
        part = PARTS.fullmatch(name)
        if part is None:
            continue
        root = package.root(name)
        unit = part[1] + part[2]
        place = "paragraph" if part[1] == "document" else f"{unit} paragraph"
        package.paragraphs(name, root, unit, place, KINDS.get(part[1], "text"))
        package.attributes(name, root, unit)
        _noted(root, unit, reading)
    package.rest()
    return package


def _noted(root: Element, unit: str, reading: Reading) -> None:
    """What a reader of the document does not see."""
    found = {local(one) for one in root.iter() if isinstance(one.tag, str)}
    if found & {"vanish", "webHidden", "specVanish"}:
        reading.note("hidden_text", unit)
    if found & {"delText", "del", "moveFrom"}:
        reading.note("tracked_changes", unit)
    if "comment" in found:
        reading.note("comments", unit)
