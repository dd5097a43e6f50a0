"""XML and HTML, read with care: no entity of a file's own, nothing fetched, no document type in Office's XML.

It takes no text out of them. Used by the modules that read formats.
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from lxml import html as lxml_html

from torana.files.strand import Leaf
from torana.ports.files import Unreadable

Element = Any
SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def parse_xml(content: bytes, with_type: bool = False) -> Element:
    """The root. ``with_type``: whether a document type may be there, though no entities in it. Raises Unreadable."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as fault:
        reason = "bomb" if "entity" in str(fault).lower() or "Excessive depth" in str(fault) else "malformed"
        raise Unreadable(reason, "XML in the file cannot be read") from fault
    if root is None:
        raise Unreadable("malformed", "XML in the file is empty")
    kind = root.getroottree().docinfo.internalDTD
    if kind is not None and (not with_type or any(True for _ in kind.iterentities())):
        raise Unreadable("bomb", "XML in the file brings definitions of its own")
    return root


def parse_html(text: str) -> Element:
    """The root. Raises Unreadable."""
    parser = lxml_html.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8", remove_blank_text=False)
    try:
        root = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as fault:
        raise Unreadable("malformed", "the page cannot be read") from fault
    return root


def written(root: Element) -> bytes:
    """A part of a document, from its root."""
    tree = root.getroottree()
    said: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
    return said


def text_leaf(element: Element) -> Leaf:
    """The text in an element."""

    def put(text: str) -> None:
        element.text = text
        if text != text.strip():
            element.set(SPACE, "preserve")

    return Leaf(element.text or "", put)


def plain_leaf(element: Element) -> Leaf:
    """The text in an element, which keeps its white space by itself."""
    return Leaf(element.text or "", lambda text: setattr(element, "text", text))


def tail_leaf(element: Element) -> Leaf:
    """The text behind an element."""
    return Leaf(element.tail or "", lambda text: setattr(element, "tail", text))


def attribute_leaf(element: Element, name: str) -> Leaf:
    """The value of an attribute."""
    return Leaf(element.get(name) or "", lambda text: element.set(name, text))


def local(element: Element) -> str:
    """The name of an element without its namespace; empty for comments and such."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
