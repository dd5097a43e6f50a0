"""What DOCX, XLSX and PPTX have in common: a package of XML parts, paragraphs of runs, pictures, properties, macros.

Each kind adds what only it has (``word``, ``sheets``, ``slides``); every other part is read here, so that nothing of a
package goes unread (ECMA-376, parts 1 and 2).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from torana.files.markup import Element, attribute_leaf, local, parse_xml, plain_leaf, text_leaf, written
from torana.files.packed import Packed
from torana.files.reading import Opened, Reading
from torana.files.strand import Leaf, Strand
from torana.ports.files import NoCopy, Piece, Unreadable

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PARAGRAPHS = frozenset({"p"})
TEXTS = frozenset({"t", "delText", "instrText", "delInstrText"})
SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
SAID = ("descr", "title", "alt", "author", "displayName", "userId", "v", "initials", "sender", "tooltip")
"""Attributes that hold what people wrote."""
DULL = re.compile(
    r"(?:^|/)(?:theme/|styles\.xml$|stylesWithEffects\.xml$|fontTable\.xml$|webSettings\.xml$|printerSettings|tableStyles\.xml$|\[Content_Types\]\.xml$|slideLayouts/|slideMasters/|numbering\.xml$|viewProps\.xml$|presProps\.xml$|calcChain\.xml$)"
)
"""Parts without words of the document."""
PICTURES = re.compile(r"\.(?:png|jpe?g|gif|bmp|tiff?|webp)$", re.IGNORECASE)
OTHER_PICTURES = re.compile(r"\.(?:emf|wmf|svg|wdp|pict?)$", re.IGNORECASE)
EMBEDDED = re.compile(r"/(?:embeddings|activeX|ctrlProps)/")
THUMBNAIL = "docProps/thumbnail"
FETCHED = re.compile(r"/(?:attachedTemplate|oleObject|image|externalLinkPath|frame|subDocument|video|audio)$")
"""Relations whose outside target an application fetches by itself."""


class Package:
    """An Office document that was opened."""

    def __init__(self, content: bytes, reading: Reading) -> None:
        """Raises Unreadable."""
        self.packed = Packed(content, reading)
        self.reading = reading
        self.names = self.packed.names
        self._roots: dict[str, Element] = {}
        self._strands: list[tuple[str, Strand]] = []
        self._inner: list[tuple[str, Opened]] = []
        self._touched: set[str] = set()
        self.done: set[str] = set()
        """Parts that were read."""

    @property
    def changed(self) -> bool:
        """Whether something was put into it."""
        return bool(self._touched) or any(one.changed for _, one in self._inner)

    def root(self, name: str) -> Element:
        """The XML of a part. Raises Unreadable."""
        if name not in self._roots:
            self._roots[name] = parse_xml(self.packed.read(name))
        self.done.add(name)
        return self._roots[name]

    def touch(self, name: str) -> None:
        """Note that a part is to be written anew."""
        self._touched.add(name)

    def add(self, part: str, strand: Strand, piece: Piece) -> None:
        """A piece whose text lies in a part."""
        self._strands.append((part, strand))

        def put(start: int, end: int, text: str) -> None:
            strand.edit(start, end, text)
            self.touch(part)

        self.reading.add(piece._replace(text=strand.text), put)

    def paragraphs(self, part: str, root: Element, unit: str, place: str = "paragraph", kind: str = "text") -> None:
        """Every paragraph of a part."""
        for number, one in enumerate((one for one in root.iter() if local(one) in PARAGRAPHS), 1):
            strand = Strand(runs(one))
            self.add(part, strand, Piece(strand.text, f"{place} {number}" if place else unit, unit, kind=kind))

    def attributes(self, part: str, root: Element, unit: str) -> None:
        """What people wrote into attributes of a part: alternative texts, names of authors."""
        for one in root.iter():
            if not isinstance(one.tag, str):
                continue
            for name in one.attrib:
                if str(name).rpartition("}")[2] in SAID and len(one.get(name) or "") > 2:
                    strand = Strand([attribute_leaf(one, name)])
                    self.add(part, strand, Piece("", f"{unit} {local(one)}", f"{unit} attributes", kind="metadata"))

    def rest(self) -> None:
        """Every part that nobody has read yet."""
        for name in self.names:
            if name in self.done:
                continue
            self.done.add(name)
            if name.startswith(THUMBNAIL):
                continue  # too small to be read; no copy has it
            if name.endswith(".rels"):
                self._relations(name)
            elif name.lower().endswith(".xml") and not DULL.search(name):
                self._other(name)
            elif PICTURES.search(name) or OTHER_PICTURES.search(name):
                self._picture(name)
            elif "vbaproject" in name.lower():
                self.reading.note("macro", name)
            elif EMBEDDED.search(name) or not name.lower().endswith((".xml", ".vml", ".bin", ".odttf", ".fntdata")):
                self._embedded(name)

    def _other(self, name: str) -> None:
        root = self.root(name)
        kind = "comment" if "comment" in name.lower() else "metadata"
        for one in root.iter():
            if isinstance(one.tag, str) and (one.text or "").strip():
                strand = Strand([plain_leaf(one)])
                self.add(name, strand, Piece("", f"{name} {local(one)}", name, kind=kind))
        self.attributes(name, root, name)

    def _relations(self, name: str) -> None:
        root = self.root(name)
        for one in root:
            if one.get("TargetMode") != "External":
                continue
            strand = Strand([attribute_leaf(one, "Target")])
            self.add(name, strand, Piece("", f"link {one.get('Id') or ''}", name, kind="link"))
            if FETCHED.search(one.get("Type") or ""):
                self.reading.note("external_content", name)

    def _picture(self, name: str) -> None:
        if not PICTURES.search(name):
            self.reading.could_not_read("picture", name)
            return
        self._nested(name)

    def _embedded(self, name: str) -> None:
        self.reading.note("embedded_object", name)
        self._nested(name)

    def _nested(self, name: str) -> None:
        opened = self.reading.inner(self.packed.read(name), posixpath.basename(name))
        if opened is not None:
            self._inner.append((name, opened))

    def copy(self) -> bytes:
        """The document with what was put into it. Raises NoCopy."""
        new: dict[str, bytes] = {}
        for part, strand in self._strands:
            if part in self._touched:
                strand.apply()
        for part in self._touched:
            new[part] = written(self._roots[part])
        for name, opened in self._inner:
            if opened.changed:
                new[name] = opened.copy()
        if not new:
            raise NoCopy
        return self.packed.copy(new)

    def related(self, part: str) -> dict[str, str]:
        """The parts that a part names: id → name."""
        folder, _, base = part.rpartition("/")
        name = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
        if name not in self.names:
            return {}
        found: dict[str, str] = {}
        for one in parse_xml(self.packed.read(name)):
            target = one.get("Target") or ""
            if one.get("TargetMode") != "External" and one.get("Id"):
                path = (
                    target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                )
                found[str(one.get("Id"))] = path
        return found


def runs(paragraph: Element) -> Iterator[Leaf]:
    """The texts of a paragraph, but not those of paragraphs in it (text boxes)."""
    stack = list(reversed(paragraph))
    while stack:
        one = stack.pop()
        name = local(one)
        if name in TEXTS:
            yield text_leaf(one) if name in ("t", "delText") else plain_leaf(one)
        elif name in SIGNS:
            yield Leaf(SIGNS[name], None)
        elif name not in PARAGRAPHS:
            stack.extend(reversed(one))


def must_have(package: Package, name: str) -> Element:
    """The root of a part without which the document is none. Raises Unreadable."""
    if name not in package.names:
        raise Unreadable("malformed", "the document lacks a part that it must have")
    return package.root(name)
