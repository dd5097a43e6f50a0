"""HTML, SVG and other XML: what is shown, block by block; what is not shown, told apart.

Called by ``opening``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from torana.files.markup import Element, attribute_leaf, local, parse_html, parse_xml, plain_leaf, tail_leaf, written
from torana.files.reading import Opened, Reading
from torana.files.sniff import text_of
from torana.files.strand import Leaf, Strand
from torana.ports.files import Piece, Unreadable

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "select",
        "table",
        "tbody",
        "td",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
        "text",
        "tspan",
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "desc",
    ]
)
UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "metadata", "defs"})
SAID = frozenset(
    {
        "alt",
        "title",
        "content",
        "value",
        "placeholder",
        "aria-label",
        "href",
        "action",
        "label",
        "summary",
        "data",
        "srcdoc",
        "cite",
    }
)
"""Attributes that hold what people wrote."""
COMMENT, CODE, CSS = "comment", "code", "css"
KINDS = {COMMENT: "comment", CODE: "hidden", CSS: "hidden"}
"""Why something is not shown → the kind of its piece."""
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|font-size\s*:\s*0", re.IGNORECASE
)


class Page:
    """A page that was opened."""

    def __init__(self, root: Element, kind: str, reading: Reading) -> None:
        self._root = root
        self._kind = kind
        self._strands: list[Strand] = []
        self.changed = False
        for number, (leaves, unseen) in enumerate(_blocks(root), 1):
            self._add(Strand(leaves), Piece("", f"block {number}", "page", kind=KINDS.get(unseen, "text")), reading)
            if unseen == CSS and "".join(leaf.text for leaf in leaves).strip():
                reading.note("hidden_text", f"block {number}")
        for one in root.iter():
            self._add_attributes(one, reading)

    def _add_attributes(self, one: Element, reading: Reading) -> None:
        if not isinstance(one.tag, str):
            return
        if local(one) in ("script", "iframe", "object", "embed", "applet"):
            reading.note("script" if local(one) == "script" else "embedded_object", local(one))
        for name in one.attrib:
            short = str(name).rpartition("}")[2].lower()
            if short.startswith("on"):
                reading.note("script", local(one))
            if (short in SAID or short.startswith(("data-", "on"))) and len(one.get(name) or "") > 2:
                leaf = attribute_leaf(one, name)
                kind = "link" if short in ("href", "action", "cite") else "metadata"
                self._add(Strand([leaf]), Piece("", f"{local(one)} {short}", "attributes", kind=kind), reading)

    def _add(self, strand: Strand, piece: Piece, reading: Reading) -> None:
        self._strands.append(strand)

        def put(start: int, end: int, text: str) -> None:
            strand.edit(start, end, text)
            self.changed = True

        reading.add(piece._replace(text=strand.text), put)

    def copy(self) -> bytes:
        """It, with what was put into it."""
        for strand in self._strands:
            strand.apply()
        if self._kind != "html":
            return written(self._root)
        said: bytes = etree.tostring(self._root.getroottree(), method="html", encoding="utf-8")
        return said


def open_page(content: bytes, kind: str, reading: Reading) -> Opened:
    """HTML, SVG or XML. Raises Unreadable."""
    if kind != "html":
        return Page(parse_xml(content, with_type=True), kind, reading)
    text = text_of(content)
    if text is None:
        raise Unreadable("malformed", "the page is no text")
    return Page(parse_html(text), kind, reading)


def _blocks(root: Element) -> Iterator[tuple[list[Leaf], str]]:
    """The texts of each block, and why it is not shown; empty: it is. Walked with a stack, not by recursion."""
    leaves: list[Leaf] = []
    hidden = ""
    stack: list[tuple[Element, str, bool]] = [(root, _unseen(root), True)]
    while stack:
        one, unseen, entering = stack.pop()
        name = local(one)
        apart = name in BLOCKS or not name
        if apart or unseen != hidden:
            if leaves:
                yield leaves, hidden
            leaves, hidden = [], unseen
        if entering:
            leaves.append(plain_leaf(one))
            stack.append((one, unseen, False))
            stack.extend(
                (child, _unseen(child) or (unseen if local(child) != "title" else ""), True) for child in reversed(one)
            )
            continue
        if apart and leaves:
            yield leaves, hidden
            leaves = []
        parent = one.getparent()
        if one is not root and parent is not None and one.tail:
            leaves.append(tail_leaf(one))
    if leaves:
        yield leaves, hidden


def _unseen(one: Element) -> str:
    """Why what is in the element is not shown; empty: it is, unless what it stands in is not."""
    name = local(one)
    if not name:
        return COMMENT
    if name in UNSEEN:
        return CODE
    style = one.get("style") or ""
    hidden = one.get("hidden") is not None or one.get("type") == "hidden" or _HIDDEN.search(style)
    return CSS if hidden else ""
