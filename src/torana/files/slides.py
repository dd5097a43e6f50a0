"""PPTX: the paragraphs of slides and of their notes, comments, hidden slides.

Called by ``opening``.
"""

from __future__ import annotations

import re

from torana.files.markup import local
from torana.files.ooxml import RELATION, Package, must_have
from torana.files.reading import Opened, Reading

MAIN = "ppt/presentation.xml"
_COMMENTS = re.compile(r"ppt/comments/|ppt/comments[^/]*\.xml$")


def open_slides(content: bytes, reading: Reading) -> Opened:
    """A PPTX. Raises Unreadable."""
    package = Package(content, reading)
    root = must_have(package, MAIN)
    known = package.related(MAIN)
    order = [known.get(one.get(f"{RELATION}id") or "", "") for one in root.iter() if local(one) == "sldId"]
    loose = [name for name in package.names if re.fullmatch(r"ppt/slides/[^/]+\.xml", name) and name not in order]
    for number, name in enumerate([*order, *loose], 1):
        if name not in package.names:
            continue
        reading.turn_page()
        unit = f"slide {number}"
        slide = package.root(name)
        if slide.get("show") in ("0", "false"):
            reading.note("hidden_slide", unit)
        package.paragraphs(name, slide, unit, f"{unit} paragraph")
        package.attributes(name, slide, unit)
        for other in package.related(name).values():
            if "/notesSlides/" in other and other in package.names and other not in package.done:
                package.paragraphs(other, package.root(other), f"{unit} notes", f"{unit} notes paragraph", "comment")
                reading.note("notes", unit)
    if any(_COMMENTS.search(name) for name in package.names):
        reading.note("comments", "slides")
    package.rest()
    return package
